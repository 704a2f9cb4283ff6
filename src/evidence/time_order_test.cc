// SPDX-License-Identifier: Apache-2.0
#include "evidence/time_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace alibi::evidence {
namespace {

using ::testing::ElementsAre;

struct Row {
  std::int64_t at_ms;
  std::uint64_t sender = 1;
  std::uint16_t id = 0;
};

struct Placing {
  std::vector<std::int64_t> times_ms;  // in the order handed out, by part
  std::vector<unsigned> parts;
  Disorder disorder;
  bool sorted = true;  // within each part, but for what is too late
  std::uint64_t too_late = 0;
};

Placing place(const std::vector<Row>& rows, Duration interval = 1s) {
  TimeOrder<std::uint64_t> order;
  Placing out;
  std::optional<Instant> before;
  unsigned part = 0;
  const auto sink = [&](const auto& placed) {
    out.too_late += placed.too_late ? 1U : 0U;
    if (placed.too_late) return;
    if (placed.part != part) before.reset();
    out.sorted = out.sorted && placed.part >= part && (!before || placed.stamp.at >= *before);
    part = placed.part;
    before = placed.stamp.at;
    out.times_ms.push_back(placed.stamp.at.ns / 1'000'000);
    out.parts.push_back(placed.part);
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Stamped stamp{Instant{rows[i].at_ms * 1'000'000}, rows[i].sender, interval, rows[i].id,
                        i + 1};
    order.take(stamp, i, sink);
  }
  order.finish(sink);
  out.disorder = order.disorder();
  return out;
}

/// One sender a second, its clock `back_ms` slower from `from_s` on.
std::vector<Row> set_back_rows(int seconds, int from_s, std::int64_t back_ms, bool counting) {
  std::vector<Row> rows;
  for (int t = 0; t < seconds; ++t) {
    const auto id = static_cast<std::uint16_t>(counting ? t + 1 : 0);
    rows.push_back({10'000'000 + t * 1000 - (t >= from_s ? back_ms : 0), 1, id});
  }
  return rows;
}

TEST(TimeOrder, ALateFrameGetsItsPlaceWithAndWithoutIdentifications) {
  for (const bool counting : {true, false}) {
    std::vector<Row> rows = set_back_rows(40, 40, 0, counting);
    std::swap(rows[20], rows[21]);
    std::rotate(rows.begin() + 30, rows.begin() + 31, rows.begin() + 34);  // overtaken by three
    const Placing out = place(rows);
    EXPECT_TRUE(out.sorted);
    EXPECT_EQ(out.times_ms.size(), 40U);
    EXPECT_EQ(out.disorder.reordered, 2U) << counting;
    EXPECT_TRUE(out.disorder.steps.empty());
  }
}

TEST(TimeOrder, AClockThatWasSetBackGoesOnAsBefore) {
  for (const std::int64_t back_ms : {1300, 2700, 5000, 20'000, 3'600'000}) {
    const Placing out = place(set_back_rows(120, 60, back_ms, true));
    ASSERT_EQ(out.disorder.steps.size(), 1U) << back_ms;
    EXPECT_EQ(out.disorder.steps[0].what, Backwards::ClockSet);
    EXPECT_EQ(out.disorder.steps[0].by, back_ms * 1ms);
    EXPECT_EQ(out.disorder.steps[0].packet, 61U);
    for (std::size_t i = 1; i < out.times_ms.size(); ++i) {
      EXPECT_EQ(out.times_ms[i] - out.times_ms[i - 1], 1000);
    }
  }
}

TEST(TimeOrder, WithoutIdentificationsTheRhythmTells) {
  const Placing out = place(set_back_rows(120, 60, 5300, false));
  ASSERT_EQ(out.disorder.steps.size(), 1U);
  EXPECT_EQ(out.disorder.steps[0].what, Backwards::ClockSet);
  EXPECT_EQ(out.disorder.steps[0].by, 5300ms);
  // An hour back, before anything that was seen: it may be an earlier piece as well.
  const Placing hour = place(set_back_rows(120, 60, 3'600'000, false));
  ASSERT_EQ(hour.disorder.steps.size(), 1U);
  EXPECT_EQ(hour.disorder.steps[0].what, Backwards::Unclear);
  EXPECT_EQ(hour.parts.front(), 0U);
  EXPECT_EQ(hour.parts.back(), 1U);
  EXPECT_TRUE(hour.sorted);
}

/// `senders` of them a second, their clock `ahead_ms` ahead in [from_s, until_s).
std::vector<Row> excursion(std::int64_t ahead_ms, int from_s, int until_s, std::uint64_t senders) {
  std::vector<Row> rows;
  for (int t = 0; t < until_s + 40; ++t) {
    for (std::uint64_t sender = 1; sender <= senders; ++sender) {
      const bool ahead = t >= from_s && t < until_s;
      rows.push_back(
          {10'000'000 + t * 1000 + static_cast<std::int64_t>(sender) * 50 + (ahead ? ahead_ms : 0),
           sender, static_cast<std::uint16_t>(1000 + t)});
    }
  }
  return rows;
}

TEST(TimeOrder, AClockSetForwardAndBackLeavesNoGap) {
  for (const std::int64_t ahead_ms : {2700, 5000, 60'000, 3'600'000}) {
    for (const std::uint64_t senders : {1U, 3U}) {
      const Placing out = place(excursion(ahead_ms, 70, 100, senders));
      ASSERT_EQ(out.disorder.steps.size(), 1U) << ahead_ms;
      const StepBack& step = out.disorder.steps[0];
      EXPECT_EQ(step.by, ahead_ms * 1ms);
      EXPECT_EQ(step.ahead_since, 70 * senders + 1);
      EXPECT_EQ(step.packet, 100 * senders + 1);
      EXPECT_EQ(out.times_ms.size(), 140 * senders);
      for (std::size_t i = senders; i < out.times_ms.size(); ++i) {
        EXPECT_EQ(out.times_ms[i] - out.times_ms[i - senders], 1000) << ahead_ms << " " << i;
      }
    }
  }
}

TEST(TimeOrder, AClockSetBackAndForwardLeavesNoGap) {
  for (const std::int64_t back_ms : {2700, 60'000, 3'600'000}) {
    for (const std::uint64_t senders : {1U, 3U}) {
      const Placing out = place(excursion(-back_ms, 70, 100, senders));
      ASSERT_EQ(out.disorder.steps.size(), 1U) << back_ms;
      EXPECT_EQ(out.disorder.steps[0].packet, 70 * senders + 1);
      EXPECT_EQ(out.disorder.steps[0].until, 100 * senders + 1);
      EXPECT_EQ(out.disorder.steps[0].correction(70 * senders), 0s);
      EXPECT_EQ(out.disorder.steps[0].correction(100 * senders), back_ms * 1ms);
      EXPECT_EQ(out.disorder.steps[0].correction(100 * senders + 1), 0s);
      for (std::size_t i = senders; i < out.times_ms.size(); ++i) {
        EXPECT_EQ(out.times_ms[i] - out.times_ms[i - senders], 1000) << back_ms << " " << i;
      }
    }
  }
}

// A silence of 8 s, before a clock is set back by something else, stays one.
TEST(TimeOrder, ASilenceBeforeAStepOfAnotherSizeStays) {
  for (const std::int64_t back_ms : {5000, 7500, 9000}) {
    std::vector<Row> rows = set_back_rows(120, 90, back_ms, true);
    for (std::size_t i = 60; i < rows.size(); ++i) rows[i].at_ms += 8000;
    const Placing out = place(rows);
    ASSERT_EQ(out.disorder.steps.size(), 1U) << back_ms;
    EXPECT_EQ(out.disorder.steps[0].ahead_since, 0U);
    EXPECT_EQ(out.times_ms[60] - out.times_ms[59], 9000);
  }
}

// One sender was silent, the others were not: no clock leapt.
TEST(TimeOrder, WhereOthersWentOnNoClockLeapt) {
  std::vector<Row> rows = excursion(0, 0, 80, 3);
  std::erase_if(rows,
                [](const Row& row) { return row.sender == 1 && row.id >= 1060 && row.id < 1068; });
  for (Row& row : rows) {
    if (row.at_ms >= 10'100'000) row.at_ms -= 8000;
  }
  const Placing out = place(rows);
  ASSERT_EQ(out.disorder.steps.size(), 1U);
  EXPECT_EQ(out.disorder.steps[0].ahead_since, 0U);
}

TEST(TimeOrder, ManySendersOutvoteOne) {
  std::vector<Row> rows;
  for (int t = 0; t < 120; ++t) {
    for (std::uint64_t sender = 1; sender <= 5; ++sender) {
      const std::int64_t back = t >= 60 ? 2000 : 0;
      // One was started again at the same time, and counts anew.
      const int id = sender == 3 && t >= 60 ? t - 59 : t + 1000;
      rows.push_back({100'000 + t * 1000 + static_cast<std::int64_t>(sender) * 100 - back, sender,
                      static_cast<std::uint16_t>(id)});
    }
  }
  const Placing out = place(rows);
  ASSERT_EQ(out.disorder.steps.size(), 1U);
  EXPECT_EQ(out.disorder.steps[0].by, 2000ms);
  EXPECT_TRUE(out.sorted);
}

TEST(TimeOrder, AnEarlierPieceBehindALaterOneIsAPartOfItsOwn) {
  std::vector<Row> rows = set_back_rows(2400, 2400, 0, true);
  std::rotate(rows.begin(), rows.begin() + 1200, rows.end());
  const Placing out = place(rows);
  ASSERT_EQ(out.disorder.steps.size(), 1U);
  EXPECT_EQ(out.disorder.steps[0].what, Backwards::OutOfOrder);
  EXPECT_EQ(out.parts[1199], 0U);
  EXPECT_EQ(out.parts[1200], 1U);
  EXPECT_TRUE(out.sorted);
  EXPECT_EQ(out.too_late, 0U);
}

TEST(TimeOrder, PiecesInReverseWithinTheWindowAreSorted) {
  std::vector<Row> rows = set_back_rows(240, 240, 0, true);
  std::reverse(rows.begin(), rows.end());
  for (std::size_t i = 0; i < rows.size(); i += 8) {
    std::reverse(rows.begin() + static_cast<std::ptrdiff_t>(i),
                 rows.begin() + static_cast<std::ptrdiff_t>(i + 8));
  }
  const Placing out = place(rows);
  EXPECT_TRUE(out.disorder.steps.empty());
  EXPECT_TRUE(out.sorted);
  EXPECT_EQ(out.times_ms.size(), 240U);
}

// A master that was silent for 20 s, in pieces of 15 s behind each other in reverse.
TEST(TimeOrder, ASilenceInReverseIsNoStepOfTheClock) {
  std::vector<Row> rows;
  for (int t = 0; t < 100; ++t) {
    rows.push_back(
        {10'000'000 + t * 1000 + (t >= 40 ? 20'000 : 0), 1, static_cast<std::uint16_t>(t + 1)});
  }
  std::vector<Row> reversed;
  for (std::size_t end = rows.size(); end > 0; end -= std::min<std::size_t>(end, 15)) {
    const std::size_t begin = end - std::min<std::size_t>(end, 15);
    reversed.insert(reversed.end(), rows.begin() + static_cast<std::ptrdiff_t>(begin),
                    rows.begin() + static_cast<std::ptrdiff_t>(end));
  }
  const Placing out = place(reversed);
  EXPECT_TRUE(out.disorder.steps.empty());
  EXPECT_EQ(out.times_ms.size(), 100U);
  EXPECT_TRUE(out.sorted);
}

TEST(TimeOrder, WhatIsFurtherBackThanTheWindowIsCountedAndHandedOut) {
  std::vector<Row> rows = set_back_rows(2000, 2000, 0, true);
  const Row late = rows[20];
  rows.erase(rows.begin() + 20);
  rows.insert(rows.begin() + 1000, late);
  const Placing out = place(rows);
  EXPECT_EQ(out.too_late, 1U);
  EXPECT_EQ(out.disorder.too_late, 1U);
  EXPECT_EQ(out.times_ms.size(), 1999U);
  EXPECT_TRUE(out.sorted);
}

TEST(TimeOrder, WhateverComesEveryOneIsHandedOut) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937_64 rng(seed);
    std::vector<Row> rows;
    std::int64_t at = 0;
    for (int i = 0; i < 400; ++i) {
      const bool leap = rng() % 20 == 0;
      at += static_cast<std::int64_t>(rng() % 4000) - 1000;
      if (leap) at += static_cast<std::int64_t>(rng() % 400'000'000'000) - 200'000'000'000;
      rows.push_back({std::max<std::int64_t>(at, 0), rng() % 3, static_cast<std::uint16_t>(rng())});
    }
    const Placing out = place(rows);
    EXPECT_EQ(out.times_ms.size() + out.too_late, rows.size()) << seed;
    EXPECT_TRUE(out.sorted) << seed;
  }
}

}  // namespace
}  // namespace alibi::evidence
