// SPDX-License-Identifier: Apache-2.0
#include "doctor/diagnose.h"

#include <gtest/gtest.h>

#include <functional>

#include "doctor/facts_json.h"
#include "doctor/testing.h"

namespace alibi::doctor {
namespace {

std::string ids(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& f : findings) {
    out += std::string(out.empty() ? "" : ", ") + std::string(f.id) + " " +
           std::string(name(f.sure)) + (f.where.empty() ? "" : " @ " + f.where);
  }
  return out;
}

struct Case {
  const char* name;
  std::function<void(Facts&)> spoil;
  const char* found;
};

class Diagnose : public ::testing::TestWithParam<Case> {};

TEST(DiagnoseHost, AHealthyHostHasNoFindings) { EXPECT_EQ(ids(diagnose(testing::healthy())), ""); }

TEST(DiagnoseHost, AnEmptyOneNeither) { EXPECT_EQ(ids(diagnose(Facts{})), ""); }

TEST(DiagnoseHost, WarningsFirstAndTheSurestFirst) {
  Facts facts = testing::healthy();
  facts.clock.unsynchronised = 1;    // a note, certain
  facts.settings[3].tx_dropped = 5;  // a warning, possible
  facts.guests[0].vhost_net = 0;     // a warning, certain
  EXPECT_EQ(ids(diagnose(facts)),
            "guest.no_vhost certain @ web, qemu-system-x86 (pid 40), link.tap_drops possible @ "
            "tap0, clock.unsynchronised certain");
}

TEST_P(Diagnose, Names) {
  Facts facts = testing::healthy();
  GetParam().spoil(facts);
  EXPECT_EQ(ids(diagnose(facts)), GetParam().found);
  // The same from a recording.
  const auto again = facts_from_json(facts_json(facts), "recording");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(ids(diagnose(*again)), GetParam().found);
}

LinkSettings second_interface(Facts& f) {
  f.links.links.push_back(testing::link(2, 9, "eth1", "veth"));
  LinkSettings s = testing::settings(2, 9);
  s.prefixes = {{"192.0.2.9", 24}};
  return s;
}

const Case kCases[] = {
    {"vhost", [](Facts& f) { f.guests[0].vhost_net = 0; },
     "guest.no_vhost certain @ web, qemu-system-x86 (pid 40)"},
    {"vhost_for_one_of_two", [](Facts& f) { f.guests[0].taps = 2; },
     "guest.no_vhost likely @ web, qemu-system-x86 (pid 40)"},
    {"no_tap_no_vhost", [](Facts& f) { f.guests[0].taps = f.guests[0].vhost_net = 0; }, ""},
    {"unread_but_asked", [](Facts& f) { f.guests[0].taps = f.guests[0].vhost_net = Number{}; }, ""},
    {"unread_and_not_asked",
     [](Facts& f) {
       f.guests[0].taps = f.guests[0].vhost_net = Number{};
       f.guests[0].asks_vhost = false;
     },
     ""},  // but a thread of vhost is there
    {"unread_and_no_thread",
     [](Facts& f) {
       f.guests[0].taps = f.guests[0].vhost_net = Number{};
       f.guests[0].asks_vhost = false;
       f.guests[0].threads = 0;
     },
     "guest.no_vhost likely @ web, qemu-system-x86 (pid 40)"},
    {"no_device", [](Facts& f) { f.vhost_net_device = 0; }, "host.no_vhost_net certain"},
    {"no_device_no_guest",
     [](Facts& f) {
       f.vhost_net_device = 0;
       f.guests.clear();
     },
     ""},
    {"flood_off", [](Facts& f) { f.settings[1].port->mcast_flood = 0; },
     "bridge.no_flood certain @ vA"},
    {"flood_off_at_a_tap", [](Facts& f) { f.settings[3].port->mcast_flood = 0; },
     "bridge.no_flood likely @ tap0"},
    {"isolated_one", [](Facts& f) { f.settings[1].port->isolated = 1; }, ""},
    {"isolated_two",
     [](Facts& f) { f.settings[1].port->isolated = f.settings[2].port->isolated = 1; },
     "bridge.isolated certain @ vA, vB"},
    {"blocking", [](Facts& f) { f.settings[1].port->state = 4; },
     "bridge.not_forwarding likely @ vA"},
    {"carrier", [](Facts& f) { f.settings[1].carrier = false; }, "bridge.no_carrier possible @ vA"},
    {"taken_down",
     [](Facts& f) {
       f.settings[1].admin_up = f.settings[1].carrier = false;
       f.settings[1].port->state = 0;
     },
     ""},
    {"not_joined", [](Facts& f) { f.settings[0].bridge->ports_of_vrrp6 = {3}; },
     "bridge.vrrp6_not_joined likely @ vA"},
    {"not_joined_ipv4_only",  // 224.0.0.18 is never snooped
     [](Facts& f) {
       f.settings[0].bridge->ports_of_vrrp6 = {};
       f.keepers[0].vrrp6 = f.keepers[1].vrrp6 = false;
     },
     ""},
    {"no_querier",
     [](Facts& f) {
       f.settings[0].bridge->ports_of_vrrp6 = {};
       f.settings[0].bridge->querier_ipv6 = 0;
     },
     "bridge.no_querier possible @ br0"},
    {"querier_not_told",
     [](Facts& f) {
       f.settings[0].bridge = Bridge{1, {}, {}};
     },
     ""},
    {"rp_filter_alone", [](Facts& f) { f.namespaces[1].all.rp_filter = 1; }, ""},
    {"rp_filter_max",
     [](Facts& f) {
       f.settings.push_back(second_interface(f));
       f.namespaces[1].all.rp_filter = 1;
       f.settings[4].ipv4.rp_filter = 2;  // loose wins over all's strict
       f.namespaces[1].all.arp_ignore = 1;
     },
     "net.rp_filter likely @ lb1/eth1"},
    {"arp_flux", [](Facts& f) { f.settings.push_back(second_interface(f)); },
     "net.arp_flux possible @ lb1/eth0"},
    {"arp_silent", [](Facts& f) { f.settings[4].ipv4.arp_ignore = 8; },
     "net.arp_ignore certain @ lb1/eth0"},
    {"firewall",
     [](Facts& f) {
       f.namespaces[1].dropping = {{"ip f input", "input", "rule 4", true},
                                   {"ip f input", "input", "policy drop", false}};
     },
     "firewall.drops_vrrp likely @ lb1: ip f input, firewall.policy_drop possible @ lb1: ip f "
     "input"},
    {"firewall_elsewhere",
     [](Facts& f) {
       f.namespaces[0].dropping = {{"ip f input", "input", "rule 4", true}};
     },
     ""},
    {"realtime",
     [](Facts& f) {
       f.keepers[0].policy = 0;
       f.keepers[0].nice = 10;
     },
     "keeper.not_realtime certain @ keepalived (pid 20), keeper.nice certain @ keepalived (pid "
     "20)"},
    {"deadline", [](Facts& f) { f.keepers[0].policy = 6; }, ""},
    {"unlocked_no_swap_in_use", [](Facts& f) { f.keepers[0].locked_kb = 0; }, ""},
    {"unlocked_swap_in_use",
     [](Facts& f) {
       f.keepers[0].locked_kb = 0;
       f.swap_free_kb = 500000;
     },
     "keeper.swappable possible @ keepalived (pid 20)"},
    {"swapped",
     [](Facts& f) {
       f.keepers[0].locked_kb = 0;
       f.keepers[0].swapped_kb = 900;
     },
     "keeper.swappable certain @ keepalived (pid 20)"},
    {"quota",
     [](Facts& f) {
       f.keepers[0].policy = 0;
       f.keepers[0].cgroups = {{"cpu:/a", 10000, 100000, 7, {}, {}}};
     },
     "keeper.not_realtime certain @ keepalived (pid 20), keeper.cpu_quota likely @ keepalived "
     "(pid 20)"},
    {"quota_of_realtime",
     [](Facts& f) {
       f.keepers[0].cgroups = {{"cpu:/a", 10000, 100000, 7, {}, {}}};
     },
     ""},
    {"memory",
     [](Facts& f) {
       f.keepers[0].cgroups = {{"memory:/a", {}, {}, {}, 1000000, 950000}};
     },
     "keeper.memory_limit likely @ keepalived (pid 20)"},
    {"memory_far",
     [](Facts& f) {
       f.keepers[0].cgroups = {{"memory:/a", {}, {}, {}, 1000000, 500000}};
     },
     ""},
    {"oom", [](Facts& f) { f.keepers[0].oom_score_adj = 500; },
     "keeper.oom certain @ keepalived (pid 20)"},
    {"console",
     [](Facts& f) {
       f.keepers[0].logs_to_console = true;
       f.keepers[0].standard_error = "pipe:[7]";
       f.keepers[1].standard_error = "pipe:[8]";  // logs to /dev/log
     },
     "keeper.log_blocks certain @ keepalived (pid 20)"},
    {"log",
     [](Facts& f) {
       f.log_readers[0].synchronous = {"/etc/rsyslog.conf:4: $ActionFileEnableSync on"};
       f.disks[0].busy_permille = 990;
       f.log_queue = 10;
     },
     "log.sync likely @ rsyslogd (pid 50), log.busy_disk likely @ rsyslogd (pid 50), "
     "log.short_queue possible"},
    {"tap", [](Facts& f) { f.settings[3].tx_queue_length = 100; },
     "link.short_queue possible @ tap0"},
    {"qdisc", [](Facts& f) { f.settings[4].qdisc_drops = 3; },
     "link.qdisc_drops possible @ lb1/eth0"},
    {"networkd", [](Facts& f) { f.settings[4].managed_by = "systemd-networkd"; },
     "link.manager likely @ lb1/eth0"},
    {"networkd_keeps",
     [](Facts& f) {
       f.settings[4].managed_by = "systemd-networkd";
       f.settings[4].keep_configuration = "static";
     },
     ""},
    {"mtu_port", [](Facts& f) { f.links.links[3].mtu = 1400; }, "link.mtu possible @ tap0"},
    {"governor", [](Facts& f) { f.cpus.driver = "acpi-cpufreq"; }, "cpu.governor possible"},
    {"idle",
     [](Facts& f) {
       f.cpus.idle_states.push_back({"C10", 2000, false});
     },
     "cpu.deep_idle possible"},
    {"steal", [](Facts& f) { f.cpus.steal_permille_now = 50; }, "cpu.stolen certain"},
    {"clock", [](Facts& f) { f.clock.source = "hpet"; }, "clock.source possible"},
    {"two_clocks",
     [](Facts& f) {
       f.programs.push_back({61, "ntpd"});
     },
     "clock.two_daemons likely"},
};

INSTANTIATE_TEST_SUITE_P(Hosts, Diagnose, ::testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(Facts, OfAnotherVersionOrBrokenAreRefusedWithTheFile) {
  for (const char* text : {"", "[]", "{\"alibi_doctor\": 9}", "{\"alibi_doctor\": 1}"}) {
    const auto facts = facts_from_json(text, "lb1.json");
    ASSERT_FALSE(facts);
    EXPECT_TRUE(facts.error().message.starts_with("lb1.json")) << facts.error().message;
  }
}

TEST(Catalogue, HasEachIdOnceAndInMarkdown) {
  const std::string text = catalogue_markdown();
  for (const Entry& e : catalogue()) {
    EXPECT_EQ(&entry(e.id), &e) << e.id;
    EXPECT_NE(text.find("## " + std::string(e.id) + "\n"), std::string::npos);
  }
}

}  // namespace
}  // namespace alibi::doctor
