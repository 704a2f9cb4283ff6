// SPDX-License-Identifier: Apache-2.0
// Bridges that carry adverts. 224.0.0.18 is never snooped by a Linux bridge (it is within
// 224.0.0.0/24, RFC 4541 section 2.1.2; net/bridge/br_multicast.c), ff02::12 is.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "doctor/checks.h"

namespace alibi::doctor {
namespace {

struct Port {
  const hops::Link* link = nullptr;
  const LinkSettings* settings = nullptr;
};

std::vector<Port> ports_of(const Facts& facts, const hops::Link& bridge) {
  std::vector<Port> ports;
  for (const hops::Link& link : facts.links.links) {
    if (link.master != bridge.id.index || link.id.netns != bridge.id.netns) continue;
    const LinkSettings* settings = find_settings(facts, link.id);
    if (settings != nullptr && settings->port) ports.push_back({&link, settings});
  }
  return ports;
}

std::string bridge_command(const Facts& facts, const hops::Link& port, const char* setting) {
  return fmt::format("{}bridge link set dev {} {}", command_prefix(facts, port.id.netns), port.name,
                     setting);
}

/// Keepers of this host are behind the port, or a guest is, which may run one.
bool may_lead_to_keeper(const Facts& facts, const hops::Link& port) {
  return keeper_behind(facts, port, false) || (port.kind == "tun" && !port.holder.empty());
}

void check_flooding(const Facts& facts, const Port& port, Vrrp carries, Findings& out) {
  if (port.settings->port->mcast_flood != 0) return;
  const bool keeper = keeper_behind(facts, *port.link, false);
  out.push_back({"bridge.no_flood",
                 keeper                 ? Sure::Certain
                 : carries == Vrrp::Yes ? Sure::Likely
                                        : Sure::Possible,
                 link_name(facts, *port.link), "mcast_flood off",
                 bridge_command(facts, *port.link, "mcast_flood on")});
}

void check_state(const Facts& facts, const Port& port, Vrrp carries, Findings& out) {
  const Number state = port.settings->port->state;
  const Sure sure = carries == Vrrp::Yes ? Sure::Likely : Sure::Possible;
  static constexpr std::array<const char*, 5> kStates = {"disabled", "listening", "learning",
                                                         "forwarding", "blocking"};
  if (port.settings->admin_up && !port.settings->carrier) {
    out.push_back(
        {"bridge.no_carrier", Sure::Possible, link_name(facts, *port.link), "up, no carrier", ""});
  } else if (port.settings->admin_up && state && *state != 3) {
    const bool known = *state >= 0 && *state < static_cast<std::int64_t>(kStates.size());
    out.push_back({"bridge.not_forwarding", sure, link_name(facts, *port.link),
                   fmt::format("state {}", known ? kStates[static_cast<std::size_t>(*state)]
                                                 : std::to_string(*state)),
                   ""});
  }
}

/// One isolated port hears the others; two do not hear each other.
void check_isolation(const Facts& facts, const std::vector<Port>& ports, Findings& out) {
  std::vector<const Port*> isolated;
  for (const Port& port : ports) {
    if (port.settings->port->isolated == 1 && may_lead_to_keeper(facts, *port.link)) {
      isolated.push_back(&port);
    }
  }
  if (isolated.size() < 2) return;
  const bool keepers = std::count_if(isolated.begin(), isolated.end(), [&](const Port* p) {
                         return keeper_behind(facts, *p->link, false);
                       }) >= 2;
  std::string names;
  for (const Port* port : isolated) {
    names += (names.empty() ? "" : ", ") + link_name(facts, *port->link);
  }
  out.push_back({"bridge.isolated", keepers ? Sure::Certain : Sure::Possible, names, "isolated on",
                 bridge_command(facts, *isolated.front()->link, "isolated off")});
}

bool asked(const Bridge& bridge, int port) {
  return std::find(bridge.ports_of_vrrp6.begin(), bridge.ports_of_vrrp6.end(), port) !=
         bridge.ports_of_vrrp6.end();
}

void check_snooping(const Facts& facts, const hops::Link& link, const Bridge& bridge,
                    const std::vector<Port>& ports, Findings& out) {
  if (bridge.snooping != 1 || !bridge.querier_ipv6) return;
  const bool keeper_on_it = has_keeper(facts, link.id.netns, true) && !link.addresses.empty();
  const bool any = keeper_on_it || std::any_of(ports.begin(), ports.end(), [&](const Port& p) {
                     return keeper_behind(facts, *p.link, true);
                   });
  if (!any) return;
  const std::string prefix = command_prefix(facts, link.id.netns);
  if (*bridge.querier_ipv6 == 0) {
    out.push_back({"bridge.no_querier", Sure::Possible, link_name(facts, link),
                   "mcast_snooping 1, no IPv6 querier known; a keeper of IPv6 addresses is on it",
                   fmt::format("{0}ip link set {1} type bridge mcast_querier 1   # or: "
                               "mcast_snooping 0",
                               prefix, link.name)});
    return;
  }
  for (const Port& port : ports) {
    if (!keeper_behind(facts, *port.link, true) || asked(bridge, port.link->id.index)) continue;
    if (port.settings->port->router.value_or(0) == 2) continue;  // permanently a router's
    out.push_back(
        {"bridge.vrrp6_not_joined", Sure::Likely, link_name(facts, *port.link),
         fmt::format("{}: mcast_snooping 1, an IPv6 querier is known, and ff02::12 was "
                     "not asked for at this port",
                     link.name),
         fmt::format("{}ip link set {} type bridge mcast_snooping 0", prefix, link.name)});
  }
}

}  // namespace

void check_bridges(const Facts& facts, Findings& out) {
  for (const hops::Link& link : facts.links.links) {
    const LinkSettings* settings = find_settings(facts, link.id);
    if (settings == nullptr || !settings->bridge) continue;
    const Vrrp carries = carries_vrrp(facts, link);
    if (carries == Vrrp::None) continue;
    const auto ports = ports_of(facts, link);
    for (const Port& port : ports) {
      check_flooding(facts, port, carries, out);
      check_state(facts, port, carries, out);
    }
    check_isolation(facts, ports, out);
    check_snooping(facts, link, *settings->bridge, ports, out);
  }
}

}  // namespace alibi::doctor
