// SPDX-License-Identifier: Apache-2.0
// Faults of the network: advertisements lost in a bridge, ways cut. Each knows its segment of the
// path by the taps on both sides.
#include <fmt/format.h>

#include "lab/command.h"
#include "lab/faults.h"
#include "lab/topology.h"

namespace alibi::lab {
namespace {

constexpr const char* kTable = "alibi_fault";

struct Place {
  const char *host, *in, *out;  ///< frames of the master enter the bridge at `in`
  const char *before, *after;   ///< taps
};

// A bridge's forward hook lies between the tap of the port a frame came in by and the tap of the
// port it would leave by. A patch or tunnel port on the other bridge has no tap of its own.
constexpr Place kLossPlaces[] = {
    {"node01", "tap01", "qvb01", "B", "C"},
    {"node01", "qvo01", "patch-tun", "D", "E"},
    {"node01", "patch-int", "vxlan-ctl", "E", "F"},
    {"fabric", "node01", "control01", "G", "H"},
    {"control01", "vxlan-n01", "vxlan-n02", "I", "J"},
    {"fabric", "control01", "node02", "J", "K"},
    {"node02", "vxlan-ctl", "patch-int", "L", "M"},
    {"node02", "patch-tun", "qvo02", "M", "N"},
    {"node02", "qvb02", "tap02", "O", "P"},
};

// Both directions, everything: as a pulled cable or a broken switch port.
constexpr Place kCutPlaces[] = {
    {"node01", "qvo01", "patch-tun", "D", "E"},
    {"fabric", "node01", "control01", "G", "H"},
    {"control01", "vxlan-n01", "vxlan-n02", "I", "J"},
    {"fabric", "control01", "node02", "J", "K"},
};

Result<void> load_rules(const Lab& lab, const std::string& host, const std::string& rules) {
  const std::string text = fmt::format(
      "table bridge {0} {{\n  chain forward {{\n    type filter hook forward priority 0;\n{1}"
      "  }}\n}}\n", kTable, rules);
  auto done = run_command({"ip", "netns", "exec", lab.netns(host), "nft", "-f", "-"}, text);
  if (!done) return tl::unexpected(done.error());
  return {};
}

template <std::size_t N>
const Place& pick(const Place (&places)[N], Draw& draw) {
  return places[draw.below(N)];
}

Injected injected(const Place& place, const std::string& what) {
  return {fmt::format("{} in {} between {} and {}", what, place.host, place.in, place.out),
          {place.before, place.after}};
}

}  // namespace

// In the underlay an advertisement is inside VXLAN: Ethernet 14, IPv4 20, UDP 8, VXLAN 8, Ethernet
// 14, then the inner IPv4 header, whose tenth octet is the protocol.
Result<Injected> lose_packets(Lab& lab, const std::string&, Draw& draw) {
  const Place& place = pick(kLossPlaces, draw);
  const bool underlay = std::string_view(place.host) == "fabric";
  const std::string which =
      underlay ? "udp dport 4789 @th,312,8 112" : "ether type ip ip protocol 112";
  const std::string rules =
      fmt::format("    iifname \"{}\" {} numgen inc mod 10 != 0 counter drop\n", place.in, which);
  // To every port but the one: a bridge floods multicast.
  auto done = load_rules(lab, place.host,
                         fmt::format("    oifname != \"{}\" accept\n", place.out) + rules);
  if (!done) return tl::unexpected(done.error());
  return injected(place, "nine of ten advertisements lost");
}

Result<Injected> cut_network(Lab& lab, const std::string&, Draw& draw) {
  const Place& place = pick(kCutPlaces, draw);
  // One port is cut from everyone: were it cut from one neighbour only, other traffic would still
  // be seen beyond, and it would be a loss. In the fabric that port is the node's.
  const std::string port = std::string_view(place.out) == "control01" ? place.in : place.out;
  const std::string rules =
      fmt::format("    iifname \"{0}\" counter drop\n    oifname \"{0}\" counter drop\n", port);
  if (auto done = load_rules(lab, place.host, rules); !done) return tl::unexpected(done.error());
  return injected(place, "all traffic cut");
}

void heal_network(Lab& lab) {
  for (const char* host : {"node01", "node02", "control01", "fabric"}) {
    const std::vector<std::string> nft{"ip", "netns", "exec", lab.netns(host), "nft"};
    auto list = nft;
    list.insert(list.end(), {"list", "tables", "bridge"});
    const auto tables = run_command(list);
    if (!tables || tables->find(kTable) == std::string::npos) continue;
    auto remove = nft;
    remove.insert(remove.end(), {"delete", "table", "bridge", kTable});
    (void)run_command(remove);
  }
}

}  // namespace alibi::lab
