// SPDX-License-Identifier: Apache-2.0
// Rules are read after the first drop, once and again a little later: a counter that moved between
// the two readings has counted what was dropped meanwhile.
#include "investigate/rules/passage.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "investigate/drops.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

/// A queue is looked at every 5 s at least, and a reading may wait for another one: what was read
/// so much after still tells of the time before.
constexpr Duration kReadingSlack = 6s;

/// By where nftables and iptables hook (netfilter's inet and bridge families).
bool on_the_way(const std::string& hook, Way way) {
  const bool in = hook == "prerouting" || hook == "ingress";
  const bool out = hook == "postrouting" || hook == "egress";
  switch (way) {
    case Way::Out:
      return out || hook == "output";
    case Way::In:
      return in || hook == "input";
    case Way::Through:
      return in || out || hook == "forward";
  }
  return false;
}

std::string rule_text(const evidence::DroppingRule& rule) {
  if (rule.handle == 0)
    return fmt::format("the policy of chain `{}` drops, and no rule there accepts protocol 112",
                       rule.chain);
  return fmt::format("rule {} of chain `{}` drops{}", rule.handle, rule.chain,
                     rule.names_vrrp ? " protocol 112 or its group" : " packets");
}

/// The readings of one rule, the first and the last of them.
struct Readings {
  const evidence::DroppingRule* first = nullptr;
  const evidence::DroppingRule* last = nullptr;
};

}  // namespace

std::vector<std::string> filter_lines(const Scene& scene, std::uint64_t netns, Way way, Instant a,
                                      Instant b) {
  std::vector<std::string> lines;
  std::map<std::pair<std::string, std::int64_t>, Readings> rules;
  std::string change;
  for (const evidence::Event& event : scene.recording.events) {
    if (event.at > b + kReadingSlack) break;
    if (const auto* commit = std::get_if<evidence::RulesetChange>(&event.fact)) {
      if (commit->netns == netns && event.at <= b)
        change = fmt::format("{}: {} (pid {}) changed the nftables rules last",
                             clock_text(scene.recording, event.at), commit->process, commit->pid);
    }
    const auto* rule = std::get_if<evidence::DroppingRule>(&event.fact);
    if (rule == nullptr || rule->netns != netns || event.at < a) continue;
    if (!on_the_way(rule->hook, way)) continue;
    Readings& readings = rules[{rule->chain, rule->handle}];
    if (readings.first == nullptr) readings.first = rule;
    readings.last = rule;
  }
  if (!change.empty()) lines.push_back(change);
  for (const auto& [place, readings] : rules) {
    std::string line = rule_text(*readings.last);
    if (readings.last->packets >= 0)
      line += fmt::format("; its counter went from {} to {}", readings.first->packets,
                          readings.last->packets);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> dropped_between(const Scene& scene, evidence::TapId in,
                                         evidence::TapId out, Instant a, Instant b) {
  const evidence::Tap& first = scene.recording.taps[in];
  const evidence::Tap& second = scene.recording.taps[out];
  if (first.netns == 0 || first.netns != second.netns) return {};
  std::vector<Drop> drops = drops_of(scene.recording, scene.from, first.netns, a, b);
  // The kernel tells one of the two interfaces; other ones of this host are other segments.
  std::erase_if(drops, [&](const Drop& drop) {
    const int index = drop.packet->ifindex;
    return index != first.ifindex && index != second.ifindex;
  });
  if (drops.empty()) return {};
  std::vector<std::string> lines;
  for (const std::string& line : drop_lines(drops))
    lines.push_back("the kernel dropped " + line + ", between the two");
  if (std::ranges::any_of(drops, [](const Drop& drop) { return by_firewall(*drop.packet); })) {
    for (std::string& line : filter_lines(scene, first.netns, Way::Through, a, b))
      lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> queue_lines(const Scene& scene, evidence::TapId tap, Instant a,
                                     Instant b) {
  struct Counts {
    const evidence::QdiscCounters* before = nullptr;
    const evidence::QdiscCounters* after = nullptr;
  };
  std::map<std::string, Counts> queues;
  for (const evidence::Event& event : scene.recording.events) {
    if (event.at > b + kReadingSlack) break;
    const auto* queue = std::get_if<evidence::QdiscCounters>(&event.fact);
    if (queue == nullptr || queue->tap != tap) continue;
    Counts& counts = queues[queue->handle];
    if (event.at <= a || counts.before == nullptr) counts.before = queue;
    counts.after = queue;
  }
  std::vector<std::string> lines;
  for (const auto& [handle, counts] : queues) {
    // Another one may have been put in its place, which counts from 0.
    if (counts.after->dropped <= counts.before->dropped) continue;
    lines.push_back(fmt::format("tap {}: qdisc {} {} dropped {} packets and held {} at last",
                                scene.recording.taps[tap].label, counts.after->kind, handle,
                                counts.after->dropped - counts.before->dropped,
                                counts.after->queued_packets));
  }
  return lines;
}

std::vector<std::string> neighbour_lines(const Scene& scene, std::uint64_t netns, Instant a,
                                         Instant b) {
  std::set<std::string> told;
  std::vector<std::string> lines;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* neighbour = std::get_if<evidence::NeighbourChange>(&event.fact);
    if (neighbour == nullptr || neighbour->netns != netns || event.at < a || event.at > b) continue;
    const std::string address = neighbour->address.text();
    if (!told.insert(address + (neighbour->failed ? " failed" : "")).second) continue;
    lines.push_back(fmt::format(
        "{}: neighbour {} on {} {}", clock_text(scene.recording, event.at), address,
        neighbour->interface,
        neighbour->failed ? std::string("does not answer") : "is at " + neighbour->mac.text()));
  }
  return lines;
}

std::vector<std::string> port_lines(const Scene& scene, std::uint64_t netns, Instant a, Instant b) {
  std::vector<std::string> lines;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* port = std::get_if<evidence::BridgePortChange>(&event.fact);
    if (port == nullptr || port->netns != netns || event.at < a || event.at > b) continue;
    if (port->state == "forwarding") continue;
    lines.push_back(fmt::format("{}: port {} of a bridge is {}",
                                clock_text(scene.recording, event.at), port->interface,
                                port->state));
  }
  return lines;
}

}  // namespace alibi::investigate::rules
