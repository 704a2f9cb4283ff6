// SPDX-License-Identifier: Apache-2.0
// host.net.link_down of another interface than the one that carries the adverts: a daemon that
// tracks it (track_interface), or has another instance of the same group there, resigns or bids
// less as soon as it is told. One that advertises from the virtual MAC does so through a link of
// its own (use_vmac of keepalived, the macvlan of FRR's vrrpd), and cannot without it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

struct Down {
  Instant at = kNever;
  const evidence::LinkChange* change = nullptr;
};

/// The links of the sender's namespace, the tap's own apart, that went from usable to not within
/// [a, b] and stayed so until `b`.
std::map<int, Down> links_down(const Scene& scene, Instant a, Instant b) {
  const evidence::Tap& tap = scene.recording.taps[scene.from.origin().tap];
  std::map<int, Down> down;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* link = std::get_if<evidence::LinkChange>(&event.fact);
    if (link == nullptr || link->netns != tap.netns || link->ifindex == tap.ifindex) continue;
    if (event.at < a || event.at > b) continue;
    if (link->admin_up && link->carrier && !link->deleted) {
      down.erase(link->ifindex);
    } else if (link->was_usable) {
      down.emplace(link->ifindex, Down{event.at, link});
    }
  }
  return down;
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

std::string effect(const Scene& scene) {
  switch (scene.incident.kind) {
    case Kind::Resignation:
      return "then it resigned with priority 0";
    case Kind::Preemption:
      return fmt::format("then the advertised priority fell from {} to {}",
                         scene.incident.fell_from.value, scene.incident.from_priority.value);
    default:
      return "it advertised from the virtual MAC, and then waited for a timer of its own for " +
             share_text(scene, Doing::Idle);
  }
}

/// What came after it; that it came because of it is not recorded.
std::string_view sequel(const Scene& scene) {
  switch (scene.incident.kind) {
    case Kind::Resignation:
      return "resigned";
    case Kind::Preemption:
      return "advertised a lower priority";
    default:
      return "sent no advert";
  }
}

}  // namespace

std::optional<Finding> other_link_down(const Scene& scene) {
  if (!scene.sender) return std::nullopt;
  const std::optional<Window> when = window(scene);
  // Whether it tracks the link is not known. That who is told to end resigns is, and that it tracks
  // a script which it runs again and again.
  if (!when || admin_stopped(scene) || service_down(scene) || sent_and_lost(scene)) {
    return std::nullopt;
  }
  const std::map<int, Down> down = links_down(scene, when->begin, when->end);
  if (down.empty()) return std::nullopt;
  Finding finding{"host.net.link_down", "", {}, {}};
  std::string names;
  for (const auto& [index, link] : down) {
    names += (names.empty() ? "" : ", ") + link.change->interface;
    finding.evidence.push_back(fmt::format(
        "{}: rtnetlink says that {} {}", clock_text(scene.recording, link.at),
        link.change->interface,
        link.change->deleted ? "is gone"
                             : (link.change->admin_up ? "lost its carrier" : "is down")));
  }
  const std::string& host = scene.recording.taps[scene.from.origin().tap].host;
  finding.headline =
      fmt::format("the link{} {}{} went down, then {} {}", down.size() == 1 ? "" : "s", names,
                  host.empty() ? "" : " of " + host, sender_text(scene), sequel(scene));
  finding.evidence.push_back(effect(scene));
  finding.missing.push_back("whether it tracks that link: its configuration is not recorded");
  return finding;
}

}  // namespace alibi::investigate::rules
