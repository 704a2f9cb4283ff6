// SPDX-License-Identifier: Apache-2.0
// Rise/fall counting and weights against keepalived's rules.
#include "track/track.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace alibi::track {
namespace {

/// Feeds '+' and '-' and notes the changes: U, D or '.' for each.
std::string feed(RiseFall& counter, std::string_view results) {
  std::string out;
  for (const char result : results) {
    const auto change = counter.result(result == '+');
    out += change == RiseFall::Change::WentUp     ? 'U'
           : change == RiseFall::Change::WentDown ? 'D'
                                                  : '.';
  }
  return out;
}

TEST(RiseFall, FirstResultAloneDecidesStartUp) {
  RiseFall good(3, 3, false);
  EXPECT_FALSE(good.known());
  EXPECT_FALSE(good.up());
  EXPECT_EQ(feed(good, "+"), "U");
  EXPECT_TRUE(good.known());
  RiseFall bad(3, 3, false);
  EXPECT_EQ(feed(bad, "-"), "D");
  EXPECT_TRUE(bad.known());
}

TEST(RiseFall, InitFailStartsFailedAndNeedsTheWholeRise) {
  RiseFall counter(2, 1, true);
  EXPECT_TRUE(counter.known());
  EXPECT_FALSE(counter.up());
  EXPECT_EQ(feed(counter, "-++"), "..U");
}

TEST(RiseFall, OneGoodResultStartsTheFallOver) {
  RiseFall counter(2, 3, false);
  EXPECT_EQ(feed(counter, "+--+---"), "U.....D");
}

TEST(RiseFall, OneBadResultStartsTheRiseOver) {
  RiseFall counter(3, 1, false);
  EXPECT_EQ(feed(counter, "-++-+++"), "D.....U");
}

TEST(RiseFall, NonsenseCountsMeanOne) {
  RiseFall counter(0, -4, false);
  EXPECT_EQ(feed(counter, "+-+"), "UDU");
}

Outcome weigh(std::uint8_t base, const std::vector<Tracked>& trackers) {
  return evaluate(Priority{base}, trackers);
}

struct WeightCase {
  int weight;
  bool reverse;
  bool up;
  int expected;  ///< from base 100
};

TEST(Evaluate, WeightsAsKeepalivedCountsThem) {
  const WeightCase cases[] = {
      {2, false, true, 102},   {2, false, false, 100},   // positive: added while up
      {-20, false, true, 100}, {-20, false, false, 80},  // negative: taken off while down
      {2, true, true, 98},     {2, true, false, 100},    // reverse turns the direction
      {-20, true, true, 100},  {-20, true, false, 120},  {253, false, true, 254},
      {-253, false, false, 1}, {2000000000, false, true, 254},
  };
  for (const auto& c : cases) {
    const auto outcome = weigh(100, {{c.weight, c.reverse, c.up}});
    EXPECT_EQ(outcome.effective.value, c.expected) << c.weight << c.reverse << c.up;
    EXPECT_FALSE(outcome.fault);
  }
}

TEST(Evaluate, WeightsSumBeforeTheClamp) {
  const auto outcome = weigh(250, {{20, false, true}, {-10, false, false}});
  EXPECT_EQ(outcome.effective.value, 254);  // 250 + 20 - 10, not (250 + 20 clamped) - 10
}

TEST(Evaluate, WeightZeroIsAFaultAndNamesTheFirst) {
  const auto outcome = weigh(100, {{0, false, true}, {0, false, false}, {0, false, false}});
  EXPECT_TRUE(outcome.fault);
  EXPECT_EQ(outcome.fault_at, 1U);
  EXPECT_EQ(outcome.effective.value, 100);
  EXPECT_TRUE(weigh(100, {{0, true, true}}).fault);
  EXPECT_FALSE(weigh(100, {{0, true, false}}).fault);
}

struct NumberCase {
  int number;
  int weight;
  bool reverse;
  int expected;  ///< from base 100; 0: FAULT
};

TEST(Evaluate, NumbersOfFilesAsKeepalivedCountsThem) {
  const NumberCase cases[] = {
      {20, 1, false, 120}, {-30, 1, false, 70},  {20, -2, false, 60}, {20, 1, true, 80},
      {0, 0, false, 100},  {1, 0, false, 0},     {0, 0, true, 0},     {1, 0, true, 100},
      {-253, 1, false, 1}, {-254, 1, false, 0},  {1000, 1, false, 254}, {-300, 1, false, 0},
      {254, 1, true, 0},   {INT32_MIN, 254, false, 0}, {INT32_MAX, 254, false, 254},
  };
  for (const auto& c : cases) {
    const auto outcome = weigh(100, {{c.weight, c.reverse, false, c.number}});
    EXPECT_EQ(outcome.fault, c.expected == 0) << c.number << " x " << c.weight << c.reverse;
    EXPECT_EQ(outcome.effective.value, c.expected != 0 ? c.expected : 100) << c.number;
  }
}

TEST(RiseFall, ResumedCounterNeedsTheWholeFall) {
  RiseFall counter(1, 2, false);
  counter.resume(true, 0);
  EXPECT_TRUE(counter.known() && counter.up());
  EXPECT_EQ(feed(counter, "--"), ".D");
}

TEST(RiseFall, ResumedCounterGoesOnWhereTheOtherStopped) {
  RiseFall before(2, 3, false);
  EXPECT_EQ(feed(before, "+--"), "U..");
  RiseFall after(2, 3, false);
  after.resume(before.up(), before.streak());
  EXPECT_EQ(feed(after, "-+"), "D.");
  RiseFall last(2, 3, false);
  last.resume(after.up(), after.streak());
  EXPECT_EQ(feed(last, "+"), "U");
}

TEST(Evaluate, OwnerNeverChanges) {
  EXPECT_EQ(weigh(255, {{-50, false, false}}).effective.value, 255);
}

}  // namespace
}  // namespace alibi::track
