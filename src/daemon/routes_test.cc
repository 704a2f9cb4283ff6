// SPDX-License-Identifier: Apache-2.0
// From words to numbers.
#include "daemon/routes.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include "daemon/instance_network.h"

namespace alibi::daemon {
namespace {

wire::IpAddress ip(const char* text) { return *wire::IpAddress::parse(text); }

Links links() {
  os::Interface eth0;
  eth0.index = IfIndex(2);
  eth0.name = "eth0";
  return Links({eth0}, {});
}

os::RouteNames names() {
  os::RouteNames n;
  n.add(os::RouteNames::Kind::Table, "100 uplink  # a comment");
  n.add(os::RouteNames::Kind::Realm, "7 cosmos");
  n.add(os::RouteNames::Kind::Table, "# 5 nothing");
  return n;
}

TEST(RouteSpec, NamesBecomeNumbers) {
  config::Route route;
  route.destination = {ip("10.0.0.0"), 8};
  route.interface = "eth0";
  route.table = "uplink";
  route.realms = "cosmos/9";
  route.metrics = {{"mtu", 1400, true}, {"hoplimit", 9, false}};
  route.ecn = true;
  route.no_track = true;
  const auto spec = route_spec(route, links(), names());
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->index, IfIndex(2));
  EXPECT_EQ(spec->table, 100U);
  EXPECT_EQ(spec->realms, 7U << 16U | 9U);
  EXPECT_EQ(spec->protocol, RTPROT_KEEPALIVED);
  const std::vector<std::pair<int, std::uint32_t>> metrics{
      {RTAX_MTU, 1400}, {RTAX_HOPLIMIT, 9}, {RTAX_FEATURES, 1}, {RTAX_LOCK, 1U << RTAX_MTU}};
  EXPECT_EQ(spec->metrics, metrics);
  EXPECT_FALSE(spec->tracked);
}

TEST(RouteSpec, TheFirstUnknownNameIsTheError) {
  config::Route route;
  route.interface = "eth9";
  route.table = "nowhere";
  route.words = {"10.0.0.0/8", "dev", "eth9"};
  const auto spec = route_spec(route, links(), names());
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().message, "unknown interface 'eth9' in route '10.0.0.0/8 dev eth9'");
}

TEST(Resolver, LeavesOutWhatTheHostHasNoNameFor) {
  config::Settings settings;
  config::Route route;
  route.destination = {ip("10.0.0.0"), 8};
  route.interface = "eth0";
  config::Route unknown = route;
  unknown.scope = "foo";
  unknown.words = {"10.0.0.0/8", "scope", "foo"};
  config::Rule rule;
  rule.table = "nowhere";
  rule.priority = 7;
  rule.words = {"table", "nowhere"};
  config::Instance instance;
  instance.vrrp.name = "A";
  instance.interface = "eth0";
  instance.routes.edit() = {unknown, route};
  instance.rules.edit() = {rule};
  settings.instances = {instance};
  const Resolver resolver(settings);
  const auto network = resolver.instance(0, links());
  ASSERT_TRUE(network) << network.error().message;
  EXPECT_EQ(network->routes.size(), 1U);
  EXPECT_TRUE(network->rules.empty());
  const std::vector<std::string> said{
      "(A) unknown scope 'foo' in route '10.0.0.0/8 scope foo': it is left out",
      "(A) unknown routing table 'nowhere' in rule 'table nowhere': it is left out"};
  EXPECT_EQ(resolver.left_out(), said);
}

TEST(RuleSpec, WithoutPreferenceTheNextOneDownFrom16384) {
  config::Rule rule;
  rule.table = "0x4d";
  rule.ip_protocol = "tcp";
  RulePriorities priorities;
  config::Rule own = rule;
  own.priority = 7;
  EXPECT_EQ(priorities.of(rule), 16384U);
  EXPECT_EQ(priorities.of(own), 7U);
  EXPECT_EQ(priorities.of(rule), 16383U);
  const auto spec = rule_spec(rule, 16383, names());
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->table, 77U);
  EXPECT_EQ(spec->ip_protocol, 6);
  rule.ip_protocol = "tpc";
  EXPECT_FALSE(rule_spec(rule, 1, names()));
}

}  // namespace
}  // namespace alibi::daemon
