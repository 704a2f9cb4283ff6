// SPDX-License-Identifier: Apache-2.0
// Route and rule lines, and what is said about values of the LVS half.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/settings.h"

namespace alibi::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Parsed with_lines(const std::string& keyword, const std::string& lines) {
  return parse("vrrp_instance V { interface eth0\nvirtual_router_id 7\n" + keyword + " {\n" +
                   lines + "\n}\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n",
               "t");
}

std::vector<std::string> said(const Parsed& parsed) {
  std::vector<std::string> out;
  for (const auto& d : parsed.diagnostics) {
    if (d.severity != Severity::Notice) out.push_back(render(d).substr(0, render(d).find('\n')));
  }
  return out;
}

Route route(const std::string& line) {
  const auto parsed = with_lines("virtual_routes", line);
  EXPECT_THAT(said(parsed), IsEmpty()) << line;
  const auto& routes = parsed.settings.instances.at(0).routes;
  EXPECT_EQ(routes.size(), 1U) << line;
  return routes.empty() ? Route{} : routes[0];
}

TEST(RouteLine, WordsOfIpRoute) {
  const auto r = route(
      "src 10.0.0.2 to 10.5.0.0/16 via 10.0.0.9 dev eth1 metric 7 table 100 "
      "protocol static scope link tos 0x10 append onlink no_track");
  EXPECT_EQ(r.destination.length, 16);
  EXPECT_EQ(r.source->text(), "10.0.0.2");
  EXPECT_EQ(r.via->text(), "10.0.0.9");
  EXPECT_EQ(r.interface, "eth1");
  EXPECT_EQ(r.metric, 7U);
  EXPECT_EQ(r.table, "100");
  EXPECT_EQ(r.protocol, "static");
  EXPECT_EQ(r.scope, "link");
  EXPECT_EQ(r.tos, "0x10");
  EXPECT_EQ(r.change, Route::Change::Append);
  EXPECT_TRUE(r.onlink && r.no_track);
}

TEST(RouteLine, MetricsTypesAndDefaults) {
  const auto r = route(
      "10.5.0.0/16 dev eth0 mtu lock 1400 rtt 10ms rttvar 2s initcwnd 10 features "
      "ecn quickack 1 congctl lock cubic ttl-propagate disabled");
  ASSERT_EQ(r.metrics.size(), 4U);
  EXPECT_EQ(r.metrics[0].value, 1400U);
  EXPECT_TRUE(r.metrics[0].lock);
  EXPECT_EQ(r.metrics[1].value, 80U);    // eighths of a millisecond
  EXPECT_EQ(r.metrics[2].value, 8000U);  // quarters
  EXPECT_TRUE(r.ecn && r.quickack);
  EXPECT_EQ(r.congestion_control, "cubic");
  EXPECT_EQ(r.ttl_propagate, false);
  EXPECT_EQ(route("blackhole 10.6.0.0/16 no_track").type, "blackhole");
  EXPECT_EQ(route("default via fe80::1 dev eth0").family, wire::Family::V6);
  EXPECT_EQ(route("default6 dev eth0").family, wire::Family::V6);
  EXPECT_EQ(route("inet6 default dev eth0 pref high").preference_level, "high");
}

TEST(RouteLine, NextHopsNewAndOld) {
  const auto r = route(
      "10.6.0.0/16 no_track nexthop via 10.0.0.5 dev eth0 weight 2 onlink nexthop "
      "via inet6 fe80::5 dev eth1");
  ASSERT_EQ(r.next_hops.size(), 2U);
  EXPECT_EQ(r.next_hops[0].weight, 2);
  EXPECT_TRUE(r.next_hops[0].onlink);
  EXPECT_EQ(r.next_hops[1].interface, "eth1");
  const auto old = with_lines("virtual_routes", "10.6.0.0/16 via 10.0.0.5 or 10.0.0.6 dev eth1");
  EXPECT_EQ(old.settings.instances[0].routes->at(0).next_hops.size(), 2U);
  EXPECT_EQ(said(old).size(), 1U);
}

TEST(RouteLine, ThatCannotBeUsedIsLeftOutWithOneReason) {
  for (const auto& [line, why] : std::vector<std::pair<std::string, std::string>>{
           {"10.5.0.0/16 bogus", "'bogus' is not understood in a route"},
           {"10.5.0.0/16 metrc 5", "did you mean 'metric'?"},
           {"10.5.0.0/33 dev eth0", "is not understood"},
           {"via 10.0.0.5", "needs a destination"},
           {"10.5.0.0/16 via", "via needs a value"},
           {"10.5.0.0/16 via x", "not an IP address"},
           {"10.5.0.0/16 metric -1", "metric must be a whole number"},
           {"10.5.0.0/16 mtu big", "mtu takes a whole number"},
           {"10.5.0.0/16 dev a_very_long_interface", "cannot be an interface"},
           {"2001:db8::/64 via 10.0.0.1 dev eth0", "cannot go via an IPv4 address"},
           {"src 2001:db8::1 10.5.0.0/16 dev eth0", "not of one family"}}) {
    const auto parsed = with_lines("virtual_routes", line);
    EXPECT_THAT(parsed.settings.instances.at(0).routes, IsEmpty()) << line;
    ASSERT_EQ(said(parsed).size(), 1U) << line;
    EXPECT_THAT(said(parsed)[0], HasSubstr(why));
    EXPECT_THAT(said(parsed)[0], HasSubstr("t:4:"));
  }
}

