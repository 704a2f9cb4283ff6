// SPDX-License-Identifier: Apache-2.0
// What a daemon tracks decides what it can have acted on: links, scripts, reloads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>

#include "investigate/configured.h"
#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

using evidence::LinkChange;
using evidence::TrackedObject;
using Kind = TrackedObject::Kind;
using ::testing::Contains;
using ::testing::HasSubstr;
using Fill = std::function<void(SceneBuilder&)>;

const LinkChange kEth1Down{1, 3, "eth1", true, false, false, true};
const LinkChange kEth2Down{1, 4, "eth2", true, false, false, true};

Verdict failure_of(SceneBuilder& scene) {
  for (Verdict& verdict : investigate(scene.finish(20'000))) {
    if (verdict.failure) return std::move(verdict);
  }
  return {};
}

std::string code(const Verdict& verdict) { return verdict.cause ? verdict.cause->code : "none"; }

void hangup(SceneBuilder& scene, std::int64_t at, int signal = SIGHUP) {
  evidence::SignalSent sent;
  sent.signal = signal;
  sent.target_pid = 9;
  sent.sender_pid = 77;
  sent.sender_comm = "systemctl";
  scene.event(at, sent);
}

/// Host 1 resigns at 9.6 s.
Verdict resigned(const Fill& fill) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.beats(0, 11'000);
  scene.adverts(1, 0, 9'500, 110);
  scene.advert(1, 9'600, 0);
  scene.adverts(2, 10'200, 20'000, 100);
  fill(scene);
  return failure_of(scene);
}

/// The priority of host 1 falls from 110 to 90 with the advert of 10 s.
Verdict outbid(const Fill& fill) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.beats(0, 12'000);
  scene.adverts(1, 0, 10'000, 110);
  scene.adverts(1, 10'000, 11'000, 90);
  scene.adverts(2, 10'600, 20'000, 100);
  fill(scene);
  return failure_of(scene);
}

/// Host 1 falls silent after the advert of 9 s and waits for its timer.
Verdict silent(const Fill& fill) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.beats(0, 10'000);
  scene.adverts(1, 0, 10'000, 110);
  scene.adverts(2, 12'600, 20'000, 100);
  fill(scene);
  return failure_of(scene);
}

TEST(OtherLink, OneThatIsTrackedAndWentDownJustBeforeIsNamed) {
  const auto at = [](std::int64_t when, LinkChange link) {
    return code(resigned([&](SceneBuilder& scene) {
      scene.config(-5'000, {SceneBuilder::router({{Kind::Interface, "eth1", "", 0, false}})});
      scene.event(when, link);
    }));
  };
  EXPECT_EQ(at(9'590, kEth1Down), "host.net.link_down");
  EXPECT_EQ(at(9'590, kEth2Down), "unknown");
  EXPECT_EQ(at(8'900, kEth1Down), "unknown");  // a resignation comes at once
  EXPECT_EQ(at(9'650, kEth1Down), "unknown");
  EXPECT_EQ(at(9'590, {2, 3, "eth1", true, false, false, true}), "unknown");
  // A link that comes up slowly was never usable.
  EXPECT_EQ(at(9'590, {1, 3, "eth1", true, false, false, false}), "unknown");
}

TEST(OtherLink, OneThatIsNotTrackedIsCleared) {
  const Verdict verdict = resigned([](SceneBuilder& scene) {
    scene.config(-5'000, {SceneBuilder::router({{Kind::File, "f", "/run/f", 0, false}})});
    scene.event(9'590, kEth1Down);
  });
  EXPECT_EQ(code(verdict), "unknown");
  EXPECT_THAT(verdict.exonerated, Contains(HasSubstr("the link eth1")));
  EXPECT_THAT(verdict.cause->missing, Contains(HasSubstr("track_file f without weight (/run/f)")));
}

TEST(OtherLink, WithoutTheConfigurationNoneIsNamed) {
  for (const bool unknown : {false, true}) {
    const Verdict verdict = resigned([&](SceneBuilder& scene) {
      if (unknown) scene.config(-5'000, {}, "keepalived.conf was changed");
      scene.event(9'590, kEth1Down);
    });
    EXPECT_EQ(code(verdict), "unknown");
    EXPECT_TRUE(verdict.exonerated.empty());
    EXPECT_THAT(verdict.cause->missing,
                Contains(HasSubstr(unknown ? "was changed" : "is not recorded")));
  }
}

TEST(OtherLink, AnInterfaceOfAMemberOfItsGroupIsItsOwn) {
  const auto with = [](const std::string& group, bool track_primary) {
    return code(resigned([&](SceneBuilder& scene) {
      auto mine = SceneBuilder::router();
      auto other = SceneBuilder::router();
      mine.sync_group = "G";
      other.vrid = 206;
      other.interface = "eth1";
      other.track_primary = track_primary;
      other.sync_group = group;
      scene.config(-5'000, {mine, other});
      scene.event(9'590, kEth1Down);
    }));
  };
  EXPECT_EQ(with("G", true), "host.net.link_down");
  EXPECT_EQ(with("G", false), "unknown");
  EXPECT_EQ(with("H", true), "unknown");
}

TEST(AddressRemoved, OfAMemberOfItsGroupTakesItAlong) {
  const auto with = [](const std::string& group, std::uint32_t removed) {
    return code(resigned([&](SceneBuilder& scene) {
      auto mine = SceneBuilder::router();
      auto other = SceneBuilder::router();
      mine.sync_group = "G";
      other.vrid = 206;
      other.interface = "eth1";
      other.sync_group = group;
      scene.config(-5'000, {mine, other});
      const std::size_t before = scene.recording.heartbeats.size();
      scene.adverts(1, 0, 9'500, 110);
      for (std::size_t i = before; i < scene.recording.heartbeats.size(); ++i) {
        scene.recording.heartbeats[i].packet.source = wire::IpAddress::v4(0x0a010001);
        scene.recording.heartbeats[i].packet.decoded.advertisement.vrid = Vrid{206};
      }
      scene.event(9'590,
                  evidence::AddressChange{1, 3, "eth1", wire::IpAddress::v4(removed), false});
    }));
  };
  EXPECT_EQ(with("G", 0x0a010001), "host.net.address_removed");
  EXPECT_EQ(with("G", 0x0a010063), "unknown");
  EXPECT_EQ(with("H", 0x0a010001), "unknown");
}

TEST(OtherLink, AWeightMakesNoResignationAndMustBeTheStep) {
  const auto with = [](int weight, bool also_eth2, bool resigns) {
    const Fill fill = [&](SceneBuilder& scene) {
      scene.config(-5'000, {SceneBuilder::router({{Kind::Interface, "eth1", "", weight, false},
                                                  {Kind::Interface, "eth2", "", 5, false}})});
      scene.event(9'590, kEth1Down);
      if (also_eth2) scene.event(9'591, kEth2Down);
    };
    return code(resigns ? resigned(fill) : outbid(fill));
  };
  EXPECT_EQ(with(20, false, false), "host.net.link_down");
  EXPECT_EQ(with(-20, false, false), "host.net.link_down");
  EXPECT_EQ(with(15, true, false), "host.net.link_down");  // both
  EXPECT_EQ(with(15, false, false), "unknown");
  EXPECT_EQ(with(0, false, false), "unknown");  // that would be a FAULT
  EXPECT_EQ(with(20, false, true), "unknown");
}

TEST(OtherLink, TheConfigurationOfThatMomentCounts) {
  const auto track = SceneBuilder::router({{Kind::Interface, "eth1", "", 0, false}});
  auto none = SceneBuilder::router();
  none.settings = 2;
  const auto with = [&](std::int64_t reload_at, bool tracks_after) {
    return code(resigned([&](SceneBuilder& scene) {
      scene.config(-5'000, {tracks_after ? none : track});
      hangup(scene, reload_at);
      scene.config(reload_at, {tracks_after ? track : none});
      scene.event(9'590, kEth1Down);
    }));
  };
  EXPECT_EQ(with(7'000, true), "host.net.link_down");
  EXPECT_EQ(with(7'000, false), "unknown");
  EXPECT_EQ(with(8'800, true), "unknown");  // it may not have come to it yet
  EXPECT_EQ(with(15'000, false), "host.net.link_down");
}

TEST(OtherLink, AReloadWithoutAReadingLeavesItOpen) {
  EXPECT_EQ(
      code(resigned([](SceneBuilder& scene) {
        scene.config(-5'000, {SceneBuilder::router({{Kind::Interface, "eth1", "", 0, false}})});
        hangup(scene, 5'000);
        scene.event(9'590, kEth1Down);
      })),
      "unknown");
  EXPECT_EQ(
      code(resigned([](SceneBuilder& scene) {
        scene.config(-5'000, {SceneBuilder::router({{Kind::Interface, "eth1", "", 0, false}})});
        scene.event(5'000, evidence::EventsLost{"signal", 1, SceneBuilder::ms(4'900).ns});
        scene.event(9'590, kEth1Down);
      })),
      "unknown");
}

TEST(OtherLink, WhoAdvertisesFromTheVirtualMacNeedsItsLink) {
  const auto with = [](std::uint8_t vrid, bool that_link) {
    const wire::MacAddress mac{{0x00, 0x00, 0x5e, 0x00, 0x01, vrid}};
    return code(silent([&](SceneBuilder& scene) {
      for (evidence::Heartbeat& beat : scene.recording.heartbeats) beat.packet.source_mac = mac;
      scene.event(9'500, LinkChange{1, 3, "vrrp4-205", false, false, false, true,
                                    that_link ? mac : wire::MacAddress{}});
    }));
  };
  EXPECT_EQ(with(205, true), "host.net.link_down");
  EXPECT_EQ(with(205, false), "unknown");
  EXPECT_EQ(with(206, true), "unknown");
}

TEST(OwnLink, WhoDoesNotTrackItResignsForAnotherReason) {
  const auto with = [](bool track_primary) {
    return code(resigned([&](SceneBuilder& scene) {
      auto router = SceneBuilder::router();
      router.track_primary = track_primary;
      scene.config(-5'000, {router});
      scene.event(9'590, LinkChange{1, 2, "eth0", false, false, false, true});
    }));
  };
  EXPECT_EQ(with(true), "host.net.link_down");
  EXPECT_EQ(with(false), "unknown");
}

TEST(TrackedScript, ItsWeightMustBeTheStep) {
  const auto with = [](const std::string& command, int weight, bool resigns) {
    const Fill fill = [&](SceneBuilder& scene) {
      scene.config(-5'000, {SceneBuilder::router({{Kind::Script, "chk", command, weight, false}})});
      scene.script(8'200, 50, 0);
      scene.script(9'400, 51, 1);
    };
    return code(resigns ? resigned(fill) : outbid(fill));
  };
  EXPECT_EQ(with("killall -0 haproxy", -20, false), "service.down");
  EXPECT_EQ(with("/usr/bin/killall -0 haproxy", 20, false), "service.down");
  EXPECT_EQ(with("killall -0 haproxy", -5, false), "unknown");
  EXPECT_EQ(with("killall -0 haproxy", 0, false), "unknown");
  EXPECT_EQ(with("killall -0 nginx", -20, false), "unknown");
  EXPECT_EQ(with("killall -0 haproxy", 0, true), "service.down");
  EXPECT_EQ(with("killall -0 haproxy", -20, true), "unknown");
}

TEST(Reload, ASilenceNeedsAChange) {
  const auto with = [](bool read, bool changed) {
    return silent([&](SceneBuilder& scene) {
      auto router = SceneBuilder::router();
      if (read) scene.config(-5'000, {router});
      hangup(scene, 9'400);
      router.settings = changed ? 2 : 1;
      if (read) scene.config(9'400, {router});
    });
  };
  EXPECT_EQ(code(with(true, true)), "admin.reloaded");
  const Verdict same = with(true, false);
  EXPECT_EQ(code(same), "unknown");
  EXPECT_THAT(same.exonerated, Contains(HasSubstr("changed no setting of VI")));
  const Verdict not_read = with(false, false);
  EXPECT_EQ(code(not_read), "unknown");
  EXPECT_THAT(not_read.cause->missing, Contains(HasSubstr("what the reload changed")));
}

TEST(Reload, ALowerPriorityIsTheConfiguredOnes) {
  const auto with = [](int priority, std::int32_t settings) {
    return code(outbid([&](SceneBuilder& scene) {
      auto router = SceneBuilder::router();
      scene.config(-5'000, {router});
      hangup(scene, 9'400);
      router.priority = priority;
      router.settings = settings;
      scene.config(9'400, {router});
    }));
  };
  EXPECT_EQ(with(90, 2), "admin.reloaded");
  EXPECT_EQ(with(110, 1), "unknown");
  EXPECT_EQ(with(110, 2), "unknown");
  EXPECT_EQ(with(105, 2), "unknown");
}

TEST(Reload, OneThatChangedNothingLeavesTheStop) {
  const auto with = [](std::int32_t settings) {
    return code(resigned([&](SceneBuilder& scene) {
      auto router = SceneBuilder::router();
      scene.config(-5'000, {router});
      hangup(scene, 9'550);
      router.settings = settings;
      scene.config(9'550, {router});
      hangup(scene, 9'598, SIGTERM);
    }));
  };
  EXPECT_EQ(with(1), "admin.stopped");
  EXPECT_EQ(with(2), "unknown");
}

TEST(Clock, OneThatIsSetInTheGapIsCleared) {
  const auto with = [](const char* clock, std::int64_t at) {
    return silent([&](SceneBuilder& scene) {
             scene.event(at, evidence::ClockJump{clock, -3'200'000'000, 0, 0});
           })
        .exonerated;
  };
  EXPECT_THAT(with("realtime", 10'000), Contains(HasSubstr("set back by 3.200 s")));
  EXPECT_TRUE(std::ranges::none_of(with("realtime", 2'000), [](const std::string& line) {
    return line.starts_with("the clock");
  }));
  EXPECT_TRUE(std::ranges::none_of(
      with("rtc", 10'000), [](const std::string& line) { return line.starts_with("the clock"); }));
}

TEST(Configured, StepsAreSumsButAtTheEnds) {
  EXPECT_TRUE(explains_step(20, Priority{110}, Priority{90}));
  EXPECT_FALSE(explains_step(20, Priority{110}, Priority{95}));
  EXPECT_FALSE(explains_step(0, Priority{110}, Priority{110}));
  EXPECT_TRUE(explains_step(200, Priority{110}, Priority{1}));
  EXPECT_TRUE(explains_step(30, Priority{254}, Priority{240}));
  EXPECT_FALSE(explains_step(5, Priority{110}, Priority{1}));
}

}  // namespace
}  // namespace alibi::investigate
