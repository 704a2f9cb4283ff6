// SPDX-License-Identifier: Apache-2.0
#include "os/clocks.h"

#include <poll.h>

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

// Found at 10 s to have been set, by 9 s it had not been; frames waited in the ring since 8.5 s.
void expect_told(std::int64_t step_ns) {
  StampClock clock(1000 * kSecond);
  const std::int64_t new_offset = 1000 * kSecond + step_ns;
  const Instant now{10 * kSecond};
  EXPECT_FALSE(clock.take(1008 * kSecond, Instant{8 * kSecond}));
  clock.set(new_offset, Instant{9 * kSecond}, now);
  EXPECT_FALSE(clock.take(1000 * kSecond + 85 * kSecond / 10, now)) << step_ns;
  EXPECT_FALSE(clock.take(1000 * kSecond + 91 * kSecond / 10, now)) << step_ns;
  EXPECT_TRUE(clock.take(new_offset + 98 * kSecond / 10, now)) << step_ns;
  EXPECT_EQ(clock.offset_ns(), new_offset);
  EXPECT_FALSE(clock.take(new_offset + 99 * kSecond / 10, now)) << step_ns;
}

TEST(StampClock, FramesThatWaitedHaveTheOldClocksStamps) {
  for (const std::int64_t step : {-3600 * kSecond, -2 * kSecond, 2 * kSecond, 3600 * kSecond})
    expect_told(step);
}

// The clock was 60 s ahead for a moment, and set back before anybody looked.
TEST(StampClock, AnExcursionThatNobodySawIsNoTimeToCome) {
  StampClock clock(1000 * kSecond);
  EXPECT_FALSE(clock.take(1008 * kSecond, Instant{8 * kSecond}));
  const std::int64_t ahead = 1069 * kSecond - 1'000'000;
  const Instant now{9 * kSecond};
  EXPECT_FALSE(clock.explains(ahead, now));
  EXPECT_TRUE(clock.take(ahead, now));
  EXPECT_TRUE(clock.unseen());
  EXPECT_EQ(Instant{ahead - clock.offset_ns()}, now);
  // A second one by the same clock stays as far from it as it was.
  EXPECT_FALSE(clock.take(ahead + kSecond / 10, Instant{now.ns + kSecond / 5}));
  EXPECT_TRUE(clock.unseen());
  EXPECT_TRUE(clock.explains(1010 * kSecond, Instant{10 * kSecond}));
  EXPECT_TRUE(clock.take(1010 * kSecond, Instant{10 * kSecond}));
  EXPECT_FALSE(clock.unseen());
  EXPECT_EQ(clock.offset_ns(), 1000 * kSecond);
}

// Set forward after 9 s and back after 9.5 s, both seen.
TEST(StampClock, ForwardAndBackIsTwoSteps) {
  StampClock clock(1000 * kSecond);
  clock.set(1060 * kSecond, Instant{9 * kSecond}, Instant{9 * kSecond + 1000});
  clock.set(1000 * kSecond, Instant{95 * kSecond / 10}, Instant{95 * kSecond / 10 + 1000});
  const Instant now{12 * kSecond};
  for (const auto& [at_ms, offset_s] : {std::pair(8900, 1000), {9200, 1060}, {9700, 1000}}) {
    clock.take(offset_s * kSecond + at_ms * 1'000'000LL, now);
    EXPECT_EQ(clock.offset_ns(), offset_s * kSecond) << at_ms;
    EXPECT_FALSE(clock.unseen());
  }
}

TEST(ClockSetSignal, WaitsUntilItIsSet) {
  auto signal = ClockSetSignal::create();
  ASSERT_TRUE(signal);
  signal->clear();
  pollfd fd{signal->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&fd, 1, 0), 0);
}

}  // namespace
}  // namespace alibi::os
