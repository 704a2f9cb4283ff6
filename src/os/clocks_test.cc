// SPDX-License-Identifier: Apache-2.0
#include "os/clocks.h"

#include <gtest/gtest.h>

namespace alibi::os {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(ClockOffsets, PlainConversion) {
  ClockOffsets offsets;
  offsets.add(Instant{0}, 1000 * kSecond);
  EXPECT_EQ(offsets.monotonic(1005 * kSecond, Instant{4 * kSecond}, Instant{6 * kSecond}).ns,
            5 * kSecond);
}

TEST(ClockOffsets, AStepFakesNoGap) {
  ClockOffsets offsets;
  offsets.add(Instant{0}, 1000 * kSecond);
  offsets.add(Instant{6 * kSecond}, 1060 * kSecond);  // stepped by a minute at about 5.95 s
  const Instant earliest{5 * kSecond}, latest{6 * kSecond};
  // Stamped at 5.5 s by the old clock, at 5.97 s by the new one.
  EXPECT_EQ(offsets.monotonic(1005 * kSecond + kSecond / 2, earliest, latest).ns,
            5 * kSecond + kSecond / 2);
  EXPECT_EQ(offsets.monotonic(1065 * kSecond + 97 * kSecond / 100, earliest, latest).ns,
            5 * kSecond + 97 * kSecond / 100);
}

TEST(ClockOffsets, NeverOutsideTheReadingInterval) {
  ClockOffsets offsets;
  offsets.add(Instant{0}, 0);
  EXPECT_EQ(offsets.monotonic(99 * kSecond, Instant{kSecond}, Instant{2 * kSecond}).ns,
            2 * kSecond);
}

TEST(ClockOffsets, KeepsOnlyWhatMoved) {
  ClockOffsets offsets;
  offsets.add(Instant{0}, 100);
  offsets.add(Instant{1}, 150);
  EXPECT_EQ(offsets.samples().size(), 1U);
  offsets.add(Instant{2}, kSecond);
  offsets.add(Instant{3}, 2 * kSecond);
  offsets.forget(Instant{3});
  EXPECT_EQ(offsets.samples().size(), 2U);
}

TEST(ClockOffsets, ReadsTheClocks) {
  const std::int64_t offset = realtime_minus_monotonic_ns();
  EXPECT_GT(offset, 1'000'000'000LL * 1'000'000'000LL);  // after 2001, unless up for decades
}

}  // namespace
}  // namespace alibi::os
