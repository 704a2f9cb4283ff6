// SPDX-License-Identifier: Apache-2.0
// One at a time on each interface, none lost, none of an instance that is not master any more.
#include "daemon/pacer.h"

#include <gtest/gtest.h>

namespace alibi::daemon {
namespace {

constexpr Instant at(Duration since) { return Instant{} + 100s + since; }

config::Settings paced() {
  config::Settings settings;
  settings.global.garp_interval = 200ms;
  return settings;
}

TEST(Pacer, WithoutIntervalAllLeaveAtOnce) {
  const config::Settings settings;
  Pacer pacer(settings);
  pacer.add(0, 0, "eth0", "eth0", wire::Family::V4);
  EXPECT_EQ(pacer.ask(0, 0, 5, at(0s)), 5);
  EXPECT_EQ(pacer.next(), kNever);
}

TEST(Pacer, OneAnIntervalEachAddressOnceInTurn) {
  const auto settings = paced();
  Pacer pacer(settings);
  for (std::size_t i = 0; i < 3; ++i) pacer.add(0, i, "eth0", "eth0", wire::Family::V4);
  EXPECT_EQ(pacer.ask(0, 0, 5, at(0s)), 1);
  EXPECT_EQ(pacer.ask(0, 1, 5, at(0s)), 0);
  EXPECT_EQ(pacer.ask(0, 2, 5, at(0s)), 0);
  std::vector<std::size_t> order;
  for (Instant now = at(0s); now <= at(2s); now = now + 10ms) {
    if (const auto due = pacer.due(now)) {
      order.push_back(due->address);
      EXPECT_FALSE(pacer.due(now));
      if (order.size() < 3) {
        EXPECT_EQ(pacer.next(), now + 200ms);
      }
    }
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(pacer.next(), kNever);
}

TEST(Pacer, InterfacesAndKindsDoNotWaitForEachOtherGroupsDo) {
  auto settings = paced();
  settings.garp_groups.push_back({300ms, std::nullopt, {"eth2", "eth3"}, {}});
  Pacer pacer(settings);
  pacer.add(0, 0, "eth0", "eth0", wire::Family::V4);
  pacer.add(0, 1, "eth1", "eth1", wire::Family::V4);
  pacer.add(0, 2, "eth0", "eth0", wire::Family::V6);
  pacer.add(0, 3, "vrrp.7", "eth2", wire::Family::V4);
  pacer.add(0, 4, "eth3", "eth3", wire::Family::V4);
  EXPECT_EQ(pacer.ask(0, 0, 1, at(0s)), 1);
  EXPECT_EQ(pacer.ask(0, 1, 1, at(0s)), 1);
  EXPECT_EQ(pacer.ask(0, 2, 4, at(0s)), 4);  // gna_interval is not set
  EXPECT_EQ(pacer.ask(0, 3, 1, at(0s)), 1);
  EXPECT_EQ(pacer.ask(0, 4, 1, at(0s)), 0);
  EXPECT_EQ(pacer.next(), at(300ms));
}

TEST(Pacer, NothingLeavesForAnInstanceThatIsNotMaster) {
  const auto settings = paced();
  Pacer pacer(settings);
  pacer.add(0, 0, "eth0", "eth0", wire::Family::V4);
  pacer.add(1, 0, "eth0", "eth0", wire::Family::V4);
  EXPECT_EQ(pacer.ask(0, 0, 5, at(0s)), 1);
  EXPECT_EQ(pacer.ask(1, 0, 5, at(0s)), 0);
  pacer.forget(0);
  const auto due = pacer.due(at(1s));
  ASSERT_TRUE(due);
  EXPECT_EQ(due->instance, 1U);
  EXPECT_FALSE(pacer.due(at(2s)));
}

}  // namespace
}  // namespace alibi::daemon
