// SPDX-License-Identifier: Apache-2.0
// Snapshot and restore: exact with the same parameters, and right about every change of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "vrrp/instance.h"
#include "vrrp/text.h"

namespace alibi::vrrp {
namespace {

wire::IpAddress ip(std::uint8_t last) { return wire::IpAddress::v4(0x0A000000U + last); }
constexpr Instant at(Duration d) { return Instant{1'000'000'000'000} + d; }

Parameters parameters(std::uint8_t version = 2) {
  Parameters p;
  p.name = "VI_1";
  p.vrid = Vrid{51};
  p.version = version;
  p.addresses = {ip(100)};
  return p;
}

AdvertReceived advert(std::uint8_t priority, Duration interval = 1s, std::uint8_t version = 2) {
  AdvertReceived packet;
  packet.advert = {version, Vrid{51}, Priority{priority}, interval, {}, {}, {ip(100)}};
  packet.source = ip(2);
  return packet;
}

struct Restore : testing::Test {
  void start(const Parameters& p) {
    instance.emplace(p);
    feed(SourceAddress{ip(1)}, at(0s));
    feed(Start{}, at(0s));
  }
  void master(const Parameters& p) {
    start(p);
    feed(TimerExpired{}, instance->next_timer());
    ASSERT_EQ(instance->state(), State::Master);
  }
  void feed(const Input& input, Instant now) {
    Outbox out;
    instance->handle(input, now, out);
  }
  /// Replaces the instance by its restored self and gives what that put out.
  Outbox restore(const Parameters& p, Instant now) {
    Outbox out;
    instance.emplace(Instance::restored(p, instance->snapshot(), now, out));
    return out;
  }
  std::optional<Instance> instance;
};

TEST_F(Restore, SameParametersExactlyTheSameInEveryState) {
  for (const State state : {State::Init, State::Backup, State::Master, State::Fault}) {
    instance.emplace(parameters());
    if (state != State::Init) start(parameters());
    if (state == State::Master) feed(TimerExpired{}, instance->next_timer());
    if (state == State::Fault) {
      feed(FaultRaised{ReasonCode::TrackFailed, "script x failed: 100% \"sure\"\n"}, at(1s));
    }
    ASSERT_EQ(instance->state(), state);
    const InstanceSnapshot before = instance->snapshot();
    EXPECT_TRUE(restore(parameters(), at(2s)).empty());
    EXPECT_EQ(instance->snapshot(), before) << text(state);
    const auto read = parse_snapshot(print(before));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, before) << print(before);
  }
}

TEST_F(Restore, SnapshotTextNamesWhatIsMissing) {
  instance.emplace(parameters());
  std::string line = print(instance->snapshot());
  EXPECT_FALSE(parse_snapshot(line.substr(0, line.rfind(' '))));
  EXPECT_FALSE(parse_snapshot("nonsense"));
  line.replace(line.find("state=0"), 7, "state=9");
  const auto read = parse_snapshot(line);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("'state'"), std::string::npos);
}

TEST_F(Restore, BackupKeepsTheTimeItHasWaited) {
  start(parameters());
  feed(advert(150), at(1s));
  Parameters changed = parameters();
  changed.base_priority = Priority{228};  // skew 28/256 s instead of 156/256 s
  EXPECT_TRUE(restore(changed, at(2s)).empty());
  EXPECT_EQ(instance->next_timer(), at(4109375us));
  changed.down_timer_adverts = 5;
  EXPECT_TRUE(restore(changed, at(2s)).empty());
  EXPECT_EQ(instance->next_timer(), at(6109375us));
}

TEST_F(Restore, WhatTrackersAddedIsKeptUntilTheySaySo) {
  start(parameters());
  feed(PriorityChanged{Priority{110}, "script x succeeded"}, at(1s));
  Parameters changed = parameters();
  changed.base_priority = Priority{250};
  restore(changed, at(2s));
  EXPECT_EQ(instance->effective_priority(), Priority{254});
  changed.base_priority = Priority{50};
  restore(changed, at(2s));
  EXPECT_EQ(instance->effective_priority(), Priority{54});
}

