// SPDX-License-Identifier: Apache-2.0
// host.net.firewall, host.net.qdisc, host.net.neighbour, peer.firewall, peer.route, peer.rejects:
// the kernel itself says that it dropped the adverts and why. A tap sees what comes in before the
// packet filter, and what goes out behind the filter and the queue.
#include <fmt/format.h>

#include <algorithm>

#include "investigate/drops.h"
#include "investigate/rules/passage.h"
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

void add_lines(const std::vector<std::string>& lines, Finding& finding) {
  finding.evidence.insert(finding.evidence.end(), lines.begin(), lines.end());
}

std::uint64_t netns_of(const Scene& scene, evidence::TapId tap) {
  return scene.recording.taps[tap].netns;
}

/// The drops at the sender in the gap, on the way out and for this reason, up to `end`.
std::vector<Drop> drops_at_sender(const Scene& scene, Reason reason, Instant end) {
  auto drops = drops_of(scene.recording, scene.from, netns_of(scene, scene.from.origin().tap),
                        scene.where.bad().last + scene.incident.interval / 2, end);
  std::erase_if(drops,
                [&](const Drop& drop) { return !drop.packet->outgoing || !reason(*drop.packet); });
  return drops;
}

/// Are they all the adverts that were due up to `until`, but one, which may have been due a moment
/// later?
bool all_due(const Scene& scene, const std::vector<Drop>& drops, Instant until) {
  const auto due =
      static_cast<std::size_t>((until - scene.where.bad().last) / scene.incident.interval);
  return !drops.empty() && drops.size() + 1 >= due;
}

bool silent_at_sender(const Scene& scene) {
  return scene.where.origin == Origin::Sender && scene.incident.interval > Duration{0};
}

/// The adverts that were due before the hand-over, when they were dropped on their way out.
std::vector<Drop> dropped_at_sender(const Scene& scene, Reason reason) {
  if (!silent_at_sender(scene)) return {};
  const Instant until = std::min(scene.incident.at, scene.where.bad().next);
  const auto drops = drops_at_sender(scene, reason, until);
  // Two that were dropped at once are not the adverts of two intervals.
  std::vector<Drop> apart;
  for (const Drop& drop : drops) {
    if (apart.empty() || drop.at - apart.back().at >= scene.incident.interval / 2) {
      apart.push_back(drop);
    }
  }
  return all_due(scene, apart, until) ? drops : std::vector<Drop>{};
}

std::string receiving_host(const Scene& scene) {
  const evidence::Tap& tap = scene.recording.taps[scene.receiver->unheeded.tap];
  return tap.host.empty() ? std::string("the receiver") : tap.host;
}

std::string receiving_tap(const Scene& scene) {
  return scene.recording.taps[scene.receiver->unheeded.tap].label;
}

/// The drops at the receiver for this reason, when every advert that had arrived met one: each that
/// got through would have been enough.
std::vector<Drop> dropped_at_receiver(const Scene& scene, Reason reason) {
  if (scene.where.origin != Origin::Nowhere || !scene.receiver) return {};
  const Unheeded& unheeded = scene.receiver->unheeded;
  constexpr Duration kOnItsWay = 50ms;
  auto drops = drops_of(scene.recording, scene.from, netns_of(scene, unheeded.tap),
                        unheeded.arrived.front() - 2ms, unheeded.arrived.back() + kOnItsWay);
  std::erase_if(drops,
                [&](const Drop& drop) { return drop.packet->outgoing || !reason(*drop.packet); });
  const bool all =
      std::all_of(unheeded.arrived.begin(), unheeded.arrived.end(), [&](Instant arrived) {
        return std::any_of(drops.begin(), drops.end(), [&](const Drop& drop) {
          return drop.at >= arrived - 2ms && drop.at <= arrived + kOnItsWay;
        });
      });
  return all ? drops : std::vector<Drop>{};
}

