// SPDX-License-Identifier: Apache-2.0
// Paths through hosts made by hand. What a real kernel tells is in tests/path.
#include "hops/find.h"

#include <gtest/gtest.h>

#include "hops/facts_json.h"
#include "hops/open_vswitch.h"

namespace alibi::hops {
namespace {

wire::IpAddress ip(const char* text) { return *wire::IpAddress::parse(text); }
wire::MacAddress mac(const char* text) { return *wire::MacAddress::parse(text); }

/// Builds one host, one namespace unless said otherwise.
struct Builder {
  Host host;

  explicit Builder(const char* name) {
    host.name = name;
    host.namespaces.push_back({1, ""});
  }
  Link& add(const char* name, const char* kind, int index, std::uint64_t netns = 1) {
    Link link;
    link.id = {netns, index};
    link.name = name;
    link.kind = kind;
    link.mtu = 1500;
    link.up = true;
    host.links.push_back(link);
    return host.links.back();
  }
  void veth(const char* a, int ia, std::uint64_t na, const char* b, int ib, std::uint64_t nb) {
    add(a, "veth", ia, na).other = {nb, ib};
    add(b, "veth", ib, nb).other = {na, ia};
  }
};

std::vector<std::string> names(const std::vector<Host>& hosts, const Path& path) {
  std::vector<std::string> out;
  for (const Hop& hop : path.hops) {
    out.push_back(hosts[hop.place.host].name + "/" +
                  hosts[hop.place.host].links[hop.place.link].name + (hop.inside ? "*" : ""));
  }
  return out;
}

Result<Path> search(const std::vector<Host>& hosts, const char* from, const char* to) {
  const auto a = find_place(hosts, from);
  const auto b = find_place(hosts, to);
  if (!a) return tl::unexpected(a.error());
  if (!b) return tl::unexpected(b.error());
  return find_path(hosts, *a, *b);
}

using Names = std::vector<std::string>;

/// Two machines on one bridge, an idle third port beside.
Host bridged() {
  Builder b("h");
  b.host.namespaces.push_back({2, "vm1"});
  b.host.namespaces.push_back({3, "vm2"});
  b.add("br0", "bridge", 10);
  b.veth("eth0", 2, 2, "tap1", 11, 1);
  b.veth("eth0", 2, 3, "tap2", 12, 1);
  b.add("tap3", "veth", 13).master = 10;
  for (Link& link : b.host.links) {
    if (link.name.starts_with("tap")) link.master = 10;
    if (link.id.netns == 2) link.addresses = {ip("10.0.0.1")};
    if (link.id.netns == 3) link.addresses = {ip("10.0.0.2")};
  }
  return b.host;
}

TEST(Path, goes_through_a_bridge_by_its_ports) {
  const std::vector<Host> hosts = {bridged()};
  const auto path = search(hosts, "vm1/eth0", "10.0.0.2");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(names(hosts, *path), (Names{"h/eth0", "h/tap1", "h/tap2", "h/eth0"}));
  EXPECT_EQ(path->hops[1].by, "veth pair");
  EXPECT_EQ(path->hops[2].by, "bridge br0");
  EXPECT_TRUE(path->doubts.empty());
}

TEST(Path, ends_at_the_bridge_itself_where_the_host_has_its_address) {
  const std::vector<Host> hosts = {bridged()};
  const auto path = search(hosts, "vm1/eth0", "br0");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(names(hosts, *path), (Names{"h/eth0", "h/tap1", "h/br0"}));
}

TEST(Path, says_what_is_in_the_way) {
  std::vector<Host> hosts = {bridged()};
  for (Link& link : hosts[0].links) {
    if (link.name == "tap1") link.up = false;
    if (link.name == "tap2") link.forwarding = false;
    if (link.name == "tap2") link.mtu = 1400;
  }
  const auto path = search(hosts, "10.0.0.1", "10.0.0.2");
  ASSERT_TRUE(path);
  ASSERT_EQ(path->doubts.size(), 3U);
  EXPECT_EQ(path->doubts[0], "tap1 is down");
  EXPECT_EQ(path->doubts[1], "tap2 does not forward: its bridge has blocked or disabled it");
  EXPECT_EQ(path->doubts[2], "tap2 has mtu 1400, the path begins with 1500");
}

TEST(Path, passes_a_bond_by_its_ports_and_a_vlan_by_what_is_below) {
  Builder b("h");
  b.add("vlan7", "vlan", 3).other = {1, 4};
  b.add("bond0", "bond", 4);
  b.add("eth0", "", 5).master = 4;
  const std::vector<Host> hosts = {b.host};
  const auto path = search(hosts, "vlan7", "eth0");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(names(hosts, *path), (Names{"h/vlan7", "h/bond0", "h/eth0"}));
  EXPECT_EQ(path->hops[1].by, "vlan vlan7");
  EXPECT_EQ(path->hops[2].by, "bond bond0");
}

TEST(Path, a_macvlan_in_another_namespace_is_above_its_interface) {
  Builder b("h");
  b.host.namespaces.push_back({2, "lb"});
  b.add("eth0", "", 2);
  b.add("vrrp.1", "macvlan", 3, 2).other = {1, 2};
  const std::vector<Host> hosts = {b.host};
  const auto path = search(hosts, "lb/vrrp.1", "eth0");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(names(hosts, *path), (Names{"h/vrrp.1", "h/eth0"}));
}

/// A node with a bridge over a port for a machine and a tunnel; its address on eth0.
Host node(const char* name, const char* local, const char* remote, std::uint32_t id) {
  Builder b(name);
  b.add("tap0", "tun", 2).master = 4;
  b.add("br0", "bridge", 4);
  b.add("eth0", "", 5).addresses = {ip(local)};
  Link& tunnel = b.add("vx", "vxlan", 6);
  tunnel.master = 4;
  tunnel.mtu = 1450;
  tunnel.tunnel = Tunnel{id, false, ip(local), {ip(remote)}, {1, 0}};
  return b.host;
}

TEST(Path, enters_and_leaves_a_tunnel_across_a_network_that_nobody_saw) {
  const std::vector<Host> hosts = {node("n1", "192.0.2.1", "192.0.2.2", 7),
                                   node("n2", "192.0.2.2", "192.0.2.1", 7)};
  const auto path = search(hosts, "n1:tap0", "n2:tap0");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(names(hosts, *path),
            (Names{"n1/tap0", "n1/vx", "n1/eth0*", "n2/eth0*", "n2/vx", "n2/tap0"}));
  EXPECT_EQ(path->hops[2].by, "into vxlan 7");
  EXPECT_EQ(path->hops[4].by, "out of vxlan 7");
  bool said = false;
  for (const auto& doubt : path->doubts) said = said || doubt.find("not seen") != std::string::npos;
  EXPECT_TRUE(said);
}

TEST(Path, a_tunnel_of_another_number_or_to_somebody_else_is_not_left) {
  const std::vector<Host> number = {node("n1", "192.0.2.1", "192.0.2.2", 7),
                                    node("n2", "192.0.2.2", "192.0.2.1", 8)};
  EXPECT_FALSE(search(number, "n1:vx", "n2:vx"));
  const std::vector<Host> third = {node("n1", "192.0.2.1", "192.0.2.3", 7),
                                   node("n2", "192.0.2.2", "192.0.2.1", 7)};
  EXPECT_FALSE(search(third, "n1:vx", "n2:vx"));
  const std::vector<Host> group = {node("n1", "192.0.2.1", "239.1.1.1", 7),
                                   node("n2", "192.0.2.2", "239.1.1.1", 7)};
  EXPECT_TRUE(search(group, "n1:vx", "n2:vx"));
}

TEST(Path, full_packets_that_do_not_fit_the_network_below_are_a_note) {
  std::vector<Host> hosts = {node("n1", "192.0.2.1", "192.0.2.2", 7),
                             node("n2", "192.0.2.2", "192.0.2.1", 7)};
  for (Link& link : hosts[0].links) {
    if (link.name == "vx") link.mtu = 1500;
  }
  const auto path = search(hosts, "n1:vx", "n2:vx");
  ASSERT_TRUE(path) << path.error().message;
  ASSERT_FALSE(path->doubts.empty());
  EXPECT_EQ(path->doubts.front(), "eth0 on n1 has mtu 1500, full packets of vx need 1550");
}

TEST(Path, a_virtual_machine_is_behind_the_tap_that_learned_its_address) {
  Builder vm("vm");
  vm.add("ens3", "", 2).mac = mac("52:54:00:aa:bb:cc");
  Host host = node("n1", "192.0.2.1", "192.0.2.2", 7);
  host.links[0].behind = {mac("52:54:00:aa:bb:cc")};
  const std::vector<Host> hosts = {vm.host, host};
  const auto path = search(hosts, "vm:ens3", "n1:vx");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(names(hosts, *path), (Names{"vm/ens3", "n1/tap0", "n1/vx"}));
  EXPECT_EQ(path->hops[1].by, "virtual machine");
}

TEST(Path, none_is_an_error_that_says_how_far_it_came) {
  Host host = bridged();
  host.unseen = {"namespaces of 3 processes"};
  for (Link& link : host.links) {
    if (link.name == "tap2") link.master = 0;
  }
  const std::vector<Host> hosts = {host};
  const auto path = search(hosts, "10.0.0.1", "10.0.0.2");
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message.find("no way from eth0 in vm1 to eth0 in vm2"), std::string::npos)
      << path.error().message;
  EXPECT_NE(path.error().message.find("tap3"), std::string::npos);
  EXPECT_NE(path.error().message.find("not seen: namespaces of 3 processes"), std::string::npos);
}

TEST(Place, a_word_that_fits_several_names_them_all) {
  const std::vector<Host> hosts = {bridged()};
  const auto place = find_place(hosts, "eth0");
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error().message, "'eth0' may be any of 2: eth0 in vm1, eth0 in vm2");
  EXPECT_TRUE(find_place(hosts, "netns:vm1/eth0"));
  EXPECT_TRUE(find_place(hosts, "h:vm2/eth0"));
  EXPECT_TRUE(find_place(hosts, "2/eth0"));
  EXPECT_FALSE(find_place(hosts, "vm3/eth0"));
  EXPECT_FALSE(find_place(hosts, "10.0.0.9"));
  EXPECT_FALSE(find_place(hosts, ""));
}