TEST_F(Restore, MasterStaysAndTellsTheOthersWhatChanged) {
  master(parameters());
  Parameters changed = parameters();
  changed.base_priority = Priority{90};
  changed.addresses.push_back(ip(101));
  const Outbox out = restore(changed, at(4s));
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(print(out[0]), "send prio 90");
  EXPECT_EQ(print(out[1]), "garp 5");
  EXPECT_EQ(instance->state(), State::Master);
  EXPECT_EQ(instance->snapshot().advert.addresses.size(), 2U);
  EXPECT_EQ(instance->snapshot().memory.advert_timer, at(5s));
}

TEST_F(Restore, MasterWithNothingToTellSendsWhenItWasDue) {
  master(parameters());
  const Instant due = instance->next_timer();
  Parameters changed = parameters();
  changed.preempt = false;
  changed.garp_master_refresh = 2s;
  EXPECT_TRUE(restore(changed, at(4s)).empty());
  EXPECT_EQ(instance->next_timer(), due);
  EXPECT_EQ(instance->snapshot().memory.refresh_timer, at(6s));
  changed.garp_master_refresh = 0s;
  restore(changed, at(4s));
  EXPECT_EQ(instance->snapshot().memory.refresh_timer, kNever);
}

TEST_F(Restore, V3BackupKeepsTheLearnedInterval) {
  start(parameters(3));
  feed(advert(150, 100ms, 3), at(1s));
  Parameters changed = parameters(3);
  changed.advert_interval = 2s;
  restore(changed, at(1s));
  EXPECT_EQ(instance->next_timer(), at(1s + 360937us)) << "the master still sends every 0.1 s";
}

TEST_F(Restore, V3MasterIsExactAlsoAfterAnotherInterval) {
  start(parameters(3));
  feed(advert(150, 100ms, 3), at(1s));
  feed(TimerExpired{}, instance->next_timer());
  ASSERT_EQ(instance->state(), State::Master);
  const InstanceSnapshot before = instance->snapshot();
  restore(parameters(3), at(2s));
  EXPECT_EQ(instance->snapshot(), before);
}

TEST_F(Restore, BackupWithoutAMasterWaitsByTheNewInterval) {
  start(parameters(3));
  Parameters changed = parameters(3);
  changed.advert_interval = 100ms;
  restore(changed, at(100ms));
  EXPECT_EQ(instance->next_timer(), at(360937us));
}

TEST_F(Restore, PreemptDelayMovesWithItsLength) {
  Parameters p = parameters();
  p.preempt_delay = 20s;
  start(p);
  feed(advert(50), at(1s));
  EXPECT_EQ(instance->snapshot().memory.preempt_until, at(21s));
  p.preempt_delay = 5s;
  restore(p, at(2s));
  EXPECT_EQ(instance->snapshot().memory.preempt_until, at(6s));
  p.preempt = false;
  restore(p, at(2s));
  EXPECT_EQ(instance->snapshot().memory.preempt_until, kNever);
}

TEST_F(Restore, ABackupMadeOwnerTakesOverAtOnce) {
  start(parameters());
  feed(advert(150), at(1s));
  Parameters owner = parameters();
  owner.base_priority = Priority{255};
  EXPECT_TRUE(restore(owner, at(2s)).empty());
  EXPECT_EQ(instance->next_timer(), at(2s));
  Outbox out;
  instance->handle(TimerExpired{}, at(2s), out);
  EXPECT_EQ(instance->state(), State::Master);
  const auto* became = std::get_if<Transition>(&out.back());
  ASSERT_NE(became, nullptr);
  EXPECT_EQ(became->reason.code, ReasonCode::AddressOwner);
}

TEST_F(Restore, AnotherRouterBeginsAnew) {
  master(parameters());
  Parameters other = parameters();
  other.vrid = Vrid{52};
  EXPECT_FALSE(continues(other, instance->snapshot()));
  EXPECT_TRUE(restore(other, at(4s)).empty());
  EXPECT_EQ(instance->state(), State::Init);
}

}  // namespace
}  // namespace alibi::vrrp
