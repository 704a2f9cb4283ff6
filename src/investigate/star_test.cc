// SPDX-License-Identifier: Apache-2.0
// Three routers on one switch, a tap at each: no path, and the one in the middle may be master.
#include <gtest/gtest.h>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

/// Routers 10.0.0.1 to .3 with taps 0 to 2, each in a namespace of its own.
struct Star {
  Star() : b(3) {
    for (std::size_t i = 0; i < 3; ++i) {
      b.recording.taps[i].netns = i + 1;
      evidence::ProcessFound found;
      found.pid = static_cast<std::int32_t>(10 * (i + 1));
      found.comm = "keepalived";
      found.netns = i + 1;
      found.role = evidence::ProcessFound::Role::Heartbeat;
      b.event(0, found);
    }
  }

  /// Adverts of router `host` (1 to 3) each second; `deaf` does not get them.
  void adverts(std::uint32_t host, std::int64_t from, std::int64_t until, int priority,
               std::uint32_t deaf = 0) {
    for (std::int64_t t = from; t < until; t += 1000) {
      for (std::uint32_t tap = 1; tap <= 3; ++tap) {
        if (tap == deaf) continue;
        const std::size_t first = b.recording.heartbeats.size();
        b.advert(1, t, priority, 1);
        evidence::Heartbeat& beat = b.recording.heartbeats[first];
        beat.packet.source = wire::IpAddress::v4(0x0a000000U + host);
        beat.tap = static_cast<evidence::TapId>(tap - 1);
        if (tap == host) continue;
        beat.direction = evidence::Direction::In;
        beat.at = beat.at + 50us;
      }
    }
  }

  Verdict first() {
    const auto verdicts = investigate(b.finish(20'000));
    return verdicts.empty() ? Verdict{} : verdicts.front();
  }

  SceneBuilder b;
};

TEST(Star, TheOneInTheMiddleFallsSilentAtItsOwnTap) {
  Star star;
  star.adverts(2, 0, 10'000, 100);
  star.adverts(3, 12'700, 20'000, 90);
  star.b.event(9'300, evidence::LinkChange{2, 2, "eth0", true, false, false, true});
  const Verdict verdict = star.first();
  ASSERT_TRUE(verdict.where);
  EXPECT_EQ(verdict.where->origin, Origin::Sender);
  ASSERT_TRUE(verdict.cause);
  EXPECT_EQ(verdict.cause->code, "host.net.link_down");
  EXPECT_EQ(verdict.host, "host1");
}

TEST(Star, LostOnTheWayToOneAloneWhateverTheThirdHears) {
  for (const std::uint32_t deaf : {2U, 3U}) {
    Star star;
    star.adverts(1, 0, 10'000, 110);
    star.adverts(1, 10'000, 20'000, 110, deaf);
    star.adverts(deaf, 12'620, 20'000, 100);
    const Verdict verdict = star.first();
    ASSERT_TRUE(verdict.cause);
    EXPECT_EQ(verdict.cause->code, "network.loss") << deaf;
    EXPECT_EQ(verdict.where->taps.size(), 2U);
  }
}

}  // namespace
}  // namespace alibi::investigate
