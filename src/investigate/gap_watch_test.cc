// SPDX-License-Identifier: Apache-2.0
#include "investigate/gap_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/vrrp.h"

namespace alibi::investigate {
namespace {

using What = GapEvent::What;

/// An Ethernet frame with an advert of version 2, checksums and all.
std::vector<std::uint8_t> advert(unsigned host, unsigned priority, unsigned id, unsigned vrid = 205,
                                 unsigned seconds = 1) {
  const auto octet = [](unsigned value) { return static_cast<std::uint8_t>(value); };
  std::vector<std::uint8_t> out{1,
                                0,
                                0x5e,
                                0,
                                0,
                                18,
                                2,
                                0,
                                0,
                                0,
                                0,
                                octet(host),
                                8,
                                0,
                                0x45,
                                0,
                                0,
                                40,
                                octet(id >> 8U),
                                octet(id),
                                0,
                                0,
                                255,
                                112,
                                0,
                                0,
                                10,
                                0,
                                0,
                                octet(host),
                                224,
                                0,
                                0,
                                18};
  std::vector<std::uint8_t> vrrp{0x21,
                                 octet(vrid),
                                 octet(priority),
                                 1,
                                 0,
                                 octet(seconds),
                                 0,
                                 0,
                                 10,
                                 0,
                                 0,
                                 9,
                                 0,
                                 0,
                                 0,
                                 0,
                                 0,
                                 0,
                                 0,
                                 0};
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < vrrp.size(); i += 2) sum += vrrp[i] << 8U | vrrp[i + 1];
  sum = (sum & 0xffffU) + (sum >> 16U);
  sum = ~(sum + (sum >> 16U)) & 0xffffU;
  vrrp[6] = octet(sum >> 8U);
  vrrp[7] = octet(sum);
  out.insert(out.end(), vrrp.begin(), vrrp.end());
  return out;
}

constexpr std::int64_t kBegin = 1'700'000'000'000'000'000;

class Watch : public ::testing::Test {
 protected:
  void start(unsigned taps = 1, SurveyRequest request = {}) {
    std::vector<evidence::Tap> named(taps);
    for (unsigned i = 0; i < taps; ++i) named[i].label = "eth" + std::to_string(i);
    auto made = GapWatch::create(std::move(request), named);
    ASSERT_TRUE(made) << made.error().message;
    watch_.emplace(std::move(*made));
  }
  static Instant at(double seconds) {
    return Instant{kBegin + static_cast<std::int64_t>(seconds * 1e9)};
  }
  void take(double seconds, const std::vector<std::uint8_t>& bytes, unsigned tap = 0,
            std::uint64_t dropped = 0) {
    evidence::CapturedFrame frame;
    frame.unix_ns = at(seconds).ns;
    frame.interface = tap;
    frame.number = ++number_;
    frame.dropped_before = dropped;
    frame.bytes = bytes;
    frame.original_length = static_cast<std::uint32_t>(bytes.size());
    watch_->take(frame);
  }
  void look(double seconds) {
    const auto state = [this](evidence::TapId) { return state_; };
    for (GapEvent& event : watch_->look(at(seconds), state)) {
      events_.push_back(std::move(event));
    }
  }
  /// Adverts a second apart, each looked at when it comes, and whenever the watch asks to.
  void run(double from, double until, unsigned host, unsigned priority) {
    for (double t = from; t < until; t += 1) {
      wait(t);
      take(t, advert(host, priority, ++id_));
      look(t);
    }
  }
  /// Nothing comes until then.
  void wait(double until) {
    for (int i = 0; i < 1000 && watch_->next_look() < at(until); ++i) {
      const Instant next = watch_->next_look();
      look(static_cast<double>((next - at(0)).count()) / 1e9 + 1e-6);
    }
  }
  GapReport finish(double seconds) {
    const auto state = [this](evidence::TapId) { return state_; };
    const std::vector<std::uint64_t> dropped(watch_->taps().size());
    return watch_->finish(at(seconds), state, dropped);
  }
  std::vector<What> whats() const {
    std::vector<What> out;
    for (const GapEvent& event : events_) out.push_back(event.what);
    return out;
  }

