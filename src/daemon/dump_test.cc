// SPDX-License-Identifier: Apache-2.0
// Dumps and status from a page that a keeper might have filled.
#include "daemon/dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <nlohmann/json.hpp>

#include "daemon/dump_writer.h"
#include "daemon/status.h"
#include "daemon/testing.h"

namespace alibi::daemon {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class Dumps : public testing::Test {
 protected:
  Dumps() : settings_(story_settings()), page_(*SharedPage::create(1, 1)) {
    settings_.instances[0].tracks.edit().scripts = {{"chk_haproxy", {}, {}, {}}};
    Pulse pulse;
    pulse.state = vrrp::State::Master;
    pulse.priority = 103;
    pulse.has_addresses = 1;
    pulse.next_timer_ns = 5'500'000'000;
    pulse.master_down_ns = 3'597'656'000;
    pulse.source = *wire::IpAddress::parse("192.168.205.2");
    page_.instance(0).pulse.publish(pulse);
    page_.instance(0).state.store(static_cast<std::uint8_t>(vrrp::State::Master));
    page_.instance(0).has_addresses.store(1);
    counters_.received = 12;
    counters_.sent = 34;
    counters_.rejected[static_cast<std::size_t>(vrrp::RejectCode::Ttl)] = 5;
    page_.instance(0).traffic.publish(counters_);
    page_.rare(0).refusals.publish(counters_);
    page_.instance(0).last.publish({vrrp::State::Backup, vrrp::State::Master,
                                    vrrp::ReasonCode::MasterSilent, 103, 1'795'474'948'123'456'000,
                                    4'000'000'000,
                                    std::string_view("no advert from 192.168.205.3 for 3.612 s")});
    options_.file = "/etc/keepalived/keepalived.conf";
  }
  View view() {
    return look(settings_, options_, page_, Instant{5'000'000'000}, 1'795'474'949'123'456'000);
  }
  config::Settings settings_;
  RunOptions options_;
  SharedPage page_;
  Counters counters_;
};

TEST_F(Dumps, StatsCountFromTheLastClear) {
  EXPECT_THAT(stats_text(view()),
              HasSubstr("VRRP Instance: loadbalancer\n  Advertisements:\n    Received: 12\n"
                        "    Sent: 34\n  Became master: 0\n"));
  EXPECT_THAT(stats_text(view()), HasSubstr("    TTL: 5\n"));
  page_.rare(0).cleared.publish(counters_);
  counters_.sent = 40;
  page_.instance(0).traffic.publish(counters_);
  EXPECT_THAT(stats_text(view()), HasSubstr("    Received: 0\n    Sent: 6\n"));
}

TEST_F(Dumps, JsonOfBothVersions) {
  const json first = json::parse(json_text(view(), 1));
  ASSERT_TRUE(first.is_array());
  EXPECT_EQ(first[0]["data"]["iname"], "loadbalancer");
  EXPECT_EQ(first[0]["data"]["state"], 2);
  EXPECT_EQ(first[0]["data"]["adver_int"], 1);
  EXPECT_EQ(first[0]["data"]["vips"][0], "192.168.205.7 dev eth0 scope global set");
  EXPECT_DOUBLE_EQ(first[0]["data"]["last_transition"], 1795474948.123456);
  EXPECT_EQ(first[0]["stats"]["advert_sent"], 34);
  EXPECT_EQ(first[0]["stats"]["ip_ttl_err"], 5);
  EXPECT_EQ(first[0]["alibi"]["last_transition"]["reason"], "master_silent");
  const json second = json::parse(json_text(view(), 2));
  EXPECT_EQ(second["vrrp"], first);
}

TEST_F(Dumps, DataShowsStateTimersAndScripts) {
  TrackState up;
  up.object = 0;
  up.health = TrackHealth::Up;
  page_.set_tracked(0, up);
  const std::string data = data_text(view(), {});
  EXPECT_THAT(data, HasSubstr(" VRRP Instance = loadbalancer\n   VRRP Version = 2\n"
                              "   State = MASTER\n   Flags: none\n   Wantstate = MASTER\n"));
  EXPECT_THAT(data, HasSubstr("\n   Read timeout = 1795474949.623456 ("));
  EXPECT_THAT(data, HasSubstr("\n   Master down timer = 3597656 usecs\n"));
  EXPECT_THAT(data,
              HasSubstr("\n   Virtual IP (1):\n     192.168.205.7 dev eth0 scope global set\n"));
  EXPECT_THAT(data,
              HasSubstr(" VRRP Script = chk_haproxy\n   Command = 'killall' '-0' 'haproxy'\n"));
  EXPECT_THAT(data, HasSubstr("\n   Status = GOOD\n"));
}

TEST_F(Dumps, VirtualMacsAsKeepalivedShowsThem) {
  settings_.instances[0].vmac.emplace();
  const os::InterfaceFacts made = [] {
    os::InterfaceFacts facts;
    facts.name = "vrrp.205";
    facts.flags = IFF_UP;
    return facts;
  }();
  const std::string data = data_text(view(), {made});
  EXPECT_THAT(data, HasSubstr("\n   Use VMAC, i/f name vrrp.205, is_up = true, xmit_base = false\n"
                              "   Interface = vrrp.205, vmac on eth0\n"));
  EXPECT_THAT(data, HasSubstr("\n     192.168.205.7 dev vrrp.205@eth0 scope global set\n"));
  EXPECT_THAT(data_text(view(), {}), HasSubstr("is_up = false"));
}

TEST_F(Dumps, WithoutARouterIdTheHostsName) {
  EXPECT_THAT(data_text(view(), {}), HasSubstr("\n Router ID = loadbalancer01\n"));
  settings_.global.router_id.clear();
  EXPECT_THAT(data_text(view(), {}), Not(HasSubstr("\n Router ID = \n")));
}

TEST_F(Dumps, PasswordsStayHome) {
  settings_.instances[0].vrrp.auth_type = wire::AuthType::Pass;
  std::copy_n("geheim", 6, settings_.instances[0].vrrp.auth_data.begin());
  EXPECT_THAT(data_text(view(), {}), Not(HasSubstr("geheim")));
  EXPECT_THAT(json_text(view(), 1), Not(HasSubstr("geheim")));
  EXPECT_THAT(status_json(view()), Not(HasSubstr("geheim")));
}

TEST_F(Dumps, StatusSaysWhyAndSinceWhen) {
  TrackState up;
  up.object = 0;
  up.health = TrackHealth::Up;
  page_.set_tracked(0, up);
  const json status = json::parse(status_json(view()));
  EXPECT_EQ(status["version"], 1);
  const json& instance = status["instances"][0];
  EXPECT_EQ(instance["state"], "MASTER");
  EXPECT_EQ(instance["since"], "2026-11-23T23:02:28.123Z");
  EXPECT_EQ(instance["state_seconds"], 1.0);
  EXPECT_EQ(instance["priority"]["effective"], 103);
  EXPECT_EQ(instance["master"]["address"], "192.168.205.2");
  EXPECT_EQ(instance["trackers"][0]["adds"], 2);
  EXPECT_EQ(instance["counters"]["rejected"], json({{"ttl", 5}}));
  EXPECT_EQ(instance["timers"]["next_in"], 0.5);
}

TEST_F(Dumps, StatusSaysWhyTheFenceIsClosedOrWhyThereIsNone) {
  View seen = view();
  EXPECT_TRUE(json::parse(status_json(seen))["instances"][0]["fence"].is_null());
  EXPECT_THAT(metrics_text(seen), Not(HasSubstr("alibi_fence")));
  seen.fence_mode = FenceMode::Lease;
  seen.fence_absent = "BPF is not allowed";
  EXPECT_EQ(json::parse(status_json(seen))["instances"][0]["fence"],
            json({{"mode", "lease"}, {"absent", "BPF is not allowed"}}));
  FenceStatus& fence = seen.instances[0].fence.emplace();
  fence.guarded = true;
  fence.why = fence.last_why = ALIBI_FENCE_LEASE_OVER;
  fence.closed_since_ns = 3'000'000'000;
  fence.closed_count = 2;
  fence.dropped[ALIBI_FENCE_OUT][ALIBI_FENCE_ND] = 7;
  const json closed = json::parse(status_json(seen))["instances"][0]["fence"];
  EXPECT_EQ(closed["closed"], true);
  EXPECT_EQ(closed["why"], "no advert of ours for the whole lease");
  EXPECT_EQ(closed["closed_seconds"], 2.0);
  EXPECT_EQ(closed["dropped"]["out"]["nd"], 7);
  EXPECT_THAT(metrics_text(seen), HasSubstr("way=\"out\",kind=\"nd\"} 7\n"));
}

TEST_F(Dumps, DeadKeepersLastWillIsSeen) {
  page_.instance(0).state.store(static_cast<std::uint8_t>(vrrp::State::Init));
  page_.instance(0).has_addresses.store(0);
  const json status = json::parse(status_json(view()));
  EXPECT_EQ(status["instances"][0]["state"], "INIT");
  EXPECT_EQ(status["instances"][0]["addresses_set"], false);
}

TEST_F(Dumps, AnswersWhatIsAskedInItsVersion) {
  EXPECT_EQ(answer(view(), R"({"version":1,"get":"status"})"), status_json(view()));
  EXPECT_THAT(answer(view(), R"({"get":"metrics"})"),
              HasSubstr("\nalibi_priority{instance=\"loadbalancer\",interface=\"eth0\","
                        "vrid=\"205\"} 103\n"));
  for (const char* bad : {"", "status", "[]", R"({"version":2,"get":"status"})", R"({"get":7})",
                          "{\"get\":", "\xff\xfe"}) {
    EXPECT_TRUE(json::parse(answer(view(), bad)).contains("error")) << bad;
  }
}

TEST_F(Dumps, NamesThatAreNoUtf8) {
  settings_.instances[0].vrrp.name = "\xff\xfe";
  EXPECT_FALSE(json::parse(status_json(view()), nullptr, false).is_discarded());
  EXPECT_FALSE(json::parse(json_text(view(), 2), nullptr, false).is_discarded());
}

TEST_F(Dumps, MetricsEscapeLabels) {
  settings_.instances[0].vrrp.name = "a\"b\\c\nd";
  EXPECT_THAT(metrics_text(view()), HasSubstr("instance=\"a\\\"b\\\\c\\nd\""));
}

TEST_F(Dumps, PathsTakeTheInstanceNameWhenAskedTo) {
  EXPECT_EQ(dump_path(settings_, DumpKind::Data), "/tmp/keepalived.data");
  ASSERT_EQ(::setenv("TMPDIR", "/run/lb", 1), 0);
  EXPECT_EQ(dump_path(settings_, DumpKind::Data), "/run/lb/keepalived.data");
  ASSERT_EQ(::unsetenv("TMPDIR"), 0);
  settings_.global.instance_name = "two";
  EXPECT_EQ(dump_path(settings_, DumpKind::Json), "/tmp/keepalived.json");
  settings_.global.dumps.use_instance = true;
  EXPECT_EQ(dump_path(settings_, DumpKind::Data), "/tmp/keepalived.two.data");
  EXPECT_EQ(dump_path(settings_, DumpKind::StatsAndClear), "/tmp/keepalived.stats");
  EXPECT_EQ(dump_path(settings_, DumpKind::Json), "/tmp/keepalived.json");
  settings_.global.dumps.state_file = "/var/lib/al.ibi/data";
  EXPECT_EQ(dump_path(settings_, DumpKind::Data), "/var/lib/al.ibi/data.two");
}

TEST(GroupState, OfItsMembers) {
  using vrrp::State;
  EXPECT_EQ(group_state({State::Init, State::Init}), State::Init);
  EXPECT_EQ(group_state({State::Fault, State::Init}), State::Fault);
  EXPECT_EQ(group_state({State::Master, State::Master}), State::Master);
  EXPECT_EQ(group_state({State::Master, State::Backup}), State::Backup);
}

TEST(Published, NothingUntilWrittenAndNothingOfADeadWriter) {
  Published<Pulse> record;
  EXPECT_FALSE(record.read());
  Pulse pulse;
  pulse.priority = 7;
  record.publish(pulse);
  ASSERT_TRUE(record.read());
  EXPECT_EQ(record.read()->priority, 7);
}

}  // namespace
}  // namespace alibi::daemon
