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
