// SPDX-License-Identifier: Apache-2.0
// host.net.link_down of another interface than the one that carries the adverts: a daemon that
// tracks it (track_interface), or has another instance of the same group there, resigns or bids
// less as soon as it is told.
#include <fmt/format.h>

#include <algorithm>
#include <map>

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

}  // namespace

std::optional<Finding> other_link_down(const Scene& scene) {
  const Incident& incident = scene.incident;
  const bool outbid = incident.kind == Kind::Preemption && incident.fell_from.value > 0;
  if (!scene.sender || (incident.kind != Kind::Resignation && !outbid)) return std::nullopt;
  const Instant acted = outbid ? incident.fell_at : incident.silent_since;
  // It resigns at once; a priority that fell is told by the next advert.
  const Duration longest =
      outbid ? incident.interval + incident.interval / 4 + 100ms : Duration(500ms);
  const std::map<int, Down> down = links_down(scene, acted - longest, acted + 5ms);
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
  finding.headline = fmt::format("the link {}{} went down, and {} acted on it", names,
                                 host.empty() ? "" : " of " + host, sender_text(scene));
  finding.evidence.push_back(outbid ? fmt::format("then the advertised priority fell from {} to {}",
                                                  incident.fell_from.value,
                                                  incident.from_priority.value)
                                    : "then it resigned with priority 0");
  return finding;
}

}  // namespace alibi::investigate::rules
