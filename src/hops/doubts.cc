// SPDX-License-Identifier: Apache-2.0
#include "hops/doubts.h"

#include <algorithm>

namespace alibi::hops {
namespace {

/// Octets that VXLAN and Geneve (without options) put around a frame of their interface: Ethernet
/// of the inside, 8 of their own, UDP, IP (RFC 7348 section 5, RFC 8926 section 3). 0: not known.
unsigned overhead(const Link& tunnel) {
  if (tunnel.kind != "vxlan" && tunnel.kind != "geneve") return 0;
  const auto& remotes = tunnel.tunnel->remotes;
  const bool v6 = !remotes.empty() && remotes.front().family == wire::Family::V6;
  return 14 + 8 + 8 + (v6 ? 40 : 20);
}

}  // namespace

std::vector<std::string> doubts(const std::vector<Host>& hosts, const std::vector<Hop>& hops) {
  std::vector<std::string> found;
  const auto link = [&](const Hop& hop) -> const Link& {
    return hosts[hop.place.host].links[hop.place.link];
  };
  const auto say = [&](const Hop& hop, const std::string& what) {
    std::string line = place_text(hosts, hop.place) + " " + what;
    if (std::find(found.begin(), found.end(), line) == found.end()) found.push_back(line);
  };
  const unsigned largest = hops.empty() ? 0 : link(hops.front()).mtu;
  for (std::size_t i = 0; i < hops.size(); ++i) {
    const Hop& hop = hops[i];
    const Link& here = link(hop);
    if (!here.up) say(hop, "is down");
    if (!here.forwarding) say(hop, "does not forward: its bridge has blocked or disabled it");
    if (hop.by == kUnseenNetwork) say(hop, "is reached through a network that was not seen");
    if (!hop.inside && here.mtu != 0 && here.mtu < largest) {
      say(hop, "has mtu " + std::to_string(here.mtu) + ", the path begins with " +
                   std::to_string(largest));
    }
    if (i == 0 || !hop.inside || hops[i - 1].inside) continue;
    const Link& tunnel = link(hops[i - 1]);
    const unsigned more = tunnel.tunnel ? overhead(tunnel) : 0;
    if (more != 0 && here.mtu != 0 && tunnel.mtu + more > here.mtu) {
      say(hop, "has mtu " + std::to_string(here.mtu) + ", full packets of " + tunnel.name +
                   " need " + std::to_string(tunnel.mtu + more));
    }
  }
  return found;
}

}  // namespace alibi::hops
