// SPDX-License-Identifier: Apache-2.0
// Links, routes and rules against the kernel, in a network namespace of the test's own.
#include <gtest/gtest.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sched.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "os/netlink_link.h"
#include "os/netlink_monitor.h"
#include "os/netlink_route.h"
#include "os/netlink_rule.h"

namespace alibi::os {
namespace {

wire::IpAddress ip(const char* text) { return *wire::IpAddress::parse(text); }

/// In a thread with a network namespace of its own, where only "lo" is, and up.
void in_own_namespace(const std::function<void(Netlink&)>& work) {
  bool entered = false;
  std::thread([&] {
    entered = ::unshare(CLONE_NEWNET) == 0;
    if (!entered) return;
    auto netlink = Netlink::open();
    ASSERT_TRUE(netlink);
    ASSERT_TRUE(set_link_up(*netlink, IfIndex(1)));
    work(*netlink);
  }).join();
  if (!entered) GTEST_SKIP() << "needs root";
}

RouteSpec route(const char* destination, int length) {
  RouteSpec spec;
  spec.destination = ip(destination);
  spec.family = spec.destination.family;
  spec.length = length;
  spec.index = IfIndex(1);
  return spec;
}

void expect_comes_and_goes(Netlink& netlink, const RouteSpec& spec) {
  SCOPED_TRACE(spec.destination.text() + " table " + std::to_string(spec.table));
  for (int i = 0; i < 2; ++i) {
    const auto added = add_route(netlink, spec);
    ASSERT_TRUE(added) << added.error().message;
  }
  EXPECT_TRUE(has_route(spec, 10s));
  for (int i = 0; i < 2; ++i) {
    const auto removed = remove_route(netlink, spec);
    ASSERT_TRUE(removed) << removed.error().message;
  }
  EXPECT_FALSE(has_route(spec, 10s));
}

TEST(Route, OfEveryKindComesAndGoes) {
  in_own_namespace([](Netlink& netlink) {
    expect_comes_and_goes(netlink, route("198.51.100.0", 24));
    expect_comes_and_goes(netlink, route("2001:db8:77::", 64));
    auto metric = route("198.51.100.0", 24);
    metric.metric = 5;
    metric.tos = 0x10;
    metric.metrics = {{RTAX_MTU, 1400}, {RTAX_LOCK, 1U << RTAX_MTU}};
    expect_comes_and_goes(netlink, metric);
    auto other = route("0.0.0.0", 0);
    other.table = 1000;
    expect_comes_and_goes(netlink, other);
    auto hole = route("198.18.0.0", 15);
    hole.type = RTN_BLACKHOLE;
    hole.index = IfIndex(0);
    expect_comes_and_goes(netlink, hole);
    auto hops = route("203.0.113.0", 24);
    hops.index = IfIndex(0);
    hops.hops = {{std::nullopt, IfIndex(1), 1, false, 0}, {std::nullopt, IfIndex(1), 5, false, 0}};
    expect_comes_and_goes(netlink, hops);
  });
}

TEST(Route, ThatCannotBeSaysWhich) {
  in_own_namespace([](Netlink& netlink) {
    auto spec = route("198.51.100.0", 24);
    spec.via = ip("192.0.2.1");
    const auto added = add_route(netlink, spec);
    ASSERT_FALSE(added);
    EXPECT_TRUE(added.error().message.starts_with("cannot add route to 198.51.100.0/24: "))
        << added.error().message;
  });
}

TEST(Route, LossIsHeard) {
  in_own_namespace([](Netlink& netlink) {
    auto monitor = NetlinkMonitor::open(true);
    ASSERT_TRUE(monitor);
    const auto spec = route("198.51.100.0", 24);
    ASSERT_TRUE(add_route(netlink, spec) && remove_route(netlink, spec));
    int lost = 0;
    monitor->drain([&](const LinkNews& news) {
      const auto* key = std::get_if<RouteKey>(&news);
      lost += key != nullptr && key->deleted && is_of(*key, spec) ? 1 : 0;
    });
    EXPECT_EQ(lost, 1);
  });
}

TEST(Rule, ComesAndGoes) {
  in_own_namespace([](Netlink& netlink) {
    for (const char* from : {"10.0.0.1", "2001:db8::1"}) {
      RuleSpec rule;
      rule.from = ip(from);
      rule.family = rule.from->family;
      rule.from_length = rule.family == wire::Family::V4 ? 32 : 128;
      rule.table = 100;
      rule.priority = 500;
      rule.mark = 5;
      rule.ip_protocol = 6;
      rule.destination_port = {80, 443};
      for (int i = 0; i < 2; ++i) {
        const auto added = add_rule(netlink, rule);
        ASSERT_TRUE(added) << added.error().message;
      }
      EXPECT_TRUE(has_rule(netlink, rule));
      for (int i = 0; i < 2; ++i) {
        const auto removed = remove_rule(netlink, rule);
        ASSERT_TRUE(removed) << removed.error().message;
      }
      EXPECT_FALSE(has_rule(netlink, rule));
    }
  });
}

TEST(Link, Ipv4SettingsAreReadAndWritten) {
  in_own_namespace([](Netlink& netlink) {
    for (const std::uint32_t value : {1U, 0U, 2U}) {
      ASSERT_TRUE(set_ipv4(netlink, IfIndex(1),
                           {{Ipv4Setting::ArpIgnore, value}, {Ipv4Setting::RpFilter, value}}));
      EXPECT_EQ(get_ipv4(netlink, IfIndex(1), Ipv4Setting::ArpIgnore), value);
      EXPECT_EQ(get_ipv4(netlink, IfIndex(1), Ipv4Setting::RpFilter), value);
    }
    EXPECT_EQ(get_ipv4(netlink, IfIndex(77), Ipv4Setting::RpFilter), std::nullopt);
    EXPECT_TRUE(delete_link(netlink, IfIndex(77)));
  });
}

}  // namespace
}  // namespace alibi::os