/// br-int with a port in VLAN 1, one in VLAN 2 and a patch port; br-tun with the other and a
/// tunnel.
constexpr const char* kSwitch = R"({"id":0,"error":null,"result":[
  {"rows":[{"name":"br-int","ports":["set",[["uuid","p1"],["uuid","p2"],["uuid","p3"],
                                            ["uuid","p4"]]]},
           {"name":"br-tun","ports":["set",[["uuid","p5"],["uuid","p6"]]]}]},
  {"rows":[{"_uuid":["uuid","p1"],"interfaces":["uuid","i1"],"tag":1},
           {"_uuid":["uuid","p2"],"interfaces":["uuid","i2"],"tag":2},
           {"_uuid":["uuid","p3"],"interfaces":["uuid","i3"],"tag":["set",[]]},
           {"_uuid":["uuid","p4"],"interfaces":["uuid","i4"],"tag":["set",[]]},
           {"_uuid":["uuid","p5"],"interfaces":["uuid","i5"],"tag":["set",[]]},
           {"_uuid":["uuid","p6"],"interfaces":["uuid","i6"],"tag":["set",[]]}]},
  {"rows":[{"_uuid":["uuid","i1"],"name":"tap1","type":"","options":["map",[]]},
           {"_uuid":["uuid","i2"],"name":"tap2","type":"","options":["map",[]]},
           {"_uuid":["uuid","i3"],"name":"br-int","type":"internal","options":["map",[]]},
           {"_uuid":["uuid","i4"],"name":"patch-tun","type":"patch",
            "options":["map",[["peer","patch-int"]]]},
           {"_uuid":["uuid","i5"],"name":"patch-int","type":"patch",
            "options":["map",[["peer","patch-tun"]]]},
           {"_uuid":["uuid","i6"],"name":"vxlan-c0000202","type":"vxlan",
            "options":["map",[["key","flow"],["local_ip","192.0.2.1"],
                              ["remote_ip","192.0.2.2"]]]}]}]})";

