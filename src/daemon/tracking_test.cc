// SPDX-License-Identifier: Apache-2.0
// Which instance counts which object how, what follows from its state, and changes of interfaces
// that have to last.
#include "daemon/tracking.h"

#include <gtest/gtest.h>

#include "daemon/script_output.h"
#include "daemon/testing.h"
#include "daemon/up_down_delays.h"

namespace alibi::daemon {
namespace {

constexpr Instant at(Duration d) { return Instant{} + d; }

config::Track line(const std::string& name, std::optional<int> weight = {}) {
  config::Track track;
  track.name = name;
  track.weight = weight;
  return track;
}

/// Two instances; the first tracks a script (+2), a file, a process and an interface.
config::Settings settings() {
  auto out = story_settings();
  config::TrackedFile file;
  file.name = "maintenance";
  out.files = {file};
  config::TrackedProcess process;
  process.name = "haproxy";
  out.processes = {process};
  auto& tracks = out.instances[0].tracks.edit();
  tracks.scripts = {line("chk_haproxy")};
  tracks.files = {line("maintenance", -1)};
  tracks.processes = {line("haproxy")};
  tracks.interfaces = {line("eth1", -10)};
  out.instances.push_back(out.instances[0]);
  out.instances[1].vrrp.name = "other";
  out.instances[1].tracks = {};
  return out;
}

TrackState news(std::size_t object, std::uint32_t sequence, TrackHealth health, int value = 0) {
  TrackState state;
  state.object = static_cast<int>(object);
  state.sequence = sequence;
  state.health = health;
  state.value = value;
  state.why = "object " + std::to_string(object);
  return state;
}

class TrackingOf : public testing::Test {
 protected:
  config::Settings settings_ = settings();
  SharedPage page_ = std::move(*SharedPage::create(2, 8));
  Tracking tracking_{settings_, page_};
  std::size_t object(TrackKind kind, std::string_view name) const {
    return *tracking_.objects().find(kind, name);
  }
  int priority() { return tracking_.weigh(0, Priority{100}).effective.value; }
};

TEST_F(TrackingOf, PriorityIsTheSumOverAllKinds) {
  EXPECT_EQ(priority(), 100);
  EXPECT_TRUE(tracking_.take(news(object(TrackKind::Script, "chk_haproxy"), 1, TrackHealth::Up)));
  EXPECT_EQ(priority(), 102);
  EXPECT_TRUE(tracking_.take(news(object(TrackKind::File, "maintenance"), 1, TrackHealth::Up, 30)));
  EXPECT_EQ(priority(), 72);
  EXPECT_TRUE(tracking_.take_interface(object(TrackKind::Interface, "eth1"), false));
  EXPECT_EQ(priority(), 62);
  EXPECT_EQ(tracking_.summary(0), "object 0; object 1; interface eth1 is down");
  EXPECT_EQ(tracking_.weigh(1, Priority{100}).effective.value, 100);
}

TEST_F(TrackingOf, WeightZeroForbidsAndIsWaitedFor) {
  const auto process = object(TrackKind::Process, "haproxy");
  EXPECT_FALSE(tracking_.complete(0));
  EXPECT_TRUE(tracking_.complete(1));
  EXPECT_FALSE(tracking_.weigh(0, Priority{100}).fault);
  tracking_.take(news(process, 1, TrackHealth::Down));
  EXPECT_TRUE(tracking_.complete(0));
  const auto outcome = tracking_.weigh(0, Priority{100});
  EXPECT_TRUE(outcome.fault);
  EXPECT_EQ(outcome.fault_because, "object " + std::to_string(process));
  tracking_.take(news(process, 2, TrackHealth::Disabled));
  EXPECT_TRUE(tracking_.complete(0));
  EXPECT_FALSE(tracking_.weigh(0, Priority{100}).fault);
}

TEST_F(TrackingOf, OnlyNewerNewsCounts) {
  const auto file = object(TrackKind::File, "maintenance");
  EXPECT_TRUE(tracking_.take(news(file, 5, TrackHealth::Up, 1)));
  EXPECT_FALSE(tracking_.take(news(file, 4, TrackHealth::Up, 9)));
  EXPECT_FALSE(tracking_.take(news(file, 6, TrackHealth::Up, 1)));
  EXPECT_EQ(priority(), 99);
  EXPECT_TRUE(tracking_.take(news(file, 7, TrackHealth::Up, 2)));
  EXPECT_FALSE(tracking_.take(news(99, 1, TrackHealth::Up)));
}

TEST_F(TrackingOf, APageRemembersForTheNextKeeper) {
  page_.set_tracked(object(TrackKind::Process, "haproxy"),
                    news(object(TrackKind::Process, "haproxy"), 3, TrackHealth::Down));
  tracking_.take_interface(object(TrackKind::Interface, "eth1"), false);
  Tracking next(settings_, page_);
  next.recall();
  EXPECT_TRUE(next.weigh(0, Priority{100}).fault);
  EXPECT_EQ(next.weigh(0, Priority{100}).effective.value, 90);
}

TEST(TrackedObjects, SyncGroupsCountWithoutWeightsUnlessTheySaySo) {
  auto in = settings();
  config::SyncGroup group;
  group.members = {0, 1};
  group.tracks.interfaces = {line("eth2")};
  group.tracks.scripts = {line("chk_haproxy", 20)};
  in.groups = {group};
  const TrackedObjects plain(in);
  // Of the first only the process and the group's interface are left, of the second the latter.
  EXPECT_EQ(plain.bindings(0).size(), 2U);
  EXPECT_EQ(plain.bindings(1).size(), 1U);
  EXPECT_FALSE(plain[*plain.find(TrackKind::Script, "chk_haproxy")].used);
  EXPECT_EQ(plain.remarks().size(), 5U);
  EXPECT_EQ(plain.dependents(*plain.find(TrackKind::Interface, "eth2")),
            (std::vector<std::size_t>{0, 1}));
  in.groups[0].tracking_weight = true;
  const TrackedObjects weighted(in);
  EXPECT_EQ(weighted.bindings(0).size(), 5U);  // the script once, as the group counts it
  EXPECT_EQ(weighted.bindings(0)[0].weight, 20);
  EXPECT_TRUE(weighted.remarks().empty());
}

TEST(UpDownDelays, AChangeCountsWhenItLasts) {
  auto in = settings();
  in.up_down_delays = {{"eth0", 1500ms, 500ms, {}}};
  UpDownDelays delays(in);
  EXPECT_TRUE(delays.heard("eth0", true, at(0s)));
  EXPECT_FALSE(delays.heard("eth9", false, at(0s)));  // no delay, counts at once
  EXPECT_TRUE(delays.heard("eth0", false, at(1s)));
  EXPECT_EQ(delays.next(), at(2500ms));
  EXPECT_TRUE(delays.heard("eth0", true, at(2s)));  // came back in time
  EXPECT_EQ(delays.next(), kNever);
  EXPECT_TRUE(delays.heard("eth0", false, at(3s)));
  EXPECT_TRUE(delays.due(at(4s)).empty());
  ASSERT_EQ(delays.due(at(4500ms)).size(), 1U);
  EXPECT_FALSE(delays.heard("eth0", false, at(4500ms)));
  EXPECT_FALSE(delays.heard("eth0", true, at(5s)));
  EXPECT_TRUE(delays.heard("eth0", true, at(5500ms)));
}

TEST(UpDownDelays, ShorterThanABackupSurvives) {
  auto in = settings();
  in.up_down_delays = {{"eth0", 30s, 30s, {}}};
  UpDownDelays delays(in);
  delays.heard("eth0", true, at(0s));
  delays.heard("eth0", false, at(0s));
  EXPECT_EQ(delays.next(), at(2s));  // (3 - 1) adverts of 1 s
}

TEST(FirstLines, AreFewShortAndHarmless) {
  EXPECT_EQ(first_lines("cannot connect\n\n  refused \r\nthree\nfour\n"),
            "cannot connect /   refused / three");
  EXPECT_EQ(first_lines("a\tb\x1b[31m\xff\xc3\xa4"), "a b?[31m?\xc3\xa4");
  EXPECT_EQ(first_lines(std::string(500, 'x')), std::string(157, 'x') + "...");
  EXPECT_EQ(first_lines(""), "");
}

}  // namespace
}  // namespace alibi::daemon
