// SPDX-License-Identifier: Apache-2.0
// Names of reasons checked in Linux 6.1 and 6.18 (include/net/dropreason-core.h).
#include "investigate/drops.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace alibi::investigate {

std::vector<Drop> drops_of(const evidence::Recording& recording, const Stream& stream,
                           std::uint64_t netns, Instant a, Instant b) {
  std::vector<Drop> drops;
  for (const evidence::Event& event : recording.events) {
    if (event.at < a || event.at > b) continue;
    const auto* packet = std::get_if<evidence::PacketDropped>(&event.fact);
    const bool ours = packet != nullptr && netns != 0 && packet->netns == netns &&
                      packet->source == stream.source && packet->vrid == stream.router.vrid.value;
    if (ours) drops.push_back({event.at, packet});
  }
  return drops;
}

bool by_firewall(const evidence::PacketDropped& packet) {
  static constexpr std::array<std::string_view, 4> kFilters = {"NETFILTER_DROP", "TC_INGRESS",
                                                               "TC_EGRESS", "BPF_CGROUP_EGRESS"};
  return std::find(kFilters.begin(), kFilters.end(), packet.reason) != kFilters.end();
}

bool by_qdisc(const evidence::PacketDropped& packet) { return packet.reason.starts_with("QDISC_"); }

bool by_neighbour(const evidence::PacketDropped& packet) {
  return packet.reason == "NEIGH_FAILED" || packet.reason == "NEIGH_QUEUEFULL";
}

bool by_reverse_path(const evidence::PacketDropped& packet) {
  return packet.reason == "IP_RPFILTER";
}

bool by_other_mac(const evidence::PacketDropped& packet) { return packet.reason == "OTHERHOST"; }

std::vector<std::string> drop_lines(const std::vector<Drop>& drops) {
  std::map<std::string, int> counts;
  for (const Drop& drop : drops) {
    const std::string& function = drop.packet->function;
    ++counts[drop.packet->reason + (function.empty() ? "" : " in " + function)];
  }
  std::vector<std::string> lines;
  for (const auto& [why, count] : counts) {
    lines.push_back(fmt::format("{} advert{}, {}", count, count == 1 ? "" : "s", why));
  }
  return lines;
}

}  // namespace alibi::investigate