Host switched() {
  Builder b("n1");
  b.add("tap1", "tun", 2);
  b.add("tap2", "tun", 3);
  b.add("br-int", "openvswitch", 4);
  b.add("br-tun", "openvswitch", 5);
  b.add("eth0", "", 6).addresses = {ip("192.0.2.1")};
  return b.host;
}

TEST(OpenVswitch, patch_ports_and_tunnels_are_part_of_the_path) {
  Host host = switched();
  const auto added = add_open_vswitch(host, 1, kSwitch);
  ASSERT_TRUE(added) << added.error().message;
  const std::vector<Host> hosts = {host, node("n2", "192.0.2.2", "192.0.2.1", 7)};
  const auto path = search(hosts, "n1:tap1", "n2:tap0");
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(names(hosts, *path),
            (Names{"n1/tap1", "n1/patch-tun", "n1/patch-int", "n1/vxlan-c0000202", "n1/eth0*",
                   "n2/eth0*", "n2/vx", "n2/tap0"}));
  EXPECT_EQ(path->hops[1].by, "bridge br-int");
  EXPECT_EQ(path->hops[2].by, "patch ports");
  EXPECT_LT(hosts[0].links[path->hops[1].place.link].id.index, 0);
}

TEST(OpenVswitch, ports_of_different_vlans_are_not_joined) {
  Host host = switched();
  ASSERT_TRUE(add_open_vswitch(host, 1, kSwitch));
  const std::vector<Host> hosts = {host};
  const auto across = search(hosts, "tap1", "tap2");
  EXPECT_FALSE(across) << (across ? ::testing::PrintToString(names(hosts, *across)) : "");
  EXPECT_TRUE(search(hosts, "tap1", "br-int"));
}

