// SPDX-License-Identifier: Apache-2.0
#include "base/instant.h"

#include <gtest/gtest.h>

namespace alibi {
namespace {

TEST(Instant, ArithmeticKeepsNanoseconds) {
  const Instant a{1'000'000'001};
  EXPECT_EQ((a + 5ns) - a, 5ns);
  EXPECT_EQ(((a - 1ns).ns), 1'000'000'000);
}

TEST(Instant, SecondsText) {
  EXPECT_EQ(seconds_text(3609ms), "3.609 s");
  EXPECT_EQ(seconds_text(-1500ms, 1), "-1.5 s");
}

TEST(Instant, TimeOfDayBeforeTheEpochDoesNotGoNegative) {
  setenv("TZ", "UTC", 1);
  tzset();
  EXPECT_EQ(time_of_day_text(-1'000'000), "23:59:59.999");
  EXPECT_EQ(time_of_day_text(3'723'004'000'000), "01:02:03.004");
}

}  // namespace
}  // namespace alibi
