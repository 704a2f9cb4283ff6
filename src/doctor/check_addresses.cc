// SPDX-License-Identifier: Apache-2.0
// Settings that make an address of a keeper's interface unheard or answered twice; firewalls.
#include <fmt/format.h>

#include <algorithm>

#include "doctor/checks.h"
#include "hops/find.h"

namespace alibi::doctor {
namespace {

/// Both IPv4 prefixes are one network.
bool same_network(const Prefix& a, const Prefix& b) {
  const auto left = wire::IpAddress::parse(a.address);
  const auto right = wire::IpAddress::parse(b.address);
  if (!left || !right || left->family != wire::Family::V4 || right->family != left->family ||
      a.length != b.length || a.length <= 0 || a.length >= 32) {
    return false;
  }
  for (int bit = 0; bit < a.length; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((left->bytes[at] & mask) != (right->bytes[at] & mask)) return false;
  }
  return true;
}

/// The other interface of its namespace that is up and in one of its networks; null: none.
const LinkSettings* sister(const Facts& facts, const LinkSettings& own) {
  for (const LinkSettings& other : facts.settings) {
    if (other.netns != own.netns || other.index == own.index || !other.admin_up) continue;
    for (const Prefix& a : own.prefixes) {
      const bool shared = std::any_of(other.prefixes.begin(), other.prefixes.end(),
                                      [&](const Prefix& b) { return same_network(a, b); });
      if (shared) return &other;
    }
  }
  return nullptr;
}

std::string value_of(const Facts& facts, const LinkSettings& s, const char* setting,
                     Number Ipv4Settings::*which) {
  Number all;
  for (const NamespaceSettings& n : facts.namespaces) {
    if (n.netns == s.netns) all = n.all.*which;
  }
  return fmt::format("{} {} (interface {}, all {})", setting,
                     effective(facts, s, which).value_or(0), (s.ipv4.*which).value_or(0),
                     all.value_or(0));
}

void check_sisters(const Facts& facts, const LinkSettings& s, const hops::Link& link,
                   const LinkSettings& other, Findings& out) {
  const hops::Link* second = find_link(facts, other.netns, other.index);
  if (second == nullptr) return;
  const std::string prefix = command_prefix(facts, s.netns);
  const std::string both = fmt::format("{} has an address in the same network", second->name);
  if (effective(facts, s, &Ipv4Settings::rp_filter) == 1) {
    out.push_back({"net.rp_filter", Sure::Likely, link_name(facts, link),
                   value_of(facts, s, "rp_filter", &Ipv4Settings::rp_filter) + "; " + both,
                   fmt::format("{}sysctl -w net.ipv4.conf.{}.rp_filter=2", prefix, link.name)});
  }
  const bool first = s.index < other.index;  // one finding for the two of them
  if (first && effective(facts, s, &Ipv4Settings::arp_ignore) == 0 &&
      effective(facts, s, &Ipv4Settings::arp_filter) == 0) {
    out.push_back({"net.arp_flux", Sure::Possible, link_name(facts, link),
                   "arp_ignore 0, arp_filter 0; " + both,
                   fmt::format("{}sysctl -w net.ipv4.conf.all.arp_ignore=1 "
                               "net.ipv4.conf.all.arp_announce=2",
                               prefix)});
  }
}

}  // namespace

void check_addresses(const Facts& facts, Findings& out) {
  for (const LinkSettings& s : facts.settings) {
    const hops::Link* link = find_link(facts, s.netns, s.index);
    if (link == nullptr || !s.admin_up || link->name == "lo") continue;
    if (!has_keeper(facts, s.netns)) continue;
    if (effective(facts, s, &Ipv4Settings::arp_ignore) == 8 && !s.prefixes.empty()) {
      out.push_back({"net.arp_ignore", Sure::Certain, link_name(facts, *link),
                     value_of(facts, s, "arp_ignore", &Ipv4Settings::arp_ignore),
                     fmt::format("{}sysctl -w net.ipv4.conf.all.arp_ignore=0 "
                                 "net.ipv4.conf.{}.arp_ignore=1",
                                 command_prefix(facts, s.netns), link->name)});
    }
    if (const LinkSettings* other = sister(facts, s)) check_sisters(facts, s, *link, *other, out);
  }
}

void check_firewall(const Facts& facts, Findings& out) {
  for (const NamespaceSettings& n : facts.namespaces) {
    for (const FirewallRule& rule : n.dropping) {
      const bool keeper = has_keeper(facts, n.netns);
      const bool local = rule.hook == "input" || rule.hook == "output";
      if (local && !keeper) continue;
      if (!local && !rule.explicit_vrrp) continue;  // what is forwarded need not be VRRP
      const std::string netns = hops::namespace_text(facts.links, n.netns);
      out.push_back({rule.explicit_vrrp ? "firewall.drops_vrrp" : "firewall.policy_drop",
                     rule.explicit_vrrp ? Sure::Likely : Sure::Possible,
                     (netns.empty() ? "" : netns + ": ") + rule.chain,
                     fmt::format("{} (hook {})", rule.text, rule.hook),
                     rule.explicit_vrrp
                         ? fmt::format("{}nft -a list chain {}   # and delete it",
                                       command_prefix(facts, n.netns), rule.chain)
                         : fmt::format("{}nft insert rule {} meta l4proto 112 accept",
                                       command_prefix(facts, n.netns), rule.chain)});
    }
  }
}

}  // namespace alibi::doctor
