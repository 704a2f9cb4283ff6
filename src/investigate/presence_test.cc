// SPDX-License-Identifier: Apache-2.0
#include "investigate/presence.h"

#include <gtest/gtest.h>

namespace alibi::investigate {
namespace {

// Three taps on the way of a sender that counts its identifications, the second with a clock
// 5 s ahead. `at_tap(i, tap)` says when advert i is seen there; a negative time: not at all.
template <typename AtTap>
Presences present(int adverts, AtTap at_tap, bool counting = true) {
  PresenceLog log;
  for (evidence::TapId tap = 0; tap < 3; ++tap) {
    for (int i = 0; i < adverts; ++i) {
      const std::int64_t ms = at_tap(i, tap);
      if (ms < 0) continue;
      Sighting one;
      one.tap = tap;
      one.stream.router = {Vrid{7}, wire::Family::V4, 2};
      one.source = wire::IpAddress::v4(1);
      one.beat.at = Instant{ms * 1'000'000} + (tap == 1 ? Duration(5s) : Duration(0s));
      one.beat.priority = Priority{100};
      one.beat.ip_id = static_cast<std::uint16_t>(counting ? i + 1 : 0);
      log.take(one);
    }
  }
  const std::vector<Instant> firsts{Instant{0}, Instant{5'000'000'000}, Instant{0}};
  const Instant end{adverts * 1'000'000'000LL};
  const std::vector<Instant> lasts{end, end + Duration(5s), end};
  return log.finish(firsts, lasts);
}

TEST(Presence, LossIsPlacedAndTheClockFound) {
  const Presences out = present(100, [](int i, int tap) -> std::int64_t {
    if (i >= 40 && i < 43 && tap == 2) return -1;  // lost between the second and the third
    if (i == 60 && tap == 1) return -1;            // missed by the second's capture
    return i * 1000 + tap;
  });
  EXPECT_TRUE(out.clocks.at(1).known);
  EXPECT_NEAR(static_cast<double>(out.clocks[1].measured.count()), 5.001e9, 1e6);
  ASSERT_EQ(out.senders.size(), 1U);
  const Presence& sender = out.senders[0];
  EXPECT_TRUE(sender.by_identification);
  EXPECT_EQ(sender.taps, (std::vector<evidence::TapId>{0, 1, 2}));
  EXPECT_EQ(sender.segments.at(2).lost, 3U);
  EXPECT_EQ(sender.segments.at(1).missed, 1U);
  EXPECT_EQ(sender.segments.at(1).lost, 0U);
  EXPECT_EQ(sender.rows.at(0).seen, (std::vector<bool>{true, true, true}));
  EXPECT_EQ(sender.rows.size(), 3U);
  std::uint64_t all = 0;
  for (const Presence::Row& row : sender.rows) all += row.heartbeats;
  EXPECT_EQ(all, sender.heartbeats);
}

TEST(Presence, AWayFromTheFarSideIsTurnedRound) {
  const Presences out = present(50, [](int i, int tap) -> std::int64_t {
    if (i == 20 && tap == 0) return -1;
    return i * 1000 + 2 - tap;
  });
  const Presence& sender = out.senders.at(0);
  EXPECT_EQ(sender.taps, (std::vector<evidence::TapId>{2, 1, 0}));
  EXPECT_EQ(sender.segments.at(2).lost, 1U);
}

TEST(Presence, WhatIsHeldUpIsNoLoss) {
  const Presences out = present(50, [](int i, int tap) -> std::int64_t {
    return i * 1000 + tap + (i == 30 && tap == 2 ? 1500 : 0);
  });
  const Presence& sender = out.senders.at(0);
  EXPECT_EQ(sender.segments.at(2).lost, 0U);
  EXPECT_EQ(sender.segments.at(2).delayed, 1U);
  EXPECT_EQ(sender.segments.at(2).longest_delay, 1500ms);
}

TEST(Presence, WithoutIdentificationsTimeIsAllThereIs) {
  PresenceLog log;
  for (evidence::TapId tap = 0; tap < 2; ++tap) {
    for (int i = 0; i < 30; ++i) {
      if (i == 12 && tap == 1) continue;
      Sighting one;
      one.tap = tap;
      one.beat.at = Instant{i * 1'000'000'000LL + tap * 1'000'000};
      log.take(one);
    }
  }
  const std::vector<Instant> firsts(2, Instant{0});
  const std::vector<Instant> lasts(2, Instant{30'000'000'000});
  const Presences out = log.finish(firsts, lasts);
  EXPECT_FALSE(out.clocks.at(1).known);
  EXPECT_FALSE(out.senders.at(0).by_identification);
  EXPECT_EQ(out.senders[0].segments.at(1).lost, 1U);
}

// Routers of two networks made from one mould, 400 ms apart, at two taps that see both.
TEST(Presence, AnotherNetworksRouterWithTheSameAddressesHidesNoClock) {
  PresenceLog log;
  for (int i = 0; i < 40; ++i) {
    for (const std::uint8_t network : {std::uint8_t{42}, std::uint8_t{43}}) {
      for (evidence::TapId tap = 0; tap < 2; ++tap) {
        if (network == 42 && tap == 1 && i == 20) continue;
        Sighting one;
        one.tap = tap;
        one.stream.router = {Vrid{7}, wire::Family::V4, 2};
        one.stream.network = network;
        one.source = wire::IpAddress::v4(1);
        one.source_mac.bytes[5] = network;
        const std::int64_t ms = i * 1000 + (network == 43 ? 400 : 0) + tap * 60'000 + tap;
        one.beat.at = Instant{ms * 1'000'000};
        one.beat.priority = Priority{100};
        one.beat.ip_id = static_cast<std::uint16_t>(i + 1);
        log.take(one);
      }
    }
  }
  const std::vector<Instant> firsts{Instant{0}, Instant{60'000'000'000}};
  const std::vector<Instant> lasts{Instant{40'000'000'000}, Instant{100'000'000'000}};
  const Presences out = log.finish(firsts, lasts);
  EXPECT_TRUE(out.clocks.at(1).known);
  EXPECT_EQ(out.clocks[1].measured, 60'001ms);
  ASSERT_EQ(out.senders.size(), 2U);
  EXPECT_EQ(out.senders[0].segments.at(1).lost, 1U);
  EXPECT_EQ(out.senders[1].segments.at(1).lost, 0U);
}

}  // namespace
}  // namespace alibi::investigate
