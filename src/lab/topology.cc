// SPDX-License-Identifier: Apache-2.0
// The story's cloud: two VMs on two nodes, and a network controller that all their traffic
// passes, as Neutron lays it out.
#include "lab/topology.h"

#include <algorithm>

#include "lab/command.h"

namespace alibi::lab {
namespace {

Topology story() {
  Topology t;
  t.name = "story";
  t.summary = "two load balancers on two nodes, a network controller between them, taps A to Q";
  t.hosts = {{.name = "fabric"},
             {.name = "node01", .storage = true},
             {.name = "node02", .storage = true},
             {.name = "control01"},
             {.name = "web01"},
             {.name = "web02"},
             {.name = "mail"},
             {.name = "client"},
             {.name = "loadbalancer01", .node = "node01", .pinned = true},
             {.name = "loadbalancer02", .node = "node02"}};
  t.taps = {{"A", "eth0", "loadbalancer01"}, {"B", "tap01", "node01"},
            {"C", "qvb01", "node01"},        {"D", "qvo01", "node01"},
            {"E", "patch-tun", "node01"},    {"F", "vxlan-ctl", "node01"},
            {"G", "eth0", "node01"},         {"H", "eth0", "control01"},
            {"I", "vxlan-n01", "control01"}, {"J", "vxlan-n02", "control01"},
            {"K", "eth0", "node02"},         {"L", "vxlan-ctl", "node02"},
            {"M", "patch-tun", "node02"},    {"N", "qvo02", "node02"},
            {"O", "qvb02", "node02"},        {"P", "tap02", "node02"},
            {"Q", "eth0", "loadbalancer02"}};
  return t;
}

// Collects `ip` lines for one host and runs them as one batch in its namespace.
class Batch {
 public:
  Batch(const Lab& lab, std::string host) : lab_(lab), host_(std::move(host)) {}

  void add(const std::string& line) { lines_ += line + "\n"; }
  void bridge(const std::string& name) {
    // No spanning tree: its forward delay would hold every frame back for 15 s.
    add("link add " + name + " type bridge stp_state 0 forward_delay 0");
    add("link set " + name + " up");
  }
  void plug(const std::string& port, const std::string& bridge) {
    add("link set " + port + " master " + bridge);
    add("link set " + port + " up");
  }
  /// A veth pair: `mine` here, `theirs` in another host.
  void cable(const std::string& mine, const std::string& other, const std::string& theirs,
             int mtu) {
    add("link add " + mine + " mtu " + std::to_string(mtu) + " type veth peer name " + theirs +
        " mtu " + std::to_string(mtu) + " netns " + lab_.netns(other));
  }
  void pair(const std::string& a, const std::string& b) {
    add("link add " + a + " mtu 1450 type veth peer name " + b + " mtu 1450");
  }
  void tunnel(const std::string& name, int vni, const std::string& from, const std::string& to) {
    add("link add " + name + " mtu 1450 type vxlan id " + std::to_string(vni) + " local " + from +
        " remote " + to + " dstport 4789 dev eth0");
  }
  void address(const std::string& interface, const std::string& address) {
    add("address add " + address + " dev " + interface);
    add("link set " + interface + " up");
  }
  Result<void> run() {
    auto done = run_command({"ip", "-n", lab_.netns(host_), "-batch", "-"}, lines_);
    if (!done) return tl::unexpected(done.error());
    return {};
  }

