// SPDX-License-Identifier: Apache-2.0
// Sync groups: one node's members moving together, and two nodes with a group each.
#include "vrrp/sync_group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "vrrp/text.h"

namespace alibi::vrrp {
namespace {

constexpr Instant at(Duration d) { return Instant{1'000'000'000'000} + d; }

wire::IpAddress address(std::size_t segment, std::size_t node) {
  return wire::IpAddress::v4(0x0A000000U + (static_cast<std::uint32_t>(segment) << 16U) +
                             static_cast<std::uint32_t>(node) + 1U);
}

/// One node: VI_1 in segment 0 with VRID 51, VI_2 in segment 1 with VRID 52.
struct Node {
  Node(std::size_t index, std::uint8_t priority1, std::uint8_t priority2) {
    for (std::size_t m = 0; m < 2; ++m) {
      Parameters p;
      p.name = "VI_" + std::to_string(m + 1);
      p.vrid = Vrid{static_cast<std::uint8_t>(51 + m)};
      p.base_priority = Priority{m == 0 ? priority1 : priority2};
      p.addresses = {wire::IpAddress::v4(0x0A000064U + (static_cast<std::uint32_t>(m) << 16U))};
      p.in_group = true;
      members.emplace_back(p);
      Outbox out;
      members[m].handle(SourceAddress{address(m, index)}, at(0s), out);
    }
    group = std::make_unique<SyncGroup>("VG", std::vector<Instance*>{&members[0], &members[1]});
  }
  std::vector<Instance> members = {};
  std::unique_ptr<SyncGroup> group;
};

/// Nodes on two segments without delay or loss, unless a segment is cut.
struct Groups : testing::Test {
  void add(std::uint8_t priority1, std::uint8_t priority2) {
    nodes.emplace_back(nodes.size(), priority1, priority2);
  }
  void start(std::size_t node) {
    GroupOutbox out;
    nodes[node].group->start(now, out);
    deliver(node, out);
  }
  void feed(std::size_t node, std::size_t member, const Input& input) {
    GroupOutbox out;
    nodes[node].group->handle(member, input, now, out);
    deliver(node, out);
  }
  void deliver(std::size_t from, const GroupOutbox& out) {
    for (const MemberOutput& o : out.outputs) {
      log.push_back(std::string(1, static_cast<char>('a' + from)) + "." +
                    std::to_string(o.member + 1) + " " + print(o.output));
      const auto* send = std::get_if<SendAdvert>(&o.output);
      if (send == nullptr || cut[o.member]) continue;
      AdvertReceived packet;
      packet.advert = nodes[from].members[o.member].advert(send->priority);
      packet.source = address(o.member, from);
      for (std::size_t to = 0; to < nodes.size(); ++to) {
        if (to != from && !dead[to]) feed(to, o.member, packet);
      }
    }
    if (out.transition) {
      log.push_back(std::string(1, static_cast<char>('a' + from)) + " " +
                    log_line("VG", *out.transition));
      ++group_moves;
    }
  }
  void run_to(Instant end) {
    while (true) {
      Instant due = kNever;
      std::size_t node = 0;
      std::size_t member = 0;
      for (std::size_t n = 0; n < nodes.size(); ++n) {
        for (std::size_t m = 0; m < 2; ++m) {
          if (dead[n] || nodes[n].members[m].next_timer() >= due) continue;
          due = nodes[n].members[m].next_timer();
          node = n;
          member = m;
        }
      }
      if (due > end) break;
      now = std::max(now, due);
      feed(node, member, TimerExpired{});
    }
    now = end;
  }
  State state(std::size_t node) const { return nodes[node].group->state(); }
  bool logged(const std::string& part) const {
    return std::any_of(log.begin(), log.end(),
                       [&](const auto& line) { return line.find(part) != std::string::npos; });
  }
  void TearDown() override {
    if (!HasFailure()) return;
    for (const auto& line : log) printf("%s\n", line.c_str());
  }

