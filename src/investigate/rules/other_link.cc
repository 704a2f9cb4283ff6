// SPDX-License-Identifier: Apache-2.0
// host.net.link_down of another interface than the one that carries the adverts: a daemon that
// tracks it (track_interface), or has another instance of the same group there, resigns or bids
// less as soon as it is told. One that advertises from the virtual MAC does so through a link of
// its own (use_vmac of keepalived, the macvlan of FRR's vrrpd), and cannot without it.
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "investigate/rules/link_ties.h"
#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

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

std::string_view state(const evidence::LinkChange& link) {
  if (link.deleted) return "is gone";
  return link.admin_up ? "lost its carrier" : "is down";
}

}  // namespace

std::optional<Finding> other_link_down(const Scene& scene) {
  const LinkTies ties = link_ties(scene);
  if (ties.reasons.empty()) return std::nullopt;
  Finding finding{"host.net.link_down", "", {}, {}};
  std::string names;
  for (const DownLink& link : ties.reasons) {
    names += (names.empty() ? "" : ", ") + link.change->interface;
    finding.evidence.push_back(fmt::format("{}: rtnetlink says that {} {}; {}",
                                           clock_text(scene.recording, link.at),
                                           link.change->interface, state(*link.change), link.tie));
  }
  const std::string& host = scene.recording.taps[scene.from.origin().tap].host;
  finding.headline =
      fmt::format("the link{} {}{} went down, and {} {}", ties.reasons.size() == 1 ? "" : "s",
                  names, host.empty() ? "" : " of " + host, sender_text(scene), sequel(scene));
  finding.evidence.push_back(effect(scene));
  return finding;
}

}  // namespace alibi::investigate::rules
