// SPDX-License-Identifier: Apache-2.0
// Two routers that do not heed each other, a daemon that read its configuration anew, one that
// acted on another link.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <functional>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

using Change = std::function<void(wire::VrrpPacket&)>;

/// Host 1 is master all the time; host 2 begins at 10.3 s all the same. `change` is done to the
/// adverts of host `whose`.
std::vector<Verdict> quarrel(int whose, const Change& change, int second_priority = 100) {
  SceneBuilder scene(2);
  scene.adverts(1, 0, 20'000, 110);
  scene.adverts(2, 10'300, 20'000, second_priority);
  for (evidence::Heartbeat& beat : scene.recording.heartbeats) {
    beat.packet.decoded.advertisement.addresses = {wire::IpAddress::v4(0x0a000064)};
    if (beat.packet.source == wire::IpAddress::v4(0x0a000000U + static_cast<unsigned>(whose))) {
      change(beat.packet);
    }
  }
  return investigate(scene.finish(20'000));
}

std::string code_of(const std::vector<Verdict>& verdicts) {
  if (verdicts.empty()) return "nothing";
  return verdicts.front().cause ? verdicts.front().cause->code : "no failure";
}

TEST(Disagreement, PasswordsThatDiffer) {
  const auto verdicts = quarrel(2, [](wire::VrrpPacket& packet) {
    packet.decoded.advertisement.auth_type = wire::AuthType::Pass;
    packet.decoded.advertisement.auth_data = {'x'};
  });
  EXPECT_EQ(code_of(verdicts), "config.mismatch");
  const auto other = quarrel(1, [](wire::VrrpPacket& packet) {
    packet.decoded.advertisement.auth_type = wire::AuthType::Pass;
  });
  EXPECT_EQ(code_of(other), "config.mismatch");
}

TEST(Disagreement, PasswordsAreNoMatterOfVersion3) {
  SceneBuilder scene(2);
  scene.adverts(1, 0, 20'000, 110);
  scene.adverts(2, 10'300, 20'000, 100);
  for (evidence::Heartbeat& beat : scene.recording.heartbeats) {
    beat.packet.decoded.advertisement.version = 3;
    if (beat.packet.source == wire::IpAddress::v4(0x0a000002)) {
      beat.packet.decoded.advertisement.auth_data = {'x'};
      beat.packet.decoded.advertisement.interval = 1500ms;  // learned from the master in v3
    }
  }
  EXPECT_EQ(code_of(investigate(scene.finish(20'000))), "unknown");
}

TEST(Disagreement, IntervalsOfVersion2ThatDiffer) {
  EXPECT_EQ(code_of(quarrel(
                2, [](wire::VrrpPacket& packet) { packet.decoded.advertisement.interval = 3s; })),
            "config.mismatch");
}

TEST(Disagreement, TtlCountsForMulticastOnly) {
  EXPECT_EQ(code_of(quarrel(1, [](wire::VrrpPacket& packet) { packet.ttl = 64; })), "peer.rejects");
  EXPECT_EQ(code_of(quarrel(1,
                            [](wire::VrrpPacket& packet) {
                              packet.ttl = 64;
                              packet.destination = wire::IpAddress::v4(0x0a000002);
                            })),
            "unknown");
}

TEST(Disagreement, AddressesThatDiffer) {
  const auto more = [](wire::VrrpPacket& packet) {
    packet.decoded.advertisement.addresses.push_back(wire::IpAddress::v4(0x0a000065));
  };
  EXPECT_EQ(code_of(quarrel(2, more)), "config.mismatch");
  const auto others = [](wire::VrrpPacket& packet) {
    packet.decoded.advertisement.addresses = {wire::IpAddress::v4(0x0a000065)};
  };
  EXPECT_EQ(code_of(quarrel(2, others)), "config.duplicate_vrid");
}

TEST(Disagreement, APairWhoseListWasChangedOnOneSideIsNoStranger) {
  SceneBuilder scene(2);
  scene.adverts(1, 0, 20'000, 110);
  scene.adverts(2, 10'300, 20'000, 100);
  for (evidence::Heartbeat& beat : scene.recording.heartbeats) {
    const bool renumbered =
        beat.packet.source == wire::IpAddress::v4(0x0a000001) && beat.at > SceneBuilder::ms(6'500);
    beat.packet.decoded.advertisement.addresses = {
        wire::IpAddress::v4(renumbered ? 0x0a0000c8 : 0x0a000064)};
  }
  const auto verdicts = investigate(scene.finish(20'000));
  EXPECT_EQ(code_of(verdicts), "config.mismatch");
  EXPECT_THAT(verdicts.front().cause->evidence,
              testing::Contains(testing::HasSubstr("the last advert of 10.0.0.1 in which it was "
                                                   "otherwise")));
}

/// Host 2, set otherwise than host 1, is master until 5 s, hears host 1 from then on, and begins
/// again at `again_ms`, though host 1 still advertises.
std::string once_heeded(std::int64_t again_ms, const Change& otherwise) {
  SceneBuilder scene(2);
  scene.adverts(2, 0, 5'000, 100);
  scene.adverts(1, 4'900, 30'000, 110);
  scene.adverts(2, again_ms, 30'000, 100);
  for (evidence::Heartbeat& beat : scene.recording.heartbeats) {
    beat.packet.decoded.advertisement.addresses = {wire::IpAddress::v4(0x0a000064)};
    if (beat.packet.source == wire::IpAddress::v4(0x0a000002)) otherwise(beat.packet);
  }
  for (const Verdict& verdict : investigate(scene.finish(30'000))) {
    if (verdict.incident.kind == Kind::Conflict) return verdict.cause->code;
  }
  return "no conflict";
}

TEST(Disagreement, WhatWasHeededBeforeIsNoReasonNow) {
  const auto longer_list = [](wire::VrrpPacket& packet) {
    packet.decoded.advertisement.addresses.push_back(wire::IpAddress::v4(0x0a000065));
  };
  const auto password = [](wire::VrrpPacket& packet) {
    packet.decoded.advertisement.auth_type = wire::AuthType::Pass;
  };
  EXPECT_EQ(once_heeded(15'300, longer_list), "unknown");
  EXPECT_EQ(once_heeded(15'300, password), "unknown");
  // Silent for no longer than its timer runs: it may have heeded none of them.
  EXPECT_EQ(once_heeded(8'300, longer_list), "config.mismatch");
  EXPECT_EQ(once_heeded(8'300, password), "config.mismatch");
}

TEST(Disagreement, ABetterStrangerThatIsHeededIsAFailureStill) {
  SceneBuilder scene(2);
  scene.adverts(1, 0, 10'000, 110);
  scene.adverts(2, 9'300, 20'000, 120);
  for (evidence::Heartbeat& beat : scene.recording.heartbeats) {
    const bool first = beat.packet.source == wire::IpAddress::v4(0x0a000001);
    beat.packet.decoded.advertisement.addresses = {
        wire::IpAddress::v4(first ? 0x0a000064 : 0x0a000065)};
  }
  EXPECT_EQ(code_of(investigate(scene.finish(20'000))), "config.duplicate_vrid");
}

TEST(Disagreement, AdvertsThatAgreeAccuseNobody) {
  EXPECT_EQ(code_of(quarrel(1, [](wire::VrrpPacket&) {})), "unknown");
  // Outbid, and it went on: something failed, and the adverts do not say what.
  EXPECT_EQ(code_of(quarrel(
                1, [](wire::VrrpPacket&) {}, 120)),
            "unknown");
}

TEST(Disagreement, OneThatWasOutbidAndDoesNotHeedIt) {
  EXPECT_EQ(code_of(quarrel(
                2,
                [](wire::VrrpPacket& packet) {
                  packet.decoded.advertisement.auth_type = wire::AuthType::Pass;
                },
                120)),
            "config.mismatch");
}

TEST(Disagreement, TakingTurnsIsTheSameQuarrel) {
  SceneBuilder scene(2);
  scene.adverts(1, 0, 10'500, 110);
  scene.adverts(2, 10'300, 13'500, 100);
  scene.adverts(1, 13'900, 20'000, 110);
  for (evidence::Heartbeat& beat : scene.recording.heartbeats) {
    if (beat.packet.source == wire::IpAddress::v4(0x0a000002)) {
      beat.packet.decoded.advertisement.auth_data = {'x'};
      beat.packet.decoded.advertisement.auth_type = wire::AuthType::Pass;
    }
  }
  const std::vector<Verdict> verdicts = investigate(scene.finish(20'000));
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[1].incident.kind, Kind::Preemption);
  ASSERT_TRUE(verdicts[1].cause);
  EXPECT_EQ(verdicts[1].cause->code, "config.mismatch");
}

evidence::SignalSent hangup(std::int32_t sender = 77) {
  evidence::SignalSent sent;
  sent.signal = SIGHUP;
  sent.target_pid = 9;
  sent.sender_pid = sender;
  sent.sender_comm = "systemctl";
  return sent;
}

/// The only router of host 1 has this priority in its file by now, and had 110; SIGHUP at `at`.
void reload(SceneBuilder& scene, std::int64_t at, int priority, std::int32_t by = 77) {
  evidence::ConfiguredRouter after = SceneBuilder::router();
  after.priority = priority;
  after.settings = 2;
  scene.config(-5'000, {SceneBuilder::router()});
  scene.event(at, hangup(by));
  scene.config(at, {after});
}

/// Host 1's keepalived advertises 110 until 9 s, from 10 s on 90; host 2 outbids it.
std::string fallen(std::int64_t at, std::int32_t by = 77) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.beats(0, 12'000);
  scene.adverts(1, 0, 10'000, 110);
  scene.adverts(1, 10'000, 11'000, 90);
  scene.adverts(2, 10'600, 20'000, 100);
  reload(scene, at, 90, by);
  return code_of(investigate(scene.finish(20'000)));
}

TEST(Reload, ALowerPriorityAfterIt) {
  EXPECT_EQ(fallen(9'500), "admin.reloaded");
  EXPECT_EQ(fallen(7'500), "unknown");     // adverts of the old priority followed it
  EXPECT_EQ(fallen(10'300), "unknown");    // it had fallen by then
  EXPECT_EQ(fallen(9'500, 9), "unknown");  // the daemon's own parent passes it on
}

TEST(Reload, AScriptThatFailedAsWellLeavesItOpen) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.beats(0, 12'000);
  scene.script(8'200, 50, 0);
  scene.script(9'200, 51, 1);
  scene.adverts(1, 0, 10'000, 110);
  scene.adverts(1, 10'000, 11'000, 90);
  scene.adverts(2, 10'600, 20'000, 100);
  scene.event(9'500, hangup());
  EXPECT_EQ(code_of(investigate(scene.finish(20'000))), "unknown");
}

TEST(Reload, AnInstanceThatIsGone) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.beats(0, 11'000);
  scene.adverts(1, 0, 10'000, 110);
  scene.advert(1, 9'600, 0);
  scene.adverts(2, 10'200, 20'000, 100);
  scene.config(-5'000, {SceneBuilder::router()});
  scene.event(9'500, hangup());
  scene.config(9'500, {});
  EXPECT_EQ(code_of(investigate(scene.finish(20'000))), "admin.reloaded");
}

TEST(Reload, WithoutReadingsNobodyIsNamed) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.beats(0, 12'000);
  scene.adverts(1, 0, 10'000, 110);
  scene.adverts(1, 10'000, 11'000, 90);
  scene.adverts(2, 10'600, 20'000, 100);
  scene.event(9'500, hangup());
  const auto verdicts = investigate(scene.finish(20'000));
  ASSERT_EQ(code_of(verdicts), "unknown");
  EXPECT_THAT(verdicts.front().cause->missing,
              testing::Contains(testing::HasSubstr("what the reload changed")));
}

TEST(Reload, AScriptThatGoesOnFailingHadItsStepBefore) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.beats(0, 12'000);
  scene.script(6'200, 50, 0);
  for (std::int64_t t = 7'200; t < 10'000; t += 1000) {
    scene.script(t, 51 + static_cast<std::int32_t>(t / 1000), 1);
  }
  scene.adverts(1, 0, 8'000, 110);
  scene.adverts(1, 8'000, 10'000, 105);
  scene.adverts(1, 10'000, 11'000, 90);
  scene.adverts(2, 10'600, 20'000, 100);
  reload(scene, 9'500, 95);
  EXPECT_EQ(code_of(investigate(scene.finish(20'000))), "admin.reloaded");
}

TEST(Reload, TheStepThatMattersIsItsAndNotTheScriptsBefore) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.beats(0, 12'000);
  scene.script(6'200, 50, 0);
  scene.script(7'200, 51, 1);
  scene.adverts(1, 0, 8'000, 110);
  scene.adverts(1, 8'000, 10'000, 105);  // still above the other
  scene.adverts(1, 10'000, 11'000, 90);
  scene.adverts(2, 10'600, 20'000, 100);
  reload(scene, 9'500, 95);
  const auto verdicts = investigate(scene.finish(20'000));
  EXPECT_EQ(code_of(verdicts), "admin.reloaded");
  EXPECT_EQ(verdicts.front().incident.fell_from, Priority{105});
}

TEST(OtherLink, WhoIsToldToEndResignsInAnyCase) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.beats(0, 11'000);
  scene.adverts(1, 0, 9'500, 110);
  scene.advert(1, 9'600, 0);
  scene.adverts(2, 10'200, 20'000, 100);
  scene.event(9'550, evidence::LinkChange{1, 3, "eth1", true, false, false, true});
  evidence::SignalSent sent = hangup();
  sent.signal = SIGTERM;
  scene.event(9'598, sent);
  EXPECT_EQ(code_of(investigate(scene.finish(20'000))), "admin.stopped");
}

TEST(OwnLink, AHostThatShutsDownStopsItsDaemonFirst) {
  for (const std::int64_t link_at : {9'590, 9'650}) {
    SceneBuilder scene(2);
    scene.keepalived();
    scene.beats(0, 11'000);
    scene.adverts(1, 0, 9'500, 110);
    scene.advert(1, 9'600, 0);
    scene.adverts(2, 10'200, 20'000, 100);
    scene.event(link_at, evidence::LinkChange{1, 2, "eth0", false, false, false, true});
    evidence::SignalSent sent = hangup();
    sent.signal = SIGTERM;
    scene.event(9'598, sent);
    EXPECT_EQ(code_of(investigate(scene.finish(20'000))),
              link_at < 9'600 ? "unknown" : "admin.stopped");
  }
}

TEST(Address, TheSourceOfAdvertsIsTakenAway) {
  const auto code = [](std::int64_t at, std::uint32_t address, bool added) {
    SceneBuilder scene(2);
    scene.keepalived();
    scene.beats(0, 11'000);
    scene.adverts(1, 0, 9'500, 110);
    scene.advert(1, 9'600, 0);
    scene.adverts(2, 10'200, 20'000, 100);
    scene.event(at, evidence::AddressChange{1, 2, "eth0", wire::IpAddress::v4(address), added});
    return code_of(investigate(scene.finish(20'000)));
  };
  EXPECT_EQ(code(9'598, 0x0a000001, false), "host.net.address_removed");
  EXPECT_EQ(code(9'598, 0x0a000001, true), "unknown");
  EXPECT_EQ(code(9'598, 0x0a000064, false), "unknown");  // who resigns takes these off itself
  EXPECT_EQ(code(8'900, 0x0a000001, false), "unknown");
  EXPECT_EQ(code(9'650, 0x0a000001, false), "unknown");
}

}  // namespace
}  // namespace alibi::investigate
