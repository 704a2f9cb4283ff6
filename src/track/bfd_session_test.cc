// SPDX-License-Identifier: Apache-2.0
// Two sessions on a line that can be cut, in made-up time.
#include "track/bfd_session.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>

namespace alibi::track {
namespace {

using wire::BfdControl;
using wire::BfdDiagnostic;
using wire::BfdState;

constexpr Duration kDelay = 1ms;

class Line {
 public:
  Line(BfdParameters a, BfdParameters b)
      : ends_{BfdSession(a, Instant{}), BfdSession(b, Instant{})} {}

  void run_until(Instant end) {
    while (true) {
      Instant next = std::min(ends_[0].next(), ends_[1].next());
      if (!flying_.empty()) next = std::min(next, flying_.front().at);
      if (next > end) break;
      now = std::max(now, next);
      turn();
    }
    now = end;
  }
  void run_for(Duration d) { run_until(now + d); }
  BfdState state(std::size_t i) const { return ends_[i].state(); }
  /// As by a process that goes on for another.
  void replace(std::size_t i, const BfdParameters& parameters) {
    ends_[i] = BfdSession(parameters, ends_[i].snapshot(), now);
  }
  BfdSession& end(std::size_t i) { return ends_[i]; }
  void shut_down(std::size_t i) {
    BfdOutput out;
    ends_[i].shut_down(now, out);
    take(i, out);
  }
  void restart(std::size_t i, BfdParameters p) { ends_[i] = BfdSession(p, now); }

  Instant now{};
  std::array<bool, 2> cut{};  ///< what this end sends is lost
  struct Sent {
    std::size_t by;
    Instant at;
    BfdControl packet;
  };
  std::vector<Sent> sent;
  struct Changed {
    std::size_t at;
    Instant when;
    BfdOutput::Change change;
  };
  std::vector<Changed> changes;

 private:
  struct Flying {
    std::size_t to;
    Instant at;
    BfdControl packet;
  };

  void turn() {
    while (!flying_.empty() && flying_.front().at <= now) {
      const Flying packet = flying_.front();
      flying_.pop_front();
      BfdOutput out;
      ends_[packet.to].receive(packet.packet, now, out);
      take(packet.to, out);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      BfdOutput out;
      ends_[i].step(now, out);
      take(i, out);
    }
  }
  void take(std::size_t i, const BfdOutput& out) {
    for (const auto& packet : out.packets) {
      sent.push_back({i, now, packet});
      if (!cut[i]) flying_.push_back({1 - i, now + kDelay, packet});
    }
    if (out.change) changes.push_back({i, now, *out.change});
  }

