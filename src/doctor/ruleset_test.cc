// SPDX-License-Identifier: Apache-2.0
// The texts are what nft 1.0.6 prints for the rules in the comments, without what is not read.
#include "doctor/ruleset.h"

#include <gtest/gtest.h>

namespace alibi::doctor {
namespace {

std::string found(const std::string& objects) {
  const auto rules = dropping_rules("{\"nftables\": [" + objects + "]}");
  if (!rules) return rules.error().message;
  std::string out;
  for (const FirewallRule& r : *rules) {
    out += r.chain + " " + r.hook + (r.explicit_vrrp ? " rule" : " policy") + ";";
  }
  return out;
}

std::string base(const std::string& policy) {
  return R"({"chain": {"family": "inet", "table": "f", "name": "in", "type": "filter",)"
         R"( "hook": "input", "prio": 0, "policy": ")" +
         policy + R"("}})";
}

std::string rule(const std::string& chain, const std::string& expressions) {
  return R"(,{"rule": {"family": "inet", "table": "f", "chain": ")" + chain +
         R"(", "handle": 4, "expr": [)" + expressions + "]}}";
}

// ip protocol vrrp drop
const std::string kVrrp =
    R"({"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "protocol"}},)"
    R"( "right": "vrrp"}},)";
// meta l4proto { tcp, vrrp } drop
const std::string kSet =
    R"({"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": {"set": [6, 112]}}},)";
const std::string kDrop = R"({"drop": null})";
const std::string kAccept = R"({"accept": null})";

TEST(Ruleset, NamesWhatDropsVrrp) {
  EXPECT_EQ(found(base("accept") + rule("in", kVrrp + kDrop)), "inet f in input rule;");
  EXPECT_EQ(found(base("accept") + rule("in", kSet + kDrop)), "inet f in input rule;");
  EXPECT_EQ(found(base("accept") + rule("in", kVrrp + kAccept)), "");
  EXPECT_EQ(found(base("accept") + rule("in", kDrop)), "");  // all traffic: no business of ours
}

TEST(Ruleset, APolicyOfDropCountsWhereNothingAccepts) {
  EXPECT_EQ(found(base("drop")), "inet f in input policy;");
  EXPECT_EQ(found(base("drop") + rule("in", kVrrp + kAccept)), "");
  EXPECT_EQ(found(base("drop") + rule("in", kAccept)), "");
  EXPECT_EQ(found(base("drop") + rule("in", R"({"xt": null}, {"accept": null})")), "");
}

TEST(Ruleset, FollowsJumps) {
  const std::string chain =
      R"(,{"chain": {"family": "inet", "table": "f", "name": "side", "handle": 2}})";
  const std::string jump = rule("in", R"({"jump": {"target": "side"}})");
  EXPECT_EQ(found(base("drop") + chain + jump + rule("side", kVrrp + kAccept)), "");
  EXPECT_EQ(found(base("accept") + chain + jump + rule("side", kVrrp + kDrop)),
            "inet f side input rule;");
  EXPECT_EQ(found(base("accept") + chain + rule("side", kVrrp + kDrop)), "");  // never reached
}

TEST(Ruleset, LoopsAndNonsenseEnd) {
  EXPECT_EQ(found(base("drop") + rule("in", R"({"jump": {"target": "in"}})")).find("nft"),
            std::string::npos);
  EXPECT_FALSE(dropping_rules("nonsense"));
  EXPECT_FALSE(dropping_rules("{}"));
  EXPECT_FALSE(dropping_rules(R"({"nftables": [{"rule": {"expr": [{"match": 7}]}}]})"));
}

TEST(Ruleset, CountersOfAllThatDrops) {
  const std::string counter = R"({"counter": {"packets": 7, "bytes": 280}},)";
  const auto all = drop_verdicts("{\"nftables\": [" + base("drop") + rule("in", counter + kDrop) +
                                 rule("in", kVrrp + kDrop) + "]}");
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[0].packets, 7);
  EXPECT_FALSE((*all)[0].names_vrrp);
  EXPECT_EQ((*all)[1].packets, -1);
  EXPECT_TRUE((*all)[1].names_vrrp);
  EXPECT_EQ((*all)[1].handle, 4);
  EXPECT_EQ((*all)[1].hook, "input");
  EXPECT_EQ((*all)[2].handle, 0) << "the policy";
}

}  // namespace
}  // namespace alibi::doctor
