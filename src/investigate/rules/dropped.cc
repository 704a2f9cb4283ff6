// SPDX-License-Identifier: Apache-2.0
// host.net.firewall, host.net.qdisc, peer.firewall: the kernel itself says that it dropped the
// adverts and why. A tap sees what comes in before the packet filter, and what goes out behind the
// filter and the queue.
#include <fmt/format.h>

#include <algorithm>

#include "investigate/drops.h"
#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

using Reason = bool (*)(const evidence::PacketDropped&);

void add_drops(const Scene& scene, const std::vector<Drop>& drops, Finding& finding) {
  for (const std::string& line : drop_lines(drops)) {
    finding.evidence.push_back("the kernel dropped " + line);
  }
  finding.evidence.push_back(fmt::format("from {} to {}",
                                         clock_text(scene.recording, drops.front().at),
                                         clock_text(scene.recording, drops.back().at)));
}

/// The adverts that were due before the hand-over and were dropped on their way out, when they are
/// all of them but one: the last may have been due a moment later.
std::vector<Drop> dropped_at_sender(const Scene& scene, Reason reason) {
  if (scene.where.origin != Origin::Sender || scene.incident.interval <= Duration{0}) return {};
  const Duration interval = scene.incident.interval;
  const Instant last = scene.where.bad().last;
  const Instant until = std::min(scene.incident.at, scene.where.bad().next);
  auto drops =
      drops_of(scene.recording, scene.from, scene.recording.taps[scene.from.origin().tap].netns,
               last + interval / 2, until);
  std::erase_if(drops,
                [&](const Drop& drop) { return !drop.packet->outgoing || !reason(*drop.packet); });
  const auto due = static_cast<std::size_t>((until - last) / interval);
  return drops.empty() || drops.size() + 1 < due ? std::vector<Drop>{} : drops;
}

}  // namespace

std::optional<Finding> firewall(const Scene& scene) {
  const std::vector<Drop> drops = dropped_at_sender(scene, by_firewall);
  if (drops.empty()) return std::nullopt;
  Finding finding{
      "host.net.firewall",
      fmt::format("a packet filter on its own host dropped what {} sent", sender_text(scene)),
      {},
      {}};
  add_drops(scene, drops, finding);
  return finding;
}

std::optional<Finding> qdisc(const Scene& scene) {
  const std::vector<Drop> drops = dropped_at_sender(scene, by_qdisc);
  if (drops.empty()) return std::nullopt;
  Finding finding{
      "host.net.qdisc",
      fmt::format("the queue of its own interface dropped what {} sent", sender_text(scene)),
      {},
      {}};
  add_drops(scene, drops, finding);
  return finding;
}

std::optional<Finding> peer_firewall(const Scene& scene) {
  if (scene.where.origin != Origin::Nowhere || !scene.receiver) return std::nullopt;
  const Unheeded& unheeded = scene.receiver->unheeded;
  const evidence::Tap& tap = scene.recording.taps[unheeded.tap];
  constexpr Duration kOnItsWay = 50ms;
  auto drops = drops_of(scene.recording, scene.from, tap.netns, unheeded.arrived.front() - 2ms,
                        unheeded.arrived.back() + kOnItsWay);
  std::erase_if(
      drops, [](const Drop& drop) { return drop.packet->outgoing || !by_firewall(*drop.packet); });
  // Each that got through would have been enough.
  const bool all =
      std::all_of(unheeded.arrived.begin(), unheeded.arrived.end(), [&](Instant arrived) {
        return std::any_of(drops.begin(), drops.end(), [&](const Drop& drop) {
          return drop.at >= arrived - 2ms && drop.at <= arrived + kOnItsWay;
        });
      });
  if (!all) return std::nullopt;
  Finding finding{
      "peer.firewall",
      fmt::format("a packet filter on {} dropped the adverts that had arrived at tap {}",
                  tap.host.empty() ? std::string("the receiver") : tap.host, tap.label),
      {},
      {}};
  add_drops(scene, drops, finding);
  return finding;
}

}  // namespace alibi::investigate::rules