TEST(OpenVswitch, an_answer_of_another_shape_changes_nothing) {
  const std::string whole = kSwitch;
  const std::string before = facts_json(switched());
  for (std::size_t cut = 0; cut < whole.size() - 1; cut += 5) {
    Host host = switched();
    EXPECT_FALSE(add_open_vswitch(host, 1, whole.substr(0, cut)));
    EXPECT_EQ(facts_json(host), before);
  }
  for (const char* other : {"[]", "{}", R"({"result":[]})", R"({"result":[{"rows":[3]},{},{}]})",
                            R"({"result":null,"error":{"error":"syntax error"}})"}) {
    Host host = switched();
    EXPECT_FALSE(add_open_vswitch(host, 1, other)) << other;
  }
}

TEST(Facts, come_back_from_json_as_they_were) {
  Host host = node("n1", "192.0.2.1", "192.0.2.2", 7);
  host.links[0].behind = {mac("52:54:00:aa:bb:cc")};
  host.links[0].holder = "qemu (pid 7)";
  host.links[0].other = {9, 3};
  host.unseen = {"something"};
  const std::string text = facts_json(host);
  const auto back = facts_from_json(text, "n1.json");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(facts_json(*back), text);
}

TEST(Facts, that_are_damaged_say_where_they_came_from) {
  const std::string text = facts_json(node("n1", "192.0.2.1", "192.0.2.2", 7));
  for (std::size_t cut = 0; cut < text.size() - 1; cut += 7) {
    const auto back = facts_from_json(text.substr(0, cut), "n1.json");
    ASSERT_FALSE(back);
    EXPECT_TRUE(back.error().message.starts_with("n1.json: ")) << back.error().message;
  }
  for (const char* other : {"[]", "{}", "3", R"({"alibi_links": 2})",
                            R"({"alibi_links": 1, "host": 3})", R"({"alibi_links": "x"})"}) {
    EXPECT_FALSE(facts_from_json(other, "n1.json")) << other;
  }
}

}  // namespace
}  // namespace alibi::hops
