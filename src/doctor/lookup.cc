// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "doctor/checks.h"
#include "hops/find.h"

namespace alibi::doctor {

const hops::Link* find_link(const Facts& facts, std::uint64_t netns, int index) {
  for (const hops::Link& link : facts.links.links) {
    if (link.id.netns == netns && link.id.index == index) return &link;
  }
  return nullptr;
}

const LinkSettings* find_settings(const Facts& facts, const hops::LinkId& id) {
  for (const LinkSettings& s : facts.settings) {
    if (s.netns == id.netns && s.index == id.index) return &s;
  }
  return nullptr;
}

std::string link_name(const Facts& facts, const hops::Link& link) {
  const std::string netns = hops::namespace_text(facts.links, link.id.netns);
  return netns.empty() ? link.name : netns + "/" + link.name;
}

std::string command_prefix(const Facts& facts, std::uint64_t netns) {
  const std::string name = hops::namespace_text(facts.links, netns);
  if (name.empty()) return "";
  if (name.starts_with("pid:")) return "nsenter -t " + name.substr(4) + " -n ";
  return "ip netns exec " + name + " ";
}

std::string process_name(const std::string& comm, int pid) {
  return comm + " (pid " + std::to_string(pid) + ")";
}

bool has_keeper(const Facts& facts, std::uint64_t netns, bool ipv6_only) {
  return std::any_of(facts.keepers.begin(), facts.keepers.end(),
                     [&](const Keeper& k) { return k.netns == netns && (!ipv6_only || k.vrrp6); });
}

bool keeper_behind(const Facts& facts, const hops::Link& port, bool ipv6_only) {
  return port.kind == "veth" && port.other.index != 0 && port.other.netns != port.id.netns &&
         has_keeper(facts, port.other.netns, ipv6_only);
}

Vrrp carries_vrrp(const Facts& facts, const hops::Link& bridge) {
  if (has_keeper(facts, bridge.id.netns) && !bridge.addresses.empty()) return Vrrp::Yes;
  Vrrp found = Vrrp::None;
  for (const hops::Link& port : facts.links.links) {
    if (port.master != bridge.id.index || port.id.netns != bridge.id.netns) continue;
    if (keeper_behind(facts, port, false)) return Vrrp::Yes;
    if (port.kind == "tun" && !port.holder.empty()) found = Vrrp::Maybe;
  }
  return found;
}

Number effective(const Facts& facts, const LinkSettings& settings, Number Ipv4Settings::*which) {
  const Number own = settings.ipv4.*which;
  for (const NamespaceSettings& n : facts.namespaces) {
    if (n.netns != settings.netns) continue;
    const Number all = n.all.*which;
    if (!own || !all) return std::nullopt;
    return std::max(*own, *all);
  }
  return std::nullopt;
}

}  // namespace alibi::doctor
