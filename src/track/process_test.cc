// SPDX-License-Identifier: Apache-2.0
// Names, paths, parameters and quorums.
#include "track/process.h"

#include <gtest/gtest.h>

namespace alibi::track {
namespace {

using Match = ProcessPattern::Match;
constexpr Instant at(Duration d) { return Instant{} + d; }

const ProcessFacts kHaproxy{
    "haproxy", {"/usr/sbin/haproxy", "-f", "/etc/haproxy.cfg", "-db"}, "/usr/sbin/haproxy"};
const ProcessFacts kBare{"haproxy", {"haproxy"}, "/usr/sbin/haproxy"};

TEST(Matches, NameIsTheKernelsExactly) {
  EXPECT_TRUE(matches({"haproxy", {}, Match::Exact, false}, kHaproxy));
  EXPECT_FALSE(matches({"hap", {}, Match::Exact, false}, kHaproxy));
  EXPECT_FALSE(matches({"haproxy2", {}, Match::Exact, false}, kHaproxy));
  EXPECT_TRUE(matches({"systemd-resolved", {}, Match::Exact, false}, {"systemd-resolve", {}, ""}));
}

TEST(Matches, PathIsArgumentOrExecutable) {
  EXPECT_TRUE(matches({"/usr/sbin/haproxy", {}, Match::Exact, false}, kHaproxy));
  EXPECT_TRUE(matches({"/usr/sbin/haproxy", {}, Match::Exact, false}, kBare));
  EXPECT_FALSE(matches({"/opt/haproxy", {}, Match::Exact, false}, kHaproxy));
}

TEST(Matches, ParametersByTheirRule) {
  const std::vector<std::string> all{"-f", "/etc/haproxy.cfg", "-db"};
  EXPECT_TRUE(matches({"haproxy", all, Match::Exact, false}, kHaproxy));
  EXPECT_FALSE(matches({"haproxy", {"-f", "/etc/haproxy.cfg"}, Match::Exact, false}, kHaproxy));
  EXPECT_TRUE(matches({"haproxy", {"-f", "/etc/haproxy.cfg"}, Match::Partial, false}, kHaproxy));
  EXPECT_FALSE(matches({"haproxy", {"-f", "/etc/hap"}, Match::Partial, false}, kHaproxy));
  EXPECT_TRUE(matches({"haproxy", {"-f", "/etc/hap"}, Match::Initial, false}, kHaproxy));
  EXPECT_FALSE(matches({"haproxy", {"-g", "/etc/hap"}, Match::Initial, false}, kHaproxy));
  EXPECT_FALSE(matches({"haproxy", {"a", "b", "c", "d"}, Match::Initial, false}, kHaproxy));
}

TEST(Matches, ParamMatchWithoutParametersMeansNone) {
  EXPECT_TRUE(matches({"haproxy", {}, Match::Initial, false}, kBare));
  EXPECT_FALSE(matches({"haproxy", {}, Match::Partial, false}, kHaproxy));
  EXPECT_FALSE(matches({"haproxy", {}, Match::Exact, true}, kHaproxy));
  EXPECT_TRUE(matches({"haproxy", {}, Match::Exact, true}, kBare));
  EXPECT_FALSE(matches({"haproxy", {}, Match::Exact, true}, {"haproxy", {}, ""}));
}

TEST(Quorum, FirstCountDecidesAtOnce) {
  Quorum quorum(2, INT_MAX, 5s, 5s);
  EXPECT_TRUE(quorum.count(1, at(0s)));
  EXPECT_FALSE(quorum.up());
}

TEST(Quorum, DelaysBelongToTheDirection) {
  Quorum quorum(1, INT_MAX, 2s, 3s);
  quorum.count(1, at(0s));
  EXPECT_FALSE(quorum.count(0, at(1s)));
  EXPECT_EQ(quorum.next(), at(4s));
  EXPECT_FALSE(quorum.count(1, at(2s)));  // restarted in time
  EXPECT_EQ(quorum.next(), kNever);
  quorum.count(0, at(5s));
  EXPECT_TRUE(quorum.step(at(8s)));
  EXPECT_FALSE(quorum.up());
  EXPECT_FALSE(quorum.count(1, at(9s)));
  EXPECT_EQ(quorum.next(), at(11s));
  EXPECT_TRUE(quorum.step(at(11s)));
  EXPECT_TRUE(quorum.up());
}

TEST(Quorum, ResumedOneTakesItsDelays) {
  Quorum quorum(1, 1, 2s, 3s);
  quorum.resume(true, 1);
  EXPECT_FALSE(quorum.count(0, at(1s)));
  EXPECT_TRUE(quorum.up());
  EXPECT_EQ(quorum.next(), at(4s));
  Quorum same(1, 1, 2s, 3s);
  same.resume(true, 1);
  EXPECT_FALSE(same.count(1, at(1s)));
  EXPECT_EQ(same.next(), kNever);
}

TEST(Quorum, TooManyAreNotEnough) {
  Quorum quorum(1, 1, Duration(0), Duration(0));
  quorum.count(1, at(0s));
  EXPECT_TRUE(quorum.up());
  EXPECT_TRUE(quorum.count(2, at(1s)));
  EXPECT_FALSE(quorum.up());
  EXPECT_TRUE(quorum.count(1, at(2s)));
  EXPECT_TRUE(quorum.up());
  Quorum none(0, 0, Duration(0), Duration(0));
  none.count(0, at(0s));
  EXPECT_TRUE(none.up());
  EXPECT_TRUE(none.count(1, at(1s)));
  EXPECT_FALSE(none.up());
}

}  // namespace
}  // namespace alibi::track