  std::vector<Node> nodes = {};
  bool cut[2] = {false, false};
  bool dead[4] = {};
  Instant now = at(0s);
  int group_moves = 0;
  std::vector<std::string> log = {};
};

TEST_F(Groups, OneMembersTimerMakesAllMaster) {
  add(100, 90);
  start(0);
  run_to(at(3610ms));
  EXPECT_EQ(nodes[0].members[0].state(), State::Master);
  EXPECT_EQ(nodes[0].members[1].state(), State::Master);
  EXPECT_EQ(state(0), State::Master);
  EXPECT_TRUE(logged("a.2 transition BACKUP MASTER sync_group : VI_1 of group VG: no advert"));
  EXPECT_TRUE(logged("a VRRP_Group(VG) Syncing instances to MASTER state: VI_1: no advert"));
}

TEST_F(Groups, FaultOfOneIsFaultOfAllAndEndsWithIt) {
  add(100, 100);
  start(0);
  run_to(at(5s));
  feed(0, 0, FaultRaised{ReasonCode::LinkDown, "interface eth0 went down"});
  EXPECT_EQ(nodes[0].members[1].state(), State::Fault);
  EXPECT_TRUE(logged("a.2 send prio 0")) << "its segment is alive and should hear of it";
  EXPECT_FALSE(logged("a.1 send prio 0"));
  EXPECT_TRUE(logged("a.2 transition MASTER FAULT sync_group : VI_1 of group VG is in fault: "
                     "interface eth0 went down"));
  feed(0, 1, FaultRaised{ReasonCode::TrackFailed, "script x failed"});
  feed(0, 0, FaultCleared{ReasonCode::LinkDown});
  EXPECT_EQ(nodes[0].members[0].state(), State::Fault) << "VI_2 is still at fault by itself";
  feed(0, 1, FaultCleared{ReasonCode::TrackFailed});
  EXPECT_EQ(state(0), State::Backup);
  run_to(at(10s));
  EXPECT_EQ(state(0), State::Master);
}

TEST_F(Groups, OneInterfaceDownMovesBoth) {
  add(150, 150);
  add(100, 100);
  start(0);
  start(1);
  run_to(at(6s));
  ASSERT_EQ(state(0), State::Master);
  ASSERT_EQ(state(1), State::Backup);
  feed(0, 0, FaultRaised{ReasonCode::LinkDown, "interface eth0 went down"});
  EXPECT_EQ(state(0), State::Fault);
  run_to(at(6700ms));  // VI_2's resignation and the skew time, although VI_1 fell silent only
  EXPECT_EQ(state(1), State::Master);
  EXPECT_TRUE(logged("b.2 transition BACKUP MASTER master_resigned"));
  feed(0, 0, FaultCleared{ReasonCode::LinkDown});
  run_to(at(12s));
  EXPECT_EQ(state(0), State::Master);
  EXPECT_EQ(state(1), State::Backup);
}

TEST_F(Groups, SilenceOnOneSegmentIsNoReasonWhileTheOtherHearsTheMaster) {
  add(150, 150);
  add(100, 100);
  start(0);
  start(1);
  run_to(at(6s));
  cut[0] = true;
  const int before = group_moves;
  run_to(at(60s));
  EXPECT_EQ(group_moves, before);
  EXPECT_TRUE(logged("b.1 note verbose : Receive advertisement timeout, but VI_2 of group VG hears"
                     " master 10.1.0.1"));
  dead[0] = true;
  const Instant died = now;
  run_to(died + 3610ms);
  EXPECT_EQ(state(1), State::Master);
}

TEST_F(Groups, PrioritiesTheOtherWayRoundDoNotFlap) {
  add(150, 100);
  add(100, 150);
  start(0);
  run_to(at(4s));
  ASSERT_EQ(state(0), State::Master);
  start(1);
  const int before = group_moves;
  run_to(at(60s));
  EXPECT_EQ(state(0), State::Master);
  EXPECT_EQ(state(1), State::Backup);
  EXPECT_EQ(group_moves, before);
}

TEST_F(Groups, TwoMastersEachOutrankedOnceDoNotBothWaitForEver) {
  add(150, 100);
  add(100, 150);
  cut[0] = cut[1] = true;
  start(0);
  start(1);
  run_to(at(6s));
  ASSERT_EQ(state(0), State::Master);
  ASSERT_EQ(state(1), State::Master);
  cut[0] = cut[1] = false;
  run_to(at(20s));
  EXPECT_EQ((state(0) == State::Master) + (state(1) == State::Master), 1);
  const int settled = group_moves;
  run_to(at(60s));
  EXPECT_EQ(group_moves, settled);
}

TEST_F(Groups, BothInFaultAndBackNoneForgotten) {
  add(150, 150);
  add(100, 100);
  start(0);
  start(1);
  run_to(at(6s));
  for (std::size_t node : {0U, 1U}) {
    feed(node, 0, FaultRaised{ReasonCode::LinkDown, "down"});
    run_to(now + 2s);
    feed(node, 0, FaultCleared{ReasonCode::LinkDown});
    run_to(now + 2s);
  }
  run_to(now + 6s);
  EXPECT_EQ((state(0) == State::Master) + (state(1) == State::Master), 1);
}

TEST_F(Groups, HigherMasterOnOneTakesAllBack) {
  add(100, 100);
  start(0);
  run_to(at(5s));
  AdvertReceived packet;
  packet.advert = nodes[0].members[1].advert(Priority{150});
  packet.source = address(1, 1);
  feed(0, 1, packet);
  EXPECT_EQ(nodes[0].members[0].state(), State::Backup);
  EXPECT_TRUE(logged("a.1 transition MASTER BACKUP sync_group : VI_2 of group VG: 10.1.0.2 "
                     "advertises priority 150"));
}

TEST_F(Groups, AnOwnerThatRecoversTakesTheOthersAlong) {
  add(100, 255);
  start(0);
  ASSERT_EQ(state(0), State::Master);
  feed(0, 0, FaultRaised{ReasonCode::LinkDown, "interface eth0 went down"});
  feed(0, 0, FaultCleared{ReasonCode::LinkDown});
  EXPECT_EQ(nodes[0].members[0].state(), State::Master);
  EXPECT_EQ(nodes[0].members[1].state(), State::Master);
}

// From seed 538 of the simulation: the resignation was an older master's.
TEST_F(Groups, AResignationBeforeALivingMasterIsNoReason) {
  add(100, 170);
  start(0);
  run_to(at(1s));
  AdvertReceived better;
  better.advert = nodes[0].members[0].advert(Priority{232});
  better.source = address(0, 1);
  AdvertReceived resigned;
  resigned.advert = nodes[0].members[1].advert(Priority{0});
  resigned.source = address(1, 2);
  feed(0, 1, resigned);
  run_to(at(1200ms));
  feed(0, 0, better);
  run_to(at(1900ms));
  EXPECT_EQ(state(0), State::Backup);
}

// From seed 55981: each was left with 254 on one VRID and 255 on the other, and they took turns.
TEST_F(Groups, TwoGroupsOfOwnersSettle) {
  add(255, 255);
  add(255, 255);
  cut[0] = cut[1] = true;
  start(0);
  start(1);
  run_to(at(2s));
  cut[0] = cut[1] = false;
  run_to(at(20s));
  EXPECT_EQ((state(0) == State::Master) + (state(1) == State::Master), 1);
  const int settled = group_moves;
  run_to(at(60s));
  EXPECT_EQ(group_moves, settled);
}

TEST_F(Groups, StopIsNoSyncing) {
  add(100, 100);
  start(0);
  run_to(at(5s));
  GroupOutbox out;
  nodes[0].group->stop(now, out);
  deliver(0, out);
  EXPECT_TRUE(logged("a.2 transition MASTER INIT shut_down"));
  EXPECT_EQ(state(0), State::Init);
}

}  // namespace
}  // namespace alibi::vrrp
