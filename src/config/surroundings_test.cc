// SPDX-License-Identifier: Apache-2.0
// What stands around instances: sync groups, tracked objects, static addresses, strict mode, and
// what is said about each that cannot be used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/settings.h"

namespace alibi::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string instance(const std::string& name, const std::string& interface,
                     const std::string& lines = "") {
  return "vrrp_instance " + name + " { interface " + interface + "\nvirtual_router_id 51\n" +
         "virtual_ipaddress {\n10.0.0.1\n}\n" + lines + "}\n";
}

// The diagnostics that are not about alibi's own coverage.
std::vector<std::string> said(const Parsed& parsed) {
  std::vector<std::string> out;
  for (const auto& d : parsed.diagnostics) {
    if (d.message.find("not served by alibi yet") != std::string::npos) continue;
    const auto text = render(d);
    out.push_back(text.substr(0, text.find('\n')));
  }
  return out;
}

TEST(SyncGroup, HasItsMembersInOrderAndNamesThoseThatAreNone) {
  const auto parsed = parse(instance("V", "eth0") + instance("W", "eth1") +
                                "vrrp_sync_group G {\ngroup {\nW V\nWW\n}\n}\n"
                                "vrrp_sync_group H {\ngroup {\nV\n}\n}\nvrrp_sync_group G {\n}\n",
                            "t");
  ASSERT_EQ(parsed.settings.groups.size(), 1U);
  EXPECT_THAT(parsed.settings.groups[0].members, ElementsAre(1U, 0U));
  EXPECT_THAT(said(parsed),
              ElementsAre(HasSubstr("no vrrp_instance is called 'WW'"),
                          HasSubstr("group H has no instance"),
                          HasSubstr("V is in group G already"), HasSubstr("G is already defined")));
}

TEST(SyncGroup, OwnWeightsOfAMemberAreDroppedUnlessTheGroupAllowsThem) {
  const std::string script = "vrrp_script s {\nscript /bin/true\nweight 4\n}\n";
  const std::string track = "track_script {\ns\n}\n";
  for (const bool allowed : {false, true}) {
    const auto parsed = parse(script + instance("V", "eth0", track) + instance("W", "eth1") +
                                  "vrrp_sync_group G {\ngroup {\nV\nW\n}\n" + track +
                                  (allowed ? "sync_group_tracking_weight\n" : "") + "}\n",
                              "t");
    EXPECT_EQ(parsed.settings.instances[0].tracks->scripts.size(), allowed ? 1U : 0U);
    EXPECT_EQ(parsed.settings.groups.at(0).tracks.scripts.size(), 1U);
    EXPECT_EQ(said(parsed).size(), allowed ? 0U : 1U);
  }
}

TEST(Tracks, OfEachKindAreFoundOrNamed) {
  const auto parsed = parse(
      "track_file f {\nfile /x\nweight 3 reverse\n}\nvrrp_track_process p {\nprocess a\n}\n"
      "bfd_instance b {\nneighbor_ip 10.0.0.9\n}\n" +
          instance(
              "V", "eth0",
              "track_file {\nf weight -254\nnone\n}\ntrack_process {\np\n}\n"
              "track_bfd {\nb weight 5 reverse\n}\ntrack_interface {\neth1 weight 9\neth1\n}\n"),
      "t");
  const Tracks& tracks = parsed.settings.instances.at(0).tracks;
  EXPECT_EQ(tracks.files.at(0).weight, -254);
  EXPECT_EQ(tracks.files[0].reverse, true);
  EXPECT_EQ(tracks.processes.size(), 1U);
  EXPECT_EQ(tracks.bfds.at(0).reverse, true);
  EXPECT_EQ(tracks.interfaces.at(0).weight, 9);
  EXPECT_THAT(said(parsed), ElementsAre(HasSubstr("no track_file is called 'none'"),
                                        HasSubstr("eth1 is tracked twice")));
}

TEST(Tracked, ObjectsThatCannotBeUsedAreLeftOut) {
  const auto parsed = parse(
      "track_file f {\n}\nvrrp_track_process p {\nweight 3\n}\nbfd_instance b {\n}\n"
      "vrrp_track_process q {\nprocess a\nquorum 3\nquorum_max 2\n}\n"
      "garp_group {\ngarp_interval 0\ninterface eth0\n}\n" +
          instance("V", "eth0"),
      "t");
  EXPECT_TRUE(parsed.settings.files.empty());
  EXPECT_TRUE(parsed.settings.bfds.empty());
  EXPECT_TRUE(parsed.settings.garp_groups.empty());
  ASSERT_EQ(parsed.settings.processes.size(), 1U);
  EXPECT_EQ(parsed.settings.processes[0].quorum_max, INT_MAX);
  EXPECT_EQ(said(parsed).size(), 5U);
}