  std::optional<GapWatch> watch_;
  GapWatch::TapState state_;
  std::vector<GapEvent> events_;
  std::uint64_t number_ = 0;
  unsigned id_ = 0;
};

TEST_F(Watch, AGapIsToldWhileItLastsAndWhenItEnds) {
  start();
  run(0, 20, 1, 100);
  EXPECT_TRUE(events_.empty());
  run(21.2, 30, 1, 100);
  ASSERT_EQ(whats(), (std::vector{What::Overdue, What::Gap, What::NearMiss}));
  EXPECT_EQ(events_[0].since, at(19));
  EXPECT_LT(events_[0].length, 1505ms);
  EXPECT_EQ(events_[0].expected, 1s);
  EXPECT_EQ(events_[1].length, 2200ms);
  EXPECT_EQ(events_[1].sent_unseen, 0U);
  EXPECT_EQ(events_[1].packet_before, 20U);
  EXPECT_EQ(finish(30).streams.at(0).gaps.size(), 1U);
}

TEST_F(Watch, ASilenceForGoodIsToldOnce) {
  start();
  run(0, 20, 1, 100);
  wait(300);
  EXPECT_EQ(whats(), (std::vector{What::Overdue, What::NearMiss}));
  EXPECT_EQ(events_[1].incident->kind, Kind::Silenced);
  const GapReport report = finish(300);
  ASSERT_EQ(report.streams.at(0).incidents.size(), 1U);
  EXPECT_EQ(report.streams[0].incidents[0].incident.at, at(300));
}

// The backup of priority 1 waits for 3.996 s, and its machine is slow.
TEST_F(Watch, NobodyIsSilentForGoodWhileABackupMayStillTakeOver) {
  start();
  run(0, 20, 1, 101);
  run(23.3, 30, 2, 1);
  EXPECT_EQ(whats(), (std::vector{What::Overdue, What::Gap, What::HandOver}));
}

TEST_F(Watch, WhatTheCaptureLostMayBeWhatIsMissing) {
  start();
  run(0, 20, 1, 100);
  state_.untold = 7;
  wait(100);
  ASSERT_EQ(whats(), (std::vector{What::Overdue}));
  EXPECT_EQ(events_[0].capture_lost, 7U);
  state_ = {};
  take(100, advert(1, 100, 80), 0, 300);
  look(100);
  ASSERT_EQ(whats(), (std::vector{What::Overdue, What::Gap}));
  EXPECT_EQ(events_[1].capture_lost, 300U);
  EXPECT_TRUE(finish(100).streams.at(0).incidents.empty());
}

TEST_F(Watch, AnInterfaceThatIsGoneSilencesNobody) {
  start();
  run(0, 20, 1, 100);
  state_.absent = true;
  wait(100);
  ASSERT_EQ(whats(), (std::vector{What::Overdue}));
  EXPECT_TRUE(events_[0].capture_absent);
  EXPECT_TRUE(finish(100).streams.at(0).incidents.empty());
}

TEST_F(Watch, AHandOverIsToldByItsFirstAdvert) {
  start();
  run(0, 20, 1, 101);
  run(22.609, 40, 2, 100);
  ASSERT_EQ(whats(), (std::vector{What::Overdue, What::Gap, What::HandOver}));
  EXPECT_EQ(events_[2].incident->kind, Kind::Silence);
  EXPECT_EQ(events_[2].from.text(), "10.0.0.1");
  EXPECT_EQ(events_[2].to.text(), "10.0.0.2");
  EXPECT_EQ(events_[2].length, 3609ms);
}

TEST_F(Watch, TwoMastersAreToldWhileThereAreTwoAndWhenThereIsOneAgain) {
  start();
  for (int t = 0; t < 60; ++t) {
    wait(t);
    take(t, advert(1, 101, ++id_));
    look(t);
    if (t < 20 || t >= 40) continue;
    wait(t + 0.3);
    take(t + 0.3, advert(2, 100, ++id_));
    look(t + 0.3);
  }
  ASSERT_EQ(whats(), (std::vector{What::HandOver, What::Both, What::OneAgain}));
  EXPECT_EQ(events_[0].incident->kind, Kind::Conflict);
  EXPECT_EQ(events_[0].at, at(20.3));
  EXPECT_LT(events_[1].at, at(23));
  EXPECT_EQ(events_[2].length, 19s);
  EXPECT_EQ(finish(60).streams.at(0).incidents.at(0).incident.two_masters, 19s);
}

// A day of a pair that changes roles every 20 s, and of a sender that is late now and then:
// as much is held after the first hour as after the last, and nothing of it is missing in the end.
TEST_F(Watch, MemoryDoesNotGrowWithTimeAndCountersAreExact) {
  start(2);
  constexpr int kTurn = 20;
  constexpr int kTurns = 24 * 3600 / kTurn;
  std::size_t hand_overs = 0;
  std::size_t most_held = 0;
  const GapSurvey::Key key{0, {{Vrid{205}, wire::Family::V4, 2}, 0, 0}};
  for (int turn = 0; turn < kTurns; ++turn) {
    const unsigned host = 1 + static_cast<unsigned>(turn % 2);
    for (int t = 0; t < kTurn; ++t) {
      const double now = turn * kTurn + t + (t == 10 ? 0.7 : 0);
      const auto bytes = advert(host, t == kTurn - 1 ? 0 : 100 + host, ++id_);
      take(now, bytes, 0);
      take(now + 0.001, bytes, 1);
      look(now + 0.002);
    }
    for (const GapEvent& event : events_) hand_overs += event.what == What::HandOver ? 1U : 0U;
    events_.clear();
    most_held = std::max(most_held, watch_->held(key));
  }
  EXPECT_EQ(hand_overs, 2U * (kTurns - 1));
  EXPECT_LT(most_held, 2 * GapWatch::kMostHeld);
  const GapReport report = finish(kTurns * kTurn);
  ASSERT_EQ(report.streams.size(), 2U);
  for (const StreamSurvey& stream : report.streams) {
    EXPECT_EQ(stream.senders.at(0).beats + stream.senders.at(1).beats,
              static_cast<std::uint64_t>(kTurns) * kTurn);
    EXPECT_EQ(stream.gaps.size() + stream.gaps_left_out, static_cast<std::size_t>(kTurns));
    std::size_t listed = 0;
    for (const auto& found : stream.incidents) listed += is_hand_over(found.incident) ? 1U : 0U;
    EXPECT_EQ(listed + stream.hand_overs_left_out, static_cast<std::size_t>(kTurns - 1));
    EXPECT_LT(stream.incidents.size(), 2 * GapWatch::kMostTold);
  }
  ASSERT_EQ(report.presence.size(), 2U);
  EXPECT_TRUE(report.presence_since.has_value());
  for (const Presence& presence : report.presence) {
    EXPECT_LT(presence.heartbeats, GapWatch::kMostCompared);
    EXPECT_EQ(presence.segments.at(1).lost, 0U);
  }
}

TEST_F(Watch, ManyForgedSendersAreLeftOutAndCounted) {
  start();
  for (unsigned i = 0; i < 2 * GapWatch::kMostSenders; ++i) {
    auto bytes = advert(1, 100, i);
    bytes[27] = static_cast<std::uint8_t>(i >> 8U);
    bytes[28] = static_cast<std::uint8_t>(i);
    take(i * 0.001, bytes);
    look(i * 0.001);
  }
  const GapReport report = finish(10);
  EXPECT_EQ(report.streams.at(0).senders.size(), GapWatch::kMostSenders);
  EXPECT_EQ(report.left_out, GapWatch::kMostSenders);
}

}  // namespace
}  // namespace alibi::investigate
