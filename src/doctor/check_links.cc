// SPDX-License-Identifier: Apache-2.0
// Queues, managers and MTUs of interfaces.
#include <fmt/format.h>

#include <algorithm>

#include "doctor/checks.h"

namespace alibi::doctor {
namespace {

constexpr std::int64_t kShortTapQueue = 500;  // the kernel's default is 1000 (drivers/net/tun.c)

void check_tap(const Facts& facts, const hops::Link& link, const LinkSettings& s, Findings& out) {
  const std::int64_t dropped = s.tx_dropped.value_or(0);
  if (s.tx_queue_length && *s.tx_queue_length < kShortTapQueue) {
    out.push_back({"link.short_queue", dropped > 0 ? Sure::Likely : Sure::Possible,
                   link_name(facts, link),
                   fmt::format("txqueuelen {}, {} frames dropped so far; held by {}",
                               *s.tx_queue_length, dropped, link.holder),
                   fmt::format("{}ip link set dev {} txqueuelen 1000",
                               command_prefix(facts, link.id.netns), link.name)});
  } else if (dropped > 0) {
    out.push_back({"link.tap_drops", Sure::Possible, link_name(facts, link),
                   fmt::format("tx_dropped {}; held by {}", dropped, link.holder), ""});
  }
}

void check_queue(const Facts& facts, const hops::Link& link, const LinkSettings& s, Findings& out) {
  if (s.qdisc_drops.value_or(0) == 0) return;
  out.push_back(
      {"link.qdisc_drops", Sure::Possible, link_name(facts, link),
       fmt::format("{} has dropped {} packets", s.qdisc, *s.qdisc_drops),
       fmt::format("{}tc -s qdisc show dev {}", command_prefix(facts, link.id.netns), link.name)});
}

/// networkd keeps foreign addresses with KeepConfiguration=yes or static (systemd.network(5)).
void check_manager(const Facts& facts, const hops::Link& link, const LinkSettings& s,
                   Findings& out) {
  if (s.managed_by.empty()) return;
  const bool networkd = s.managed_by == "systemd-networkd";
  if (networkd && (s.keep_configuration == "yes" || s.keep_configuration == "static" ||
                   s.keep_configuration == "true" || s.keep_configuration == "on" ||
                   s.keep_configuration == "1")) {
    return;
  }
  std::string seen = fmt::format("managed by {}", s.managed_by);
  if (!s.manager_file.empty()) seen += " by " + s.manager_file;
  if (networkd) {
    seen += s.keep_configuration.empty() ? ", KeepConfiguration not set"
                                         : ", KeepConfiguration=" + s.keep_configuration;
  }
  out.push_back(
      {"link.manager", networkd ? Sure::Likely : Sure::Possible, link_name(facts, link), seen,
       networkd ? fmt::format("printf '[Network]\\nKeepConfiguration=yes\\n' in {}.d/"
                              "keep.conf, then networkctl reload",
                              s.manager_file.empty() ? "its .network file" : s.manager_file)
                : fmt::format("nmcli device set {} managed no", link.name)});
}

void mtu(const Facts& facts, const hops::Link& small, const std::string& seen, Findings& out) {
  out.push_back({"link.mtu", Sure::Possible, link_name(facts, small), seen, ""});
}

/// What a tunnel puts around a frame: RFC 7348 section 5, RFC 8926 section 3.
unsigned overhead(const hops::Link& tunnel) {
  if (tunnel.kind != "vxlan" && tunnel.kind != "geneve") return 0;
  const auto& remotes = tunnel.tunnel->remotes;
  const bool v6 = !remotes.empty() && remotes.front().family == wire::Family::V6;
  return 14 + 8 + 8 + (v6 ? 40 : 20);
}

void check_bridge_mtu(const Facts& facts, const hops::Link& bridge, Findings& out) {
  const hops::Link* small = nullptr;
  const hops::Link* large = nullptr;
  for (const hops::Link& port : facts.links.links) {
    if (port.master != bridge.id.index || port.id.netns != bridge.id.netns || port.mtu == 0) {
      continue;
    }
    if (small == nullptr || port.mtu < small->mtu) small = &port;
    if (large == nullptr || port.mtu > large->mtu) large = &port;
  }
  if (small == nullptr || small->mtu == large->mtu) return;
  mtu(facts, *small,
      fmt::format("mtu {}; {} on the same bridge {} has {}", small->mtu, large->name, bridge.name,
                  large->mtu),
      out);
}

}  // namespace

void check_links(const Facts& facts, Findings& out) {
  for (const LinkSettings& s : facts.settings) {
    const hops::Link* link = find_link(facts, s.netns, s.index);
    if (link == nullptr || link->name == "lo") continue;
    if (link->kind == "tun" && !link->holder.empty()) check_tap(facts, *link, s, out);
    if (!has_keeper(facts, s.netns) || s.prefixes.empty()) continue;
    check_queue(facts, *link, s, out);
    check_manager(facts, *link, s, out);
  }
}

void check_mtu(const Facts& facts, Findings& out) {
  for (const hops::Link& link : facts.links.links) {
    if (link.kind == "bridge" && carries_vrrp(facts, link) != Vrrp::None) {
      check_bridge_mtu(facts, link, out);
    }
    const hops::Link* peer =
        link.kind == "veth" ? find_link(facts, link.other.netns, link.other.index) : nullptr;
    if (peer != nullptr && link.mtu < peer->mtu &&
        (has_keeper(facts, link.id.netns) || has_keeper(facts, peer->id.netns))) {
      mtu(facts, link,
          fmt::format("mtu {}; its other end {} has {}", link.mtu, link_name(facts, *peer),
                      peer->mtu),
          out);
    }
    if (!link.tunnel || link.tunnel->under.index == 0) continue;
    const hops::Link* under = find_link(facts, link.tunnel->under.netns, link.tunnel->under.index);
    const unsigned more = overhead(link);
    if (under == nullptr || more == 0 || link.mtu + more <= under->mtu) continue;
    mtu(facts, link,
        fmt::format("mtu {}, which needs {} below; {} has {}", link.mtu, link.mtu + more,
                    under->name, under->mtu),
        out);
  }
}

}  // namespace alibi::doctor