/// Was every advert that arrived meant for the receiver's own address? A tap also sees those that
/// a switch floods on their way to other unicast peers.
bool all_for_receiver(const Scene& scene) {
  const Unheeded& unheeded = scene.receiver->unheeded;
  return std::all_of(scene.recording.heartbeats.begin(), scene.recording.heartbeats.end(),
                     [&](const evidence::Heartbeat& packet) {
                       const bool theirs = packet.tap == unheeded.tap &&
                                           packet.packet.source == scene.from.source &&
                                           packet.at >= unheeded.arrived.front() - 2ms &&
                                           packet.at <= unheeded.arrived.back() + 2ms;
                       return !theirs || packet.packet.destination == scene.to.source;
                     });
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
  add_lines(filter_lines(scene, netns_of(scene, scene.from.origin().tap), Way::Out,
                         drops.front().at, drops.back().at),
            finding);
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
  add_lines(queue_lines(scene, scene.from.origin().tap, drops.front().at, drops.back().at),
            finding);
  return finding;
}

std::optional<Finding> neighbour(const Scene& scene) {
  if (!silent_at_sender(scene)) return std::nullopt;
  // They wait together until the kernel gives the question up: after three times a second (arp(7)),
  // and a little for its timers. The last few may not have been given up yet.
  constexpr Duration kGivesUp = 4s;
  const Instant until = std::min(scene.incident.at, scene.where.bad().next);
  const std::vector<Drop> drops = drops_at_sender(scene, by_neighbour, scene.where.bad().next);
  if (drops.empty() || until - drops.back().at > kGivesUp) return std::nullopt;
  if (!all_due(scene, drops, std::min(until, drops.back().at))) return std::nullopt;
  Finding finding{"host.net.neighbour",
                  fmt::format("what {} sent waited for the MAC address of its peer, which did not "
                              "answer",
                              sender_text(scene)),
                  {},
                  {}};
  add_drops(scene, drops, finding);
  add_lines(neighbour_lines(scene, netns_of(scene, scene.from.origin().tap), scene.where.bad().last,
                            until),
            finding);
  return finding;
}

std::optional<Finding> peer_firewall(const Scene& scene) {
  const std::vector<Drop> drops = dropped_at_receiver(scene, by_firewall);
  if (drops.empty()) return std::nullopt;
  Finding finding{
      "peer.firewall",
      fmt::format("a packet filter on {} dropped the adverts that had arrived at tap {}",
                  receiving_host(scene), receiving_tap(scene)),
      {},
      {}};
  add_drops(scene, drops, finding);
  add_lines(filter_lines(scene, netns_of(scene, scene.receiver->unheeded.tap), Way::In,
                         drops.front().at, drops.back().at),
            finding);
  return finding;
}

std::optional<Finding> peer_route(const Scene& scene) {
  const std::vector<Drop> drops = dropped_at_receiver(scene, by_reverse_path);
  if (drops.empty()) return std::nullopt;
  Finding finding{
      "peer.route",
      fmt::format("{} dropped the adverts that had arrived at tap {}: by its routes, "
                  "{} is not behind that interface (rp_filter)",
                  receiving_host(scene), receiving_tap(scene), scene.from.source.text()),
      {},
      {}};
  add_drops(scene, drops, finding);
  return finding;
}

std::optional<Finding> peer_other_mac(const Scene& scene) {
  const std::vector<Drop> drops = dropped_at_receiver(scene, by_other_mac);
  if (drops.empty() || !all_for_receiver(scene)) return std::nullopt;
  Finding finding{
      "peer.rejects",
      fmt::format("{} does not heed {}: the adverts that arrive at tap {} are for its "
                  "address, but their frames for another MAC address",
                  scene.to.source.text(), scene.from.source.text(), receiving_tap(scene)),
      {},
      {}};
  add_drops(scene, drops, finding);
  return finding;
}

}  // namespace alibi::investigate::rules