 private:
  const Lab& lab_;
  std::string host_;
  std::string lines_;
};

struct End {
  const char *host, *address, *gateway;
};
constexpr End kEnds[] = {{"loadbalancer01", "192.168.205.5", "192.168.205.1"},
                         {"loadbalancer02", "192.168.205.6", "192.168.205.1"},
                         {"web01", "192.168.205.11", "192.168.205.1"},
                         {"web02", "192.168.205.12", "192.168.205.1"},
                         {"client", "192.168.205.20", "192.168.205.1"},
                         {"mail", "10.10.9.8", "10.10.9.1"}};

constexpr int kUnderlayMtu = 1500;
constexpr int kTenantMtu = 1450;  // what VXLAN over IPv4 leaves of 1500

Result<void> set_kernel(const Lab& lab, const std::string& host,
                        const std::vector<std::pair<std::string, std::string>>& settings) {
  auto code = enter(lab, host, [&] {
    for (const auto& [name, value] : settings) {
      if (!write_file("/proc/sys/net/" + name, value)) return 1;
    }
    return 0;
  });
  if (!code) return tl::unexpected(code.error());
  if (*code != 0) return fail("cannot set the network parameters of " + host);
  return {};
}

Result<void> build_fabric(const Lab& lab) {
  Batch b(lab, "fabric");
  b.bridge("br-phys");
  for (const char* host : {"node01", "node02", "control01"}) {
    b.cable(host, host, "eth0", kUnderlayMtu);
    b.plug(host, "br-phys");
  }
  return b.run();
}

// VM eth0 - tap - qbr (filtering bridge) - qvb/qvo - br-int - patch - br-tun - VXLAN - controller
Result<void> build_node(const Lab& lab, const std::string& number, const std::string& vni) {
  const std::string node = "node" + number;
  const std::string own = "10.20.0.1" + number.substr(1);
  Batch b(lab, node);
  b.add("link set lo up");
  b.address("eth0", own + "/24");
  for (const auto& bridge : {"qbr" + number, std::string("br-int"), std::string("br-tun")}) {
    b.bridge(bridge);
  }
  b.cable("tap" + number, "loadbalancer" + number, "eth0", kTenantMtu);
  b.pair("qvb" + number, "qvo" + number);
  b.pair("patch-tun", "patch-int");
  b.tunnel("vxlan-ctl", std::stoi(vni), own, "10.20.0.10");
  b.plug("tap" + number, "qbr" + number);
  b.plug("qvb" + number, "qbr" + number);
  b.plug("qvo" + number, "br-int");
  b.plug("patch-tun", "br-int");
  b.plug("patch-int", "br-tun");
  b.plug("vxlan-ctl", "br-tun");
  return b.run();
}

// Linux wants one VNI a VXLAN device and port, so the two tunnels of one network differ in theirs.
Result<void> build_controller(const Lab& lab) {
  Batch b(lab, "control01");
  b.add("link set lo up");
  b.address("eth0", "10.20.0.10/24");
  for (const char* bridge : {"br-tun", "br-int", "br-ex"}) b.bridge(bridge);
  b.tunnel("vxlan-n01", 205, "10.20.0.10", "10.20.0.11");
  b.tunnel("vxlan-n02", 206, "10.20.0.10", "10.20.0.12");
  b.plug("vxlan-n01", "br-tun");
  b.plug("vxlan-n02", "br-tun");
  b.pair("patch-tun", "patch-int");
  b.plug("patch-tun", "br-int");
  b.plug("patch-int", "br-tun");
  b.pair("qr-205", "qr-port");
  b.plug("qr-port", "br-int");
  b.address("qr-205", "192.168.205.1/24");
  b.address("br-ex", "10.10.9.1/24");
  for (const char* host : {"client", "web01", "web02"}) {
    b.cable(host, host, "eth0", kTenantMtu);
    b.plug(host, "br-int");
  }
  b.cable("mail", "mail", "eth0", kUnderlayMtu);
  b.plug("mail", "br-ex");
  if (auto done = b.run(); !done) return done;
  return set_kernel(lab, "control01", {{"ipv4/ip_forward", "1"}});
}

Result<void> build_end(const Lab& lab, const std::string& host, const std::string& address,
                       const std::string& gateway) {
  Batch b(lab, host);
  b.add("link set lo up");
  b.address("eth0", address + "/24");
  b.add("route add default via " + gateway);
  return b.run();
}

}  // namespace

const std::vector<Topology>& topologies() {
  static const std::vector<Topology> all{story()};
  return all;
}

const Topology* find_topology(const std::string& name) {
  const auto it = std::ranges::find(topologies(), name, &Topology::name);
  return it == topologies().end() ? nullptr : &*it;
}

const HostSpec* find_host(const Lab& lab, const std::string& host) {
  const Topology* topology = find_topology(lab.topology);
  if (topology == nullptr) return nullptr;
  const auto it = std::ranges::find(topology->hosts, host, &HostSpec::name);
  return it == topology->hosts.end() ? nullptr : &*it;
}

std::string hosts_file() {
  std::string text = "127.0.0.1 localhost\n";
  for (const auto& end : kEnds) text += std::string(end.address) + " " + end.host + "\n";
  return text;
}

Result<void> build_network(const Lab& lab) {
  // No IPv6 in this story: its neighbour discovery would only be noise on the taps.
  for (const auto& host : lab.hosts) {
    auto set = set_kernel(lab, host.name, {{"ipv6/conf/all/disable_ipv6", "1"},
                                           {"ipv6/conf/default/disable_ipv6", "1"}});
    if (!set) return set;
  }
  if (auto done = build_fabric(lab); !done) return done;
  if (auto done = build_node(lab, "01", "205"); !done) return done;
  if (auto done = build_node(lab, "02", "206"); !done) return done;
  if (auto done = build_controller(lab); !done) return done;
  for (const auto& end : kEnds) {
    if (auto done = build_end(lab, end.host, end.address, end.gateway); !done) return done;
  }
  return {};
}

std::vector<TapSpec> taps(const Lab& lab) {
  const Topology* topology = find_topology(lab.topology);
  return topology == nullptr ? std::vector<TapSpec>{} : topology->taps;
}

std::string tap_argument(const Lab& lab, const TapSpec& tap) {
  return tap.label + "=" + tap.interface + "@" + lab.netns(tap.host) + ":" + tap.host;
}

}  // namespace alibi::lab