TEST(Strict, TakesAwayWhatKeepalivedTakesAway) {
  const auto parsed = parse(
      "global_defs {\nvrrp_strict\n}\n" +
          instance("V", "eth0",
                   "preempt_delay 5\naccept\nauthentication {\nauth_type PASS\nauth_pass x\n}\n") +
          instance("W", "eth1", "strict_mode off\n") + instance("X", "eth2", "priority 255\n"),
      "t");
  const auto& all = parsed.settings.instances;
  EXPECT_FALSE(all[0].accept);
  EXPECT_EQ(all[0].vrrp.auth_type, wire::AuthType::None);
  EXPECT_EQ(all[0].vrrp.preempt_delay, Duration(0));
  EXPECT_TRUE(all[0].vrrp.lower_prio_no_advert);
  EXPECT_TRUE(all[0].vrrp.owner_ignores_adverts);
  EXPECT_TRUE(all[1].accept);
  EXPECT_FALSE(all[1].vrrp.lower_prio_no_advert);
  EXPECT_TRUE(all[2].accept);
  EXPECT_EQ(said(parsed).size(), 3U);
}

TEST(Garp, LowerPriorityFollowsTheMasterBlockAndMinimalIsOneWithoutARepeat) {
  const auto plain = parse(instance("V", "eth0", "garp_master_repeat 3\n"), "t");
  EXPECT_EQ(plain.settings.instances[0].vrrp.garp_lower_repeat, 3);
  EXPECT_EQ(plain.settings.instances[0].vrrp.garp_lower_delay, 5s);
  const auto minimal = parse("global_defs {\nvrrp_min_garp\n}\n" + instance("V", "eth0"), "t");
  EXPECT_EQ(minimal.settings.instances[0].vrrp.garp_master_repeat, 1);
  EXPECT_EQ(minimal.settings.instances[0].vrrp.garp_master_delay, Duration(0));
}

TEST(Unicast, PeersHaveTheirTtlsAndVmacLeavesByTheBase) {
  const auto parsed = parse(instance("V", "eth0",
                                     "use_vmac\nunicast_peer {\n10.0.0.2 min_ttl 254\n"
                                     "10.0.0.3 min_ttl 9 max_ttl 8\n}\n"),
                            "t");
  const Instance& i = parsed.settings.instances.at(0);
  ASSERT_EQ(i.unicast_peers.size(), 2U);
  EXPECT_EQ(i.unicast_peers[0].min_ttl, 254);
  EXPECT_EQ(i.unicast_peers[1].max_ttl, 255);
  EXPECT_TRUE(i.vmac->transmit_base);
  EXPECT_THAT(said(parsed), ElementsAre(HasSubstr("needs vmac_xmit_base"),
                                        HasSubstr("min_ttl 9 is higher than max_ttl 8")));
}

TEST(Unicast, WithoutAnInterfaceHasNoVirtualMac) {
  const auto parsed = parse("vrrp_instance V {\nvirtual_router_id 1\nuse_vmac\n"
                            "unicast_src_ip 10.0.0.1\nunicast_peer {\n10.0.0.2\n}\n"
                            "virtual_ipaddress {\n10.0.0.9\n}\n}\n",
                            "t");
  ASSERT_TRUE(parsed.runnable());
  EXPECT_FALSE(parsed.settings.instances.at(0).vmac);
  EXPECT_EQ(said(parsed).size(), 1U);
}

TEST(Names, AreTypedWhereTheyAreWritten) {
  const auto parsed = parse(
      "net_namespace blue\ninstance one\nuse_pid_dir\n"
      "interface_up_down_delays {\neth0 2 1.5\neth1 300\neth2\n}\n"
      "global_defs {\nvrrp_mcast_group4 10.0.0.1\numask 0888\n"
      "vrrp_rt_priority 100\nvrrp_garp_interval 0\n}\n" +
          instance("V", "eth0"),
      "t");
  EXPECT_EQ(parsed.settings.global.net_namespace, "blue");
  EXPECT_EQ(parsed.settings.global.instance_name, "one");
  EXPECT_TRUE(parsed.settings.global.use_pid_dir);
  ASSERT_EQ(parsed.settings.up_down_delays.size(), 1U);
  EXPECT_EQ(parsed.settings.up_down_delays[0].up, 1500ms);
  EXPECT_EQ(parsed.settings.global.scheduling.realtime, 99);
  EXPECT_EQ(said(parsed).size(), 6U);
}

}  // namespace
}  // namespace alibi::config
