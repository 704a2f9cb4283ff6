// SPDX-License-Identifier: Apache-2.0
// host.net.address_removed: the address that the daemon advertised from was taken off its
// interface, and a router without an address of its own cannot advertise.
#include <fmt/format.h>

#include <set>

#include "investigate/configured.h"
#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

struct Removed {
  Instant at = kNever;
  wire::IpAddress address;
  std::string interface;
  std::string whose;  ///< " for VJ, of its sync group"
};

/// When `source` was removed from a link of the sender's namespace within [a, b] and not put back
/// by `b`; kNever if it was not. Virtual addresses are no source: who resigns takes them off.
template <typename IsLink>
Instant removed_from(const Scene& scene, const IsLink& is_link, const wire::IpAddress& source,
                     Instant a, Instant b) {
  const std::uint64_t netns = scene.recording.taps[scene.from.origin().tap].netns;
  Instant removed = kNever;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* change = std::get_if<evidence::AddressChange>(&event.fact);
    if (change == nullptr || netns == 0 || change->netns != netns) continue;
    if (!is_link(*change) || change->address != source) continue;
    if (event.at < a || event.at > b) continue;
    removed = change->added ? kNever : event.at;
  }
  return removed;
}

Removed own_source(const Scene& scene, Instant a, Instant b) {
  const evidence::Tap& tap = scene.recording.taps[scene.from.origin().tap];
  const auto is_link = [&](const evidence::AddressChange& change) {
    return change.ifindex == tap.ifindex;
  };
  return {
      removed_from(scene, is_link, scene.from.source, a, b), scene.from.source, tap.interface, {}};
}

/// What the router of the group advertised from, in the sender's namespace.
std::set<wire::IpAddress> sources_of(const Scene& scene, const evidence::ConfiguredRouter& router) {
  const std::uint64_t netns = scene.recording.taps[scene.from.origin().tap].netns;
  std::set<wire::IpAddress> sources;
  for (const evidence::Heartbeat& beat : scene.recording.heartbeats) {
    const bool ours = beat.direction == evidence::Direction::Out &&
                      beat.packet.decoded.advertisement.vrid.value == router.vrid &&
                      static_cast<int>(beat.packet.source.family) == router.family &&
                      scene.recording.taps[beat.tap].netns == netns;
    if (ours) sources.insert(beat.packet.source);
  }
  return sources;
}

/// The same of another router of its sync group: one that cannot advertise takes them all along.
Removed source_of_group(const Scene& scene, Instant a, Instant b) {
  const Configured known = configured(scene, a, b);
  if (!known.known() || known.views.size() != 1) return {};
  for (const evidence::ConfiguredRouter* each : known.views.front().group) {
    if (each == known.views.front().router) continue;
    const auto is_link = [&](const evidence::AddressChange& change) {
      return change.interface == each->interface;
    };
    for (const wire::IpAddress& source : sources_of(scene, *each)) {
      const Instant at = removed_from(scene, is_link, source, a, b);
      if (at == kNever) continue;
      return {at, source, each->interface,
              fmt::format(" for {}, of its sync group by {}", each->instance,
                          file_text(scene, known.views.front()))};
    }
  }
  return {};
}

}  // namespace

std::optional<Finding> address_removed(const Scene& scene) {
  if (!scene.sender || !scene.at_sender()) return std::nullopt;
  const Incident& incident = scene.incident;
  Removed removed;
  if (incident.kind == Kind::Resignation) {
    const Instant a = incident.silent_since - 500ms;
    const Instant b = incident.silent_since + 5ms;
    removed = own_source(scene, a, b);
    if (removed.at == kNever) removed = source_of_group(scene, a, b);
  } else if (scene.account && dominates(scene, Doing::Idle) && !sent_and_lost(scene)) {
    removed = own_source(scene, scene.account->begin - 100ms, scene.account->due);
  }
  if (removed.at == kNever) return std::nullopt;
  Finding finding{
      "host.net.address_removed",
      fmt::format("{}, from which {} advertised{}, was removed from {}", removed.address.text(),
                  sender_text(scene), removed.whose, removed.interface),
      {},
      {}};
  finding.evidence.push_back(
      fmt::format("{}: rtnetlink says removed", clock_text(scene.recording, removed.at)));
  finding.evidence.push_back(incident.kind == Kind::Resignation
                                 ? "then it resigned with priority 0"
                                 : "then waiting for a timer of its own for " +
                                       share_text(scene, Doing::Idle));
  return finding;
}

}  // namespace alibi::investigate::rules