  std::array<BfdSession, 2> ends_;
  std::deque<Flying> flying_;
};

BfdParameters side(std::uint32_t discriminator, Duration tx = 10ms, Duration rx = 10ms) {
  BfdParameters p;
  p.discriminator = discriminator;
  p.desired_min_tx = tx;
  p.required_min_rx = rx;
  p.seed = discriminator * 7919;
  return p;
}

TEST(BfdSession, ComesUpAndNegotiates) {
  Line line(side(1, 10ms, 20ms), side(2, 50ms, 30ms));
  line.run_for(3s);
  ASSERT_EQ(line.state(0), BfdState::Up);
  ASSERT_EQ(line.state(1), BfdState::Up);
  EXPECT_EQ(line.end(0).remote_discriminator(), 2U);
  EXPECT_EQ(line.end(0).transmit_interval(), 30ms);  // what the other can take
  EXPECT_EQ(line.end(1).transmit_interval(), 50ms);  // what it wants itself
  EXPECT_EQ(line.end(0).detection_time(), 5 * 50ms);
  EXPECT_EQ(line.end(1).detection_time(), 5 * 30ms);
}

TEST(BfdSession, SlowUntilUpAndAPollAnnouncesTheChange) {
  Line line(side(1), side(2));
  line.run_for(3s);
  bool polled = false;
  bool answered = false;
  for (const auto& sent : line.sent) {
    EXPECT_FALSE(sent.packet.poll && sent.packet.final);
    if (sent.packet.state != BfdState::Up) {
      EXPECT_GE(sent.packet.desired_min_tx_us, 1'000'000U);
    }
    polled |= sent.packet.poll;
    answered |= sent.packet.final;
  }
  EXPECT_TRUE(polled && answered);
  EXPECT_FALSE(line.sent.back().packet.poll);  // the sequence has ended
}

TEST(BfdSession, JitterStaysWithinAQuarter) {
  Line line(side(1), side(2));
  line.run_for(3s);
  line.sent.clear();
  line.run_for(5s);
  Instant last{};
  Duration shortest = 1s;
  Duration longest{};
  for (const auto& sent : line.sent) {
    if (sent.by != 0) continue;
    if (last != Instant{}) {
      shortest = std::min(shortest, sent.at - last);
      longest = std::max(longest, sent.at - last);
    }
    last = sent.at;
  }
  EXPECT_GE(shortest, 7500us);
  EXPECT_LE(shortest, 7600us);
  EXPECT_LE(longest, 10ms);
  EXPECT_GE(longest, 9900us);
}

TEST(BfdSession, SilenceIsDownAtTheDetectionTime) {
  Line line(side(1), side(2));
  line.run_for(3s);
  line.changes.clear();
  line.cut[1] = true;
  const Instant cut = line.now;
  line.run_for(500ms);
  ASSERT_FALSE(line.changes.empty());
  EXPECT_EQ(line.changes[0].at, 0U);
  EXPECT_EQ(line.changes[0].change.to, BfdState::Down);
  EXPECT_LE(line.changes[0].when - cut, 50ms + kDelay);
  EXPECT_GE(line.changes[0].when - cut, 40ms);
  EXPECT_EQ(line.changes[0].change.why, "nothing received for 50 ms (detection time 50 ms)");
  EXPECT_EQ(line.end(0).diagnostic(), BfdDiagnostic::DetectionTimeExpired);
  // The other hears of it and does not wait.
  ASSERT_GE(line.changes.size(), 2U);
  EXPECT_EQ(line.changes[1].at, 1U);
  EXPECT_EQ(line.changes[1].when - line.changes[0].when, kDelay);
  EXPECT_EQ(line.end(1).diagnostic(), BfdDiagnostic::NeighborDown);
  EXPECT_EQ(line.changes[1].change.why, "the neighbour says Down (control detection time expired)");
  line.cut[1] = false;
  line.run_for(4s);
  EXPECT_EQ(line.state(0), BfdState::Up);
  EXPECT_EQ(line.state(1), BfdState::Up);
}

TEST(BfdSession, RestartedNeighbourIsRecognisedByItsDiscriminator) {
  Line line(side(1), side(2));
  line.run_for(3s);
  line.restart(1, side(9));
  line.run_for(4s);
  EXPECT_EQ(line.state(0), BfdState::Up);
  EXPECT_EQ(line.end(0).remote_discriminator(), 9U);
}

TEST(BfdSession, PassiveSpeaksWhenSpokenTo) {
  auto passive = side(2);
  passive.passive = true;
  auto other = side(1);
  other.passive = true;
  Line silent(other, passive);
  silent.run_for(10s);
  EXPECT_TRUE(silent.sent.empty());
  Line line(side(1), passive);
  line.run_for(3s);
  EXPECT_EQ(line.state(1), BfdState::Up);
  EXPECT_EQ(line.sent[0].by, 0U);
}

TEST(BfdSession, ShutDownIsToldAndNotHeldAgainstAnybody) {
  Line line(side(1), side(2));
  line.run_for(3s);
  line.changes.clear();
  line.shut_down(1);
  line.run_for(10ms);
  EXPECT_EQ(line.state(1), BfdState::AdminDown);
  EXPECT_EQ(line.state(0), BfdState::Down);
  EXPECT_EQ(line.changes.back().change.why, "the neighbour says AdminDown (administratively down)");
  line.run_for(5s);
  EXPECT_EQ(line.state(0), BfdState::Down);  // stays as long as the other says so
}

TEST(BfdSession, PacketForAnotherSessionIsNone) {
  Line line(side(1), side(2));
  line.run_for(3s);
  BfdOutput out;
  BfdControl packet;
  packet.state = BfdState::Down;
  packet.my_discriminator = 2;
  packet.your_discriminator = 77;
  line.end(0).receive(packet, line.now, out);
  EXPECT_FALSE(out.change);
  EXPECT_EQ(line.state(0), BfdState::Up);
}

TEST(BfdSession, AnotherProcessGoesOnUnseen) {
  Line line(side(1), side(2));
  line.run_for(3s);
  for (int i = 0; i < 100; ++i) {
    line.run_for(7ms);
    line.replace(0, side(9));  // the discriminator stays
    ASSERT_EQ(line.end(0).discriminator(), 1U);
    ASSERT_EQ(line.state(0), BfdState::Up);
    ASSERT_EQ(line.state(1), BfdState::Up);
  }
  EXPECT_EQ(line.end(0).transmit_interval(), 10ms);
}

// Section 6.8.3: no slower than announced, and nothing faster expected, before the Final.
TEST(BfdSession, OtherIntervalsOfAProcessThatGoesOnAreNegotiated) {
  Line line(side(1), side(2));
  line.run_for(3s);
  BfdParameters slow = side(1);
  slow.desired_min_tx = slow.required_min_rx = 400ms;
  line.replace(0, slow);
  EXPECT_EQ(line.end(0).transmit_interval(), 10ms);
  line.run_for(2s);
  EXPECT_EQ(line.end(0).transmit_interval(), 400ms);
  EXPECT_EQ(line.end(1).transmit_interval(), 400ms);
  const Duration patient = line.end(0).detection_time();
  line.replace(0, side(1));
  EXPECT_EQ(line.end(0).detection_time(), patient);
  line.run_for(2s);
  EXPECT_LT(line.end(0).detection_time(), patient);
  EXPECT_EQ(line.end(0).transmit_interval(), 10ms);
  EXPECT_EQ(line.state(0), BfdState::Up);
  EXPECT_EQ(line.state(1), BfdState::Up);
}

TEST(BfdSession, NeighbourThatWantsNonePeriodicallyGetsNone) {
  Line line(side(1), side(2));
  line.run_for(3s);
  BfdOutput out;
  BfdControl packet;
  packet.state = BfdState::Up;
  packet.my_discriminator = 2;
  packet.your_discriminator = 1;
  packet.desired_min_tx_us = 10'000;
  packet.required_min_rx_us = 0;
  packet.poll = true;
  line.end(0).receive(packet, line.now, out);
  ASSERT_EQ(out.packets.size(), 1U);  // a Poll is answered all the same
  EXPECT_TRUE(out.packets[0].final);
  EXPECT_EQ(line.end(0).transmit_interval(), Duration(0));
}

}  // namespace
}  // namespace alibi::track
