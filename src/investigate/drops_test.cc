// SPDX-License-Identifier: Apache-2.0
// When what the kernel says it dropped is a cause, and when it is none.
#include "investigate/drops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

using Builder = SceneBuilder;
using testing::Contains;
using testing::HasSubstr;

evidence::PacketDropped dropped(std::uint64_t netns, bool outgoing, std::string reason) {
  evidence::PacketDropped drop;
  drop.netns = netns;
  drop.reason = std::move(reason);
  drop.function = "nft_do_chain";
  drop.source = wire::IpAddress::v4(0x0a000001);
  drop.vrid = 205;
  drop.outgoing = outgoing;
  return drop;
}

/// Host 1's last advert at 10 s, host 2 takes over at 13.6 s; host 1 went on as ever.
void silence(Builder& b) {
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 20'000);
  b.adverts(2, 13'600, 20'000, 102);
}

/// Host 2 takes over at 9.5 s while host 1's adverts arrive at its tap.
void conflict(Builder& b) {
  b.keepalived();
  b.adverts(1, 1000, 20'000, 103);
  b.beats(1000, 20'000);
  b.adverts(2, 9500, 20'000, 100);
}

Verdict verdict_of(Builder& b) {
  for (Verdict& verdict : investigate(b.finish(20'000))) {
    if (verdict.failure) return std::move(verdict);
  }
  return {};
}

std::string code(Builder& b) { return verdict_of(b).cause->code; }

TEST(Drops, FilterOfTheSendersHostIsNamed) {
  Builder b(3);
  silence(b);
  for (int t = 11'000; t < 14'000; t += 1000) b.event(t, dropped(1, true, "NETFILTER_DROP"));
  const Verdict verdict = verdict_of(b);
  EXPECT_EQ(verdict.cause->code, "host.net.firewall");
  EXPECT_THAT(verdict.cause->evidence, Contains(HasSubstr("3 adverts, NETFILTER_DROP")));
}

TEST(Drops, QueueOfTheSenderIsNamed) {
  for (const char* reason : {"QDISC_DROP", "QDISC_OVERLIMIT"}) {
    Builder b(3);
    silence(b);
    for (int t = 11'000; t < 14'000; t += 1000) b.event(t, dropped(1, true, reason));
    EXPECT_EQ(code(b), "host.net.qdisc");
  }
}

TEST(Drops, TwoAtOnceAreNotTwoAdverts) {
  Builder b(3);
  silence(b);
  b.event(11'000, dropped(1, true, "QDISC_DROP"));
  b.event(11'001, dropped(1, true, "QDISC_DROP"));
  EXPECT_EQ(code(b), "unknown");
}

TEST(Drops, LinkThatWentAndCameBackIsNamedUnlessTheSenderWentOn) {
  for (const std::int64_t drop : {10'600, 11'500}) {
    Builder b(3);
    silence(b);
    b.event(10'500, evidence::LinkChange{1, 2, "eth0", true, false, false, true});
    b.event(10'900, evidence::LinkChange{1, 2, "eth0", true, true, false, false});
    b.event(drop, dropped(1, true, "QDISC_DROP"));
    EXPECT_EQ(code(b), drop == 10'600 ? "host.net.link_down" : "unknown");
  }
}

TEST(Drops, OfSomethingElseAreNoCause) {
  const auto named = [](evidence::PacketDropped drop) {
    Builder b(3);
    silence(b);
    for (int t = 11'000; t < 14'000; t += 1000) b.event(t, drop);
    return code(b);
  };
  auto drop = dropped(1, true, "NETFILTER_DROP");
  drop.vrid = 7;
  EXPECT_EQ(named(drop), "unknown") << "another virtual router's";
  drop = dropped(1, true, "NETFILTER_DROP");
  drop.source = wire::IpAddress::v4(0x0a000009);
  EXPECT_EQ(named(drop), "unknown") << "another sender's";
  EXPECT_EQ(named(dropped(1, false, "NETFILTER_DROP")), "unknown") << "a copy that came in";
  EXPECT_EQ(named(dropped(100, true, "NETFILTER_DROP")), "unknown") << "somewhere else";
}

TEST(Drops, OtherReasonsAreShownAndAccuseNobody) {
  Builder b(3);
  silence(b);
  for (int t = 11'000; t < 14'000; t += 1000) b.event(t, dropped(1, true, "IP_OUTNOROUTES"));
  const Verdict verdict = verdict_of(b);
  EXPECT_EQ(verdict.cause->code, "unknown");
  EXPECT_THAT(verdict.cause->evidence, Contains(HasSubstr("IP_OUTNOROUTES")));
}

TEST(Drops, OneOfThreeIsTooFew) {
  Builder b(3);
  silence(b);
  b.event(11'000, dropped(1, true, "NETFILTER_DROP"));
  EXPECT_EQ(code(b), "unknown");
}

TEST(Drops, AfterTheHandOverAreNoCause) {
  Builder b(3);
  silence(b);
  for (int t = 14'000; t < 20'000; t += 1000) b.event(t, dropped(1, true, "NETFILTER_DROP"));
  EXPECT_EQ(code(b), "unknown");
}

TEST(Drops, StoppedSenderIsStoppedWhateverWasDroppedBefore) {
  Builder b(3);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  b.adverts(2, 13'600, 20'000, 102);
  b.event(9'000, dropped(1, true, "NETFILTER_DROP"));
  b.event(10'200, Builder::off('T', ""));
  EXPECT_EQ(code(b), "host.process.stopped");
}

TEST(Drops, FilterOfTheReceiversHostMustHaveDroppedEachOfThem) {
  Builder all(3);
  conflict(all);
  for (int t = 6000; t < 9500; t += 1000) all.event(t + 1, dropped(2, false, "NETFILTER_DROP"));
  const Verdict verdict = verdict_of(all);
  EXPECT_EQ(verdict.cause->code, "peer.firewall");
  EXPECT_THAT(verdict.cause->headline, HasSubstr("host2"));
  Builder some(3);
  conflict(some);
  for (int t = 7000; t < 9500; t += 1000) some.event(t + 1, dropped(2, false, "NETFILTER_DROP"));
  EXPECT_EQ(code(some), "unknown");
}

TEST(Drops, FiltersOfTcAndOfCgroupsAreFilters) {
  for (const char* reason : {"TC_EGRESS", "BPF_CGROUP_EGRESS"}) {
    Builder b(3);
    silence(b);
    for (int t = 11'000; t < 14'000; t += 1000) b.event(t, dropped(1, true, reason));
    EXPECT_EQ(code(b), "host.net.firewall") << reason;
  }
  Builder b(3);
  conflict(b);
  for (int t = 6000; t < 9500; t += 1000) b.event(t + 1, dropped(2, false, "TC_INGRESS"));
  EXPECT_EQ(code(b), "peer.firewall");
}

TEST(Drops, AdvertsThatWaitForTheMacOfTheirPeerAreDroppedTogetherAndLate) {
  Builder b(3);
  silence(b);
  for (int i = 0; i < 4; ++i) b.event(14'100, dropped(1, true, "NEIGH_FAILED"));
  EXPECT_EQ(code(b), "host.net.neighbour");
  Builder open(3);  // nobody takes over, and the last ones are still waiting
  open.keepalived();
  open.adverts(1, 1000, 10'001, 103);
  open.beats(1000, 20'000);
  for (int i = 0; i < 6; ++i) open.event(i < 3 ? 13'100 : 16'300, dropped(1, true, "NEIGH_FAILED"));
  EXPECT_EQ(code(open), "host.net.neighbour");
  Builder long_ago(3);  // it sent nothing after that, whatever the reason
  long_ago.keepalived();
  long_ago.adverts(1, 1000, 10'001, 103);
  for (int i = 0; i < 3; ++i) long_ago.event(13'100, dropped(1, true, "NEIGH_FAILED"));
  EXPECT_EQ(code(long_ago), "unknown");
  Builder few(3);
  silence(few);
  few.event(14'100, dropped(1, true, "NEIGH_FAILED"));
  EXPECT_EQ(code(few), "unknown");
}

TEST(Drops, WhoseAdvertsWereDroppedDidNotKeepThemBack) {
  Builder b(3);
  silence(b);
  evidence::SignalSent sent;
  sent.signal = SIGHUP;
  sent.target_pid = 9;
  sent.sender_pid = 77;
  b.event(10'300, sent);
  b.event(10'400, evidence::AddressChange{1, 2, "", wire::IpAddress::v4(0x0a000001), false});
  b.event(11'000, dropped(1, true, "IP_OUTNOROUTES"));
  EXPECT_EQ(code(b), "unknown");
}

TEST(Drops, RoutesOfTheReceiverMustHaveDroppedEachOfThem) {
  for (const int first : {6000, 7000}) {
    Builder b(3);
    conflict(b);
    for (int t = first; t < 9500; t += 1000) b.event(t + 1, dropped(2, false, "IP_RPFILTER"));
    EXPECT_EQ(code(b), first == 6000 ? "peer.route" : "unknown");
  }
}

TEST(Drops, FramesForAnotherMacCountWhenTheAdvertIsForTheReceiver) {
  for (const std::uint32_t destination : {0x0a000002U, 0x0a000003U}) {
    Builder b(3);
    conflict(b);
    for (evidence::Heartbeat& beat : b.recording.heartbeats) {
      beat.packet.destination = wire::IpAddress::v4(destination);
    }
    for (int t = 6000; t < 9500; t += 1000) b.event(t + 1, dropped(2, false, "OTHERHOST"));
    EXPECT_EQ(code(b), destination == 0x0a000002U ? "peer.rejects" : "unknown");
  }
}

TEST(Drops, WhatWasDroppedAllTheTimeIsNotShown) {
  Builder b(3);
  silence(b);
  for (int t = 2000; t < 20'000; t += 1000) b.event(t, dropped(2, false, "SOCKET_FILTER"));
  EXPECT_THAT(verdict_of(b).cause->evidence, testing::Not(Contains(HasSubstr("SOCKET_FILTER"))));
}

TEST(Drops, FullRawSocketSaysNoProtocolAndIsNoFilter) {
  Builder b(3);
  conflict(b);
  for (int t = 6000; t < 9500; t += 1000) b.event(t + 1, dropped(2, false, "IP_NOPROTO"));
  const Verdict verdict = verdict_of(b);
  EXPECT_EQ(verdict.cause->code, "unknown");
  EXPECT_THAT(verdict.cause->evidence, Contains(HasSubstr("IP_NOPROTO")));
}

evidence::DroppingRule rule(std::string hook, std::int64_t handle, std::int64_t packets) {
  return {1, "inet filter " + hook, std::move(hook), handle, true, packets};
}

TEST(Drops, TheRuleThatCountedThemAndWhoPutItThereAreEvidence) {
  Builder b(3);
  silence(b);
  b.event(10'500, evidence::RulesetChange{1, 2, 4711, "nft"});
  b.event(10'600, evidence::RulesetChange{2, 9, 4712, "elsewhere"});
  for (int t = 11'000; t < 14'000; t += 1000) {
    b.event(t, dropped(1, true, "NETFILTER_DROP"));
    b.event(t + 100, rule("output", 5, 3 + t / 1000));
    b.event(t + 100, rule("input", 6, 1));
  }
  const Verdict verdict = verdict_of(b);
  ASSERT_EQ(verdict.cause->code, "host.net.firewall");
  const auto& lines = verdict.cause->evidence;
  EXPECT_THAT(lines, Contains(HasSubstr("nft (pid 4711) changed the nftables rules last")));
  EXPECT_THAT(lines,
              Contains(HasSubstr("rule 5 of chain `inet filter output` drops protocol 112")));
  EXPECT_THAT(lines, Contains(HasSubstr("its counter went from 14 to 16")));
  EXPECT_THAT(lines, testing::Not(Contains(HasSubstr("rule 6"))));
  EXPECT_THAT(lines, testing::Not(Contains(HasSubstr("elsewhere"))));
}

TEST(Drops, WhatTheQueueCountedIsEvidence) {
  Builder b(3);
  silence(b);
  const auto queue = [](std::uint64_t count) {
    return evidence::QdiscCounters{0, "tbf", "8001:", count, count, 3, 180};
  };
  b.event(10'500, queue(2));
  for (int t = 11'000; t < 14'000; t += 1000) b.event(t, dropped(1, true, "QDISC_DROP"));
  b.event(13'100, queue(40));
  EXPECT_THAT(verdict_of(b).cause->evidence,
              Contains(HasSubstr("qdisc tbf 8001: dropped 38 packets and held 3 at last")));
}

/// Taps B and C are two ports of a bridge; what went by another port of it is another segment's.
TEST(Drops, WhatABridgeOnTheWayDroppedIsEvidence) {
  for (const int port : {3, 9}) {
    Builder b(4);
    b.recording.taps[2].netns = b.recording.taps[1].netns;
    b.recording.taps[2].ifindex = 3;
    b.keepalived();
    b.adverts(1, 1000, 10'001, 103);
    b.adverts(1, 11'000, 16'000, 103, 2);
    b.adverts(2, 13'600, 16'000, 102);
    b.adverts(1, 16'000, 20'000, 103);
    for (int t = 11'000; t < 14'000; t += 1000) {
      auto drop = dropped(b.recording.taps[1].netns, false, "NETFILTER_DROP");
      drop.ifindex = port;
      b.event(t, drop);
      b.event(t + 100, evidence::DroppingRule{drop.netns, "bridge f forward", "forward", 4, false,
                                              t / 1000});
    }
    const Verdict verdict = verdict_of(b);
    EXPECT_EQ(verdict.cause->code, "network.loss");
    const auto lines = testing::PrintToString(verdict.cause->evidence);
    const bool told = port == 3;
    EXPECT_EQ(lines.find("the kernel dropped 3 adverts") != std::string::npos, told) << lines;
    EXPECT_EQ(lines.find("rule 4 of chain `bridge f forward`") != std::string::npos, told) << lines;
  }
}

}  // namespace
}  // namespace alibi::investigate
