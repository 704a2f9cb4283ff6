// SPDX-License-Identifier: Apache-2.0
// host.net.address_removed: the address that the daemon advertised from was taken off its
// interface, and a router without an address of its own cannot advertise.
#include <fmt/format.h>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

/// When the source of the adverts was removed within [a, b] and not put back by `b`; kNever if it
/// was not. Virtual addresses do not count: who resigns takes them off itself.
Instant source_removed(const Scene& scene, Instant a, Instant b) {
  const evidence::Tap& tap = scene.recording.taps[scene.from.origin().tap];
  Instant removed = kNever;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* change = std::get_if<evidence::AddressChange>(&event.fact);
    if (change == nullptr || tap.netns == 0 || change->netns != tap.netns) continue;
    if (change->ifindex != tap.ifindex || change->address != scene.from.source) continue;
    if (event.at < a || event.at > b) continue;
    removed = change->added ? kNever : event.at;
  }
  return removed;
}

}  // namespace

std::optional<Finding> address_removed(const Scene& scene) {
  if (!scene.sender || !scene.at_sender()) return std::nullopt;
  const Incident& incident = scene.incident;
  Instant removed = kNever;
  if (incident.kind == Kind::Resignation) {
    removed = source_removed(scene, incident.silent_since - 500ms, incident.silent_since + 5ms);
  } else if (scene.account && dominates(scene, Doing::Idle) && !sent_and_lost(scene)) {
    removed = source_removed(scene, scene.account->begin - 100ms, scene.account->due);
  }
  if (removed == kNever) return std::nullopt;
  const evidence::Tap& tap = scene.recording.taps[scene.from.origin().tap];
  Finding finding{"host.net.address_removed",
                  fmt::format("{}, from which {} advertised, was removed from {}",
                              scene.from.source.text(), sender_text(scene), tap.interface),
                  {},
                  {}};
  finding.evidence.push_back(
      fmt::format("{}: rtnetlink says removed", clock_text(scene.recording, removed)));
  finding.evidence.push_back(incident.kind == Kind::Resignation
                                 ? "then it resigned with priority 0"
                                 : "then waiting for a timer of its own for " +
                                       share_text(scene, Doing::Idle));
  return finding;
}

}  // namespace alibi::investigate::rules
