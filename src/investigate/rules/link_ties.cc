// SPDX-License-Identifier: Apache-2.0
// A link is a reason where the daemon cannot do without it: its own (keepalived.conf(5), interface,
// use_vmac), one that it tracks without weight, those of its sync group; for a lower priority where
// the weights of the tracked links that went down are the step.
#include "investigate/rules/link_ties.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "investigate/configured.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

using evidence::ConfiguredRouter;
using evidence::TrackedObject;

/// The links of the sender's namespace, the tap's own apart, that went from usable to not within
/// [a, b] and stayed so until `b`.
std::vector<DownLink> links_down(const Scene& scene, Instant a, Instant b) {
  const evidence::Tap& tap = scene.recording.taps[scene.from.origin().tap];
  std::map<int, DownLink> down;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* link = std::get_if<evidence::LinkChange>(&event.fact);
    if (link == nullptr || link->netns != tap.netns || link->ifindex == tap.ifindex) continue;
    if (event.at < a || event.at > b) continue;
    if (link->admin_up && link->carrier && !link->deleted) {
      down.erase(link->ifindex);
    } else if (link->was_usable) {
      down.emplace(link->ifindex, DownLink{event.at, link, {}});
    }
  }
  std::vector<DownLink> found;
  for (const auto& [index, link] : down) found.push_back(link);
  return found;
}

/// RFC 9568, 7.3: 00-00-5E-00-01-{VRID} for IPv4, 00-00-5E-00-02-{VRID} for IPv6.
bool from_virtual_mac(const Stream& from) {
  const auto& octets = from.source_mac.bytes;
  return octets[0] == 0 && octets[1] == 0 && octets[2] == 0x5e && octets[3] == 0 &&
         (octets[4] == 1 || octets[4] == 2) && octets[5] == from.router.vrid.value;
}

/// Where a link must have gone down to be what the daemon acted on.
struct Window {
  Instant begin;
  Instant end;
};

std::optional<Window> window(const Scene& scene) {
  // It resigns as soon as it is told. What went down after it had done so is its own work: FRR's
  // vrrpd takes down the link of the virtual address, keepalived deletes it.
  constexpr Duration kAtOnce = 100ms;
  const Incident& incident = scene.incident;
  if (!scene.sender || sent_and_lost(scene)) return std::nullopt;
  if (incident.kind == Kind::Resignation) {
    return Window{incident.silent_since - kAtOnce, incident.silent_since};
  }
  if (incident.kind == Kind::Preemption) {
    if (incident.fell_from.value == 0) return std::nullopt;
    // The next advert tells the lower priority.
    const Beat* before = Stream::last_until(scene.from.origin(), incident.fell_at - 1ns);
    if (before == nullptr) return std::nullopt;
    return Window{before->at, incident.fell_at};
  }
  if (!scene.at_sender() || !from_virtual_mac(scene.from)) return std::nullopt;
  if (!scene.account || !dominates(scene, Doing::Idle)) return std::nullopt;
  return Window{scene.account->begin, scene.account->due};
}

enum class Tie : std::uint8_t { None, Needed, Weighted, Unclear };

const TrackedObject* tracked_link(const ConfiguredRouter& router, const std::string& name) {
  for (const TrackedObject& object : router.tracks) {
    if (object.kind == TrackedObject::Kind::Interface && object.name == name) return &object;
  }
  return nullptr;
}

bool is_own(const ConfiguredRouter& router, const std::string& name) {
  return router.virtual_mac_link == name || (router.interface == name && router.track_primary);
}

/// What the router has to do with the link; `line` says it.
Tie tie_to(const Scene& scene, const ConfigView& view, const std::string& name, std::string& line) {
  line = fmt::format("{} does not depend on {}", file_text(scene, view), name);
  for (const ConfiguredRouter* each : view.group) {
    const TrackedObject* object = tracked_link(*each, name);
    const std::string whose =
        each == view.router ? "" : fmt::format(" of {}, of its sync group", each->instance);
    if (is_own(*each, name)) {
      line = fmt::format("{} is an interface of its own{}, by {}", name, whose,
                         file_text(scene, view));
      return Tie::Needed;
    }
    if (object == nullptr || object->reverse) continue;
    line = fmt::format("it has {}{}, by {}", tracked_text(*object), whose, file_text(scene, view));
    if (object->weight == 0) return Tie::Needed;
    if (each == view.router) return Tie::Weighted;
  }
  for (const ConfiguredRouter* each : view.group) {
    const auto& links = each->address_links;
    if (std::find(links.begin(), links.end(), name) == links.end()) continue;
    line = fmt::format("{} carries addresses or routes of it, by {}", name, file_text(scene, view));
    return Tie::Unclear;
  }
  return Tie::None;
}

/// The sum of the weights of the tracked links among `down`.
int weight_of(const ConfigView& view, const std::vector<DownLink>& down) {
  int sum = 0;
  for (const DownLink& link : down) {
    const TrackedObject* object =
        view.router == nullptr ? nullptr : tracked_link(*view.router, link.change->interface);
    if (object != nullptr && !object->reverse) sum += std::abs(object->weight);
  }
  return sum;
}

enum class Place : std::uint8_t { Reason, Cleared, Unsure };

/// Where a tie puts a link. Without it none resigns for a weight, and none bids less for a FAULT.
Place place_of(const Scene& scene, const ConfigView& view, Tie tie,
               const std::vector<DownLink>& down) {
  if (tie == Tie::Unclear) return Place::Unsure;
  if (scene.incident.kind != Kind::Preemption) {
    return tie == Tie::Needed ? Place::Reason : Place::Cleared;
  }
  if (tie == Tie::None) return Place::Cleared;
  if (tie == Tie::Needed) return Place::Unsure;
  const Beat* after = Stream::last_until(scene.from.origin(), scene.incident.fell_at);
  const bool fits = after != nullptr &&
                    explains_step(weight_of(view, down), scene.incident.fell_from, after->priority);
  return fits ? Place::Reason : Place::Unsure;
}

void judge(const Scene& scene, const Configured& known, const std::vector<DownLink>& down,
           DownLink link, LinkTies& ties) {
  // A link with the MAC address that the adverts came from was theirs, whatever is configured.
  if (from_virtual_mac(scene.from) && link.change->mac == scene.from.source_mac &&
      scene.incident.kind != Kind::Preemption) {
    link.tie = link.change->interface + " has the virtual MAC address that it advertised from";
    ties.reasons.push_back(std::move(link));
    return;
  }
  if (!known.known()) {
    link.tie = known.why;
    ties.unsure.push_back(std::move(link));
    return;
  }
  std::optional<Place> place;
  for (const ConfigView& view : known.views) {
    std::string line;
    const Place here =
        place_of(scene, view, tie_to(scene, view, link.change->interface, line), down);
    if (!place) link.tie = line;
    if (place && *place != here) {
      link.tie = "it was just reading a configuration that says otherwise: " + line;
    }
    place = place.value_or(here) == here ? here : Place::Unsure;
  }
  auto& list = place == Place::Reason    ? ties.reasons
               : place == Place::Cleared ? ties.cleared
                                         : ties.unsure;
  list.push_back(std::move(link));
}

}  // namespace

LinkTies link_ties(const Scene& scene) {
  LinkTies ties;
  const std::optional<Window> when = window(scene);
  if (!when) return ties;
  const std::vector<DownLink> down = links_down(scene, when->begin, when->end);
  if (down.empty()) return ties;
  const Configured known = configured(scene, when->begin, when->end);
  for (const DownLink& link : down) judge(scene, known, down, link, ties);
  return ties;
}

}  // namespace alibi::investigate::rules