TEST(RuleLine, WordsOfIpRule) {
  const auto parsed = with_lines(
      "virtual_rules",
      "not from 10.0.0.0/8 to all fwmark 0x1/0xff table main preference 200 tos 0x10\n"
      "fwmark 5 goto 300 priority 20\ntype prohibit order 23\niif eth0 oif eth1 nop priority 24\n"
      "uidrange 10-20 ipproto tcp sport 10-20 dport 80-80 table 5 priority 53\n"
      "from 2001:db8::/64 suppress_prefixlength 0 sup_group 3 tunnel-id 5 lookup 7 priority 54\n"
      "l3mdev protocol 9 priority 55");
  EXPECT_THAT(said(parsed), IsEmpty());
  const auto& rules = parsed.settings.instances.at(0).rules;
  ASSERT_EQ(rules.size(), 7U);
  EXPECT_TRUE(rules[0].negate && rules[0].from && !rules[0].to);
  EXPECT_EQ(rules[0].mark_mask, 0xffU);
  EXPECT_EQ(rules[1].action, "goto");
  EXPECT_EQ(rules[1].goto_priority, 300U);
  EXPECT_EQ(rules[2].action, "prohibit");
  EXPECT_EQ(rules[3].output_interface, "eth1");
  EXPECT_EQ(rules[4].uid_range->second, 20U);
  EXPECT_EQ(rules[4].destination_port->first, 80);
  EXPECT_EQ(rules[5].family, wire::Family::V6);
  EXPECT_EQ(rules[5].table, "7");
  EXPECT_TRUE(rules[6].l3mdev);
}

TEST(RuleLine, ThatCannotBeUsedIsLeftOutAndOneWithoutPreferenceIsNamed) {
  for (const char* line : {"from 10.0.0.0/8 priority 1", "table 5 bogus", "fwmark x table 5",
                           "sport 9-8 table 5", "from 10.0.0.0/8 to 2001:db8::/64 table 5",
                           "table 5 goto 300", "table 5 table 6", "nop type blackhole",
                           "table 5 l3mdev", "tos 256 table 5", "goto 1 priority 5"}) {
    const auto parsed = with_lines("virtual_rules", line);
    EXPECT_THAT(parsed.settings.instances.at(0).rules, IsEmpty()) << line;
    EXPECT_EQ(said(parsed).size(), 1U) << line;
  }
  const auto parsed = with_lines("virtual_rules", "from 10.0.0.0/8 table 5");
  EXPECT_EQ(parsed.settings.instances.at(0).rules.size(), 1U);
  EXPECT_THAT(said(parsed), ElementsAre(HasSubstr("without a preference")));
}

TEST(Lvs, ValuesOfTheWrongFormAreNamed) {
  const auto server = [](const std::string& head, const std::string& lines, const std::string& real,
                         const std::string& check) {
    return "virtual_server " + head + " {\n" + lines + "\nreal_server " + real +
           " {\nTCP_CHECK {\n" + check + "\n}\n}\n}\n";
  };
  EXPECT_THAT(said(parse(server("10.0.0.1 80", "lb_algo wrr\nlb_kind DR\nprotocol TCP",
                                "10.0.0.2 80", "connect_timeout 3"),
                         "t")),
              IsEmpty());
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {server("10.0.0.256 80", "", "10.0.0.2", ""), "'10.0.0.256' of virtual_server"},
           {server("10.0.0.1 x", "", "10.0.0.2", ""), "'x' of virtual_server is not a port"},
           {server("fwmark x", "", "10.0.0.2", ""), "fwmark needs a whole number"},
           {server("fwmark 1", "protocol TCP", "10.0.0.2", ""), "has no protocol"},
           {server("10.0.0.1 80", "lb_algo rrr", "10.0.0.2", ""), "did you mean 'rr'?"},
           {server("10.0.0.1 80", "delay_loop soon", "10.0.0.2", ""), "delay_loop must be"},
           {server("10.0.0.1 80", "", "10.0.0.2 99999", ""), "not a port"},
           {server("10.0.0.1 80", "", "10.0.0.2", "connect_ip 10.0.0"), "'10.0.0' is not an IP"},
           {"virtual_server_group g {\n10.0.0.1.1 80\n}\n", "'10.0.0.1.1' is not an address"}}) {
    const auto parsed = parse(text, "t");
    ASSERT_EQ(said(parsed).size(), 1U) << text;
    EXPECT_THAT(said(parsed)[0], HasSubstr(why));
    EXPECT_EQ(parsed.exit_code(), 5);
  }
  EXPECT_THAT(
      said(parse("virtual_server_group g {\n10.0.0.1-9 80-81\n10.0.0.0/24 80\nfwmark 5\n}\n", "t")),
      IsEmpty());
}

}  // namespace
}  // namespace alibi::config
