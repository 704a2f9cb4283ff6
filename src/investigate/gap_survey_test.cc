// SPDX-License-Identifier: Apache-2.0
#include "investigate/gap_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "investigate/scene_builder.h"

namespace alibi::investigate {
namespace {

using ::testing::HasSubstr;

struct Row {
  std::int64_t at_ms;
  int host;
  int priority;
  std::uint16_t id = 0;
};

Sighting sighting(const Row& row, Duration interval = 1s) {
  Sighting out;
  out.stream.router = {Vrid{205}, wire::Family::V4, 2};
  out.source = wire::IpAddress::v4(0x0a000000U + static_cast<std::uint32_t>(row.host));
  out.beat.at = Instant{row.at_ms * 1'000'000};
  out.beat.priority = Priority{static_cast<std::uint8_t>(row.priority)};
  out.beat.interval = interval;
  out.beat.ip_id = row.id;
  return out;
}

StreamSurvey survey(const std::vector<Row>& rows, GapSurvey::Settings settings = {},
                    std::int64_t end_ms = -1) {
  GapSurvey survey(settings);
  std::uint64_t number = 0;
  for (const Row& row : rows) {
    Sighting one = sighting(row);
    one.beat.packet_number = ++number;
    survey.take(one);
  }
  const Instant end{(end_ms < 0 ? rows.back().at_ms : end_ms) * 1'000'000};
  auto streams = survey.finish(std::vector<Instant>{end});
  EXPECT_EQ(streams.size(), 1U);
  return streams.at(0);
}

std::vector<Row> steady(int host, std::int64_t from_ms, std::int64_t until_ms, int priority) {
  std::vector<Row> out;
  for (std::int64_t t = from_ms; t < until_ms; t += 1000) out.push_back({t, host, priority});
  return out;
}

TEST(GapSurvey, AGapIsBetweenTwoAdvertsWhoeverSentThem) {
  auto rows = steady(1, 0, 20'000, 101);
  const auto after = steady(2, 22'609, 30'000, 100);
  rows.insert(rows.end(), after.begin(), after.end());
  const StreamSurvey out = survey(rows);
  ASSERT_EQ(out.gaps.size(), 1U);
  EXPECT_EQ(out.gaps[0].length(), 3609ms);
  EXPECT_EQ(out.gaps[0].before.packet_number, 20U);
  EXPECT_EQ(out.gaps[0].after.packet_number, 21U);
  EXPECT_EQ(out.senders[out.gaps[0].from].source.text(), "10.0.0.1");
  EXPECT_EQ(out.senders[out.gaps[0].until].source.text(), "10.0.0.2");
  ASSERT_EQ(out.incidents.size(), 1U);
  EXPECT_EQ(out.incidents[0].incident.kind, Kind::Silence);
  EXPECT_EQ(out.incidents[0].packet, 21U);
  EXPECT_EQ(out.incidents[0].last_packet, 20U);
  // Both ran for a while each.
  ASSERT_EQ(out.runs.size(), 2U);
  EXPECT_EQ(out.runs[0].end - out.runs[0].begin, 19s);
}

TEST(GapSurvey, ASenderThatWasStartedAgainOvertookNobody) {
  std::vector<Row> rows;
  for (std::uint16_t i = 1; i <= 39; ++i) rows.push_back({i * 1000, 1, 101, i});
  for (std::uint16_t i = 1; i <= 20; ++i) rows.push_back({47'000 + i * 1000, 1, 101, i});
  EXPECT_EQ(survey(rows).senders[0].reordered, 0U);
}

TEST(GapSurvey, ABackupsSilenceIsNoJitter) {
  auto rows = steady(1, 0, 20'000, 101);
  for (const auto& more : {steady(2, 22'609, 40'000, 100), steady(1, 40'200, 60'000, 101)}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  const StreamSurvey out = survey(rows);
  EXPECT_EQ(out.senders[0].cadence.longest(), 1s);
  EXPECT_EQ(out.senders[0].cadence.count(), 19U + 19U);
  EXPECT_EQ(out.gaps.size(), 1U);
}

TEST(GapSurvey, TheThresholdIsOneAndAHalfIntervalsOrWhatIsAskedFor) {
  const std::vector<Row> rows{
      {0, 1, 100}, {1000, 1, 100}, {2200, 1, 100}, {3700, 1, 100}, {5201, 1, 100}};
  EXPECT_EQ(survey(rows).gaps.size(), 1U);
  GapSurvey::Settings settings;
  settings.longer_than = 1100ms;
  EXPECT_EQ(survey(rows, settings).gaps.size(), 3U);
}

TEST(GapSurvey, ASlowerSenderThanItSaysIsJudgedByWhatItDoes) {
  std::vector<Row> rows;
  for (int i = 0; i < 30; ++i) rows.push_back({i * 10'000, 1, 100});
  const StreamSurvey out = survey(rows);
  EXPECT_EQ(out.senders[0].advertised, 1s);
  EXPECT_EQ(out.senders[0].learned, 10s);
  EXPECT_EQ(out.senders[0].interval, 10s);
  EXPECT_TRUE(out.gaps.empty());
  EXPECT_TRUE(out.incidents.empty());
}

// 30 adverts every 5 s, then 20 every second, one of them 2 s late and one 3.
TEST(GapSurvey, WhatWasUsualUnderAnotherIntervalHidesNoGap) {
  GapSurvey survey({});
  std::int64_t at = 0;
  const auto take = [&](Duration interval) { survey.take(sighting({at, 1, 100}, interval)); };
  for (int i = 0; i < 30; ++i, at += 5000) take(5s);
  for (int i = 0; i < 20; ++i) {
    at += i == 0 ? 0 : i == 4 ? 3000 : i == 12 ? 4000 : 1000;
    take(1s);
  }
  const auto out = survey.finish(std::vector<Instant>{Instant{at * 1'000'000}});
  ASSERT_EQ(out.at(0).gaps.size(), 2U);
  EXPECT_EQ(out[0].gaps[0].length(), 3s);
  EXPECT_EQ(out[0].gaps[1].length(), 4s);
  EXPECT_EQ(out[0].gaps[1].expected, 1s);
  EXPECT_EQ(out[0].senders[0].learned, 1s);
  EXPECT_EQ(out[0].senders[0].beats, 50U);
  EXPECT_EQ(out[0].senders[0].cadence.count(), 49U);
  EXPECT_EQ(out[0].senders[0].cadence.longest(), 5s);
  ASSERT_EQ(out[0].incidents.size(), 2U);
  EXPECT_EQ(out[0].incidents[0].incident.kind, Kind::NearMiss);
}

// A router that says 1 s and sends every 10 s is told to send, and sends, every second.
TEST(GapSurvey, ASlowSendersEarlyHeartbeatsWereInTimeAlsoBeforeItWasChanged) {
  GapSurvey survey({});
  std::int64_t at = 0;
  for (int i = 0; i < 30; ++i, at += 10'000) survey.take(sighting({at, 1, 100}, 2s));
  for (int i = 0; i < 30; ++i, at += 1000) survey.take(sighting({at, 1, 100}, 1s));
  const auto out = survey.finish(std::vector<Instant>{Instant{at * 1'000'000}});
  EXPECT_TRUE(out.at(0).gaps.empty());
  EXPECT_TRUE(out[0].incidents.empty());
}

TEST(GapSurvey, CountingIdentificationsTellWhatWasSent) {
  std::vector<Row> rows;
  for (int i = 0; i < 20; ++i)
    rows.push_back({i * 1000, 1, 100, static_cast<std::uint16_t>(i + 5)});
  rows.push_back({22'000, 1, 100, 27});  // two were lost on the way
  rows.push_back({25'000, 1, 100, 28});  // none was sent
  const StreamSurvey out = survey(rows);
  EXPECT_EQ(out.senders[0].identification, Identification::Counting);
  ASSERT_EQ(out.gaps.size(), 2U);
  EXPECT_EQ(sent_in(out, out.gaps[0]), 2U);
  EXPECT_EQ(sent_in(out, out.gaps[1]), 0U);
}

TEST(GapSurvey, DuplicatesAndOvertakingAreCounted) {
  std::vector<Row> rows;
  for (int i = 0; i < 20; ++i) {
    rows.push_back({i * 1000, 1, 100, static_cast<std::uint16_t>(i + 5)});
    if (i == 7) rows.push_back({i * 1000 + 2, 1, 100, static_cast<std::uint16_t>(i + 5)});
  }
  rows.push_back({20'000, 1, 100, 26});
  rows.push_back({21'000, 1, 100, 25});
  const StreamSurvey out = survey(rows, {}, 21'000);
  EXPECT_EQ(out.senders[0].beats, 22U);
  EXPECT_EQ(out.senders[0].duplicates, 1U);
  EXPECT_EQ(out.senders[0].reordered, 1U);
}

TEST(GapSurvey, AFlowWithoutClaimIsJudgedOnceItIsKnown) {
  GapSurvey survey({});
  std::int64_t at = 0;
  for (int i = 0; i < 20; ++i) {
    Sighting one = sighting({at, 1, 1}, 0s);
    one.stream = {{}, 1};
    survey.take(one);
    at += i == 3 ? 900 : 300;
  }
  const auto out = survey.finish(std::vector<Instant>{Instant{at * 1'000'000}});
  ASSERT_EQ(out.at(0).gaps.size(), 1U);
  EXPECT_EQ(out[0].gaps[0].length(), 900ms);
  EXPECT_EQ(out[0].gaps[0].expected, 300ms);
  EXPECT_TRUE(out[0].incidents.empty());
}

TEST(GapSurvey, LossesOfTheCaptureCountForEveryStreamThatTheyMayHaveHit) {
  GapSurvey survey({});
  const auto take = [&](std::uint8_t vrid, std::int64_t at_ms, std::uint64_t dropped) {
    Sighting one = sighting({at_ms, 1, 100});
    one.stream.router.vrid = Vrid{vrid};
    one.beat.dropped_before = dropped;
    survey.take(one);
  };
  for (const std::uint8_t vrid : {std::uint8_t{1}, std::uint8_t{2}}) take(vrid, vrid, 0);
  take(1, 3001, 7);
  take(2, 3002, 0);
  const auto out = survey.finish(std::vector<Instant>{Instant{4'000'000'000}});
  EXPECT_EQ(out.at(0).gaps.at(0).capture_lost, 7U);
  EXPECT_EQ(out.at(1).gaps.at(0).capture_lost, 7U);
}

// Lives of two or three routers: steady runs, stalls, resignations, conflicts, priorities that
// fall. What is kept of them gives the same incidents as all of them do.
std::vector<Row> random_lives(unsigned seed) {
  std::mt19937 rng(seed);
  const auto upto = [&](int most) {
    return static_cast<std::int64_t>(rng() % static_cast<unsigned>(most));
  };
  std::vector<Row> rows;
  for (int host = 1; host <= 3; ++host) {
    std::int64_t at = upto(60'000);
    int priority = 90 + static_cast<int>(upto(20));
    while (at < 400'000) {
      const std::int64_t run = upto(60);
      for (std::int64_t i = 0; i < run; ++i) {
        rows.push_back({at, host, priority});
        at += 1000 + upto(40) - 20;
        if (upto(50) == 0) at += upto(2500);
        if (upto(60) == 0) priority = 90 + static_cast<int>(upto(20));
      }
      if (upto(3) == 0) rows.push_back({at - 500, host, 0});
      at += upto(80'000);
    }
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.at_ms < b.at_ms; });
  return rows;
}

std::string told(const std::vector<wire::IpAddress>& sources, const Incident& i) {
  return std::string(kind_text(i)) + " " + sources[i.from].text() + ">" + sources[i.to].text() +
         " at " + std::to_string(i.at.ns) + " since " + std::to_string(i.silent_since.ns) +
         " resumed " + std::to_string(i.resumed.ns) + " two " +
         std::to_string(i.two_masters.count()) + " fell " + std::to_string(i.fell_from.value) +
         " prio " + std::to_string(i.from_priority.value) + ">" +
         std::to_string(i.to_priority.value) + (i.is_return ? " again" : "");
}

TEST(GapSurvey, WhatIsKeptGivesTheIncidentsOfTheWhole) {
  std::size_t incidents = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    const std::vector<Row> rows = random_lives(seed);
    if (rows.empty()) continue;
    SceneBuilder scene(1);
    for (const Row& row : rows) scene.advert(row.host, row.at_ms, row.priority);
    const auto& recording = scene.finish(rows.back().at_ms);
    const auto whole = streams_of(recording);
    ASSERT_EQ(whole.size(), 1U);
    const std::vector<Stream>& streams = whole.begin()->second;
    std::vector<wire::IpAddress> sources;
    for (const Stream& stream : streams) sources.push_back(stream.source);
    std::vector<std::string> expected;
    for (const Incident& i : find_incidents(streams, recording.end, blind_times(recording)))
      expected.push_back(told(sources, i));
    const StreamSurvey out = survey(rows);
    std::vector<wire::IpAddress> kept_sources;
    for (const SenderSurvey& sender : out.senders) kept_sources.push_back(sender.source);
    std::vector<std::string> got;
    for (const auto& found : out.incidents) got.push_back(told(kept_sources, found.incident));
    EXPECT_EQ(got, expected) << "seed " << seed;
    incidents += got.size();
  }
  EXPECT_GT(incidents, 1000U);
}

TEST(SenderLog, ADayOfHeartbeatsInTimeLeavesAFewBehind) {
  SenderLog log{Duration{0}};
  for (int i = 0; i < 86'400; ++i) {
    Beat beat;
    beat.at = Instant{i * 1'000'000'000LL + i % 7 * 1000};
    beat.priority = Priority{100};
    beat.interval = 1s;
    log.take(beat);
  }
  EXPECT_EQ(log.beats(), 86'400U);
  EXPECT_EQ(log.cadence().count(), 86'399U);
  const auto kept = log.finish();
  EXPECT_LT(kept.size(), 12U);
  EXPECT_EQ(kept.size() + kept.back().in_time_before, 86'400U);
}

TEST(Cadence, QuantilesAndTheUsualTime) {
  Cadence cadence;
  for (int i = 0; i < 990; ++i) cadence.add(1s + Duration(i), 1s);
  for (int i = 0; i < 10; ++i) cadence.add(7s, 1s);
  EXPECT_EQ(cadence.count(), 1000U);
  EXPECT_NEAR(static_cast<double>(cadence.usual().count()), 1e9, 1e3);
  EXPECT_EQ(cadence.quantile(1.0), 7s);
  EXPECT_NEAR(static_cast<double>(cadence.quantile(0.98).count()), 1e9, 1e9 / 64);
  EXPECT_EQ(cadence.shortest(), 1s);
  EXPECT_EQ(cadence.longest(), 7s);
  EXPECT_EQ(cadence.late()[0], 990U);
  EXPECT_EQ(cadence.late().back(), 10U);
  EXPECT_EQ(Cadence().usual(), Duration{0});
  Cadence zero;
  zero.add(Duration{0}, 1s);
  EXPECT_EQ(zero.usual(), Duration{0});
}

}  // namespace
}  // namespace alibi::investigate
