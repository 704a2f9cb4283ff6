// SPDX-License-Identifier: Apache-2.0
// admin.reloaded: the daemon was told to read its configuration anew (SIGHUP, keepalived(8), vrrpd
// of FRR, alibi(8)), and what it did next it had not been doing before: another priority, a
// resignation, no advert while it waited for a timer of its own.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

/// A daemon that reads its configuration sends nothing meanwhile: the signal came between the last
/// advert of the old configuration and the first that differs.
struct Window {
  Instant begin;
  Instant end;
};

/// The last advert at the sender's first tap before `t`, -1 s .. `t` when there was none.
Instant advert_before(const Scene& scene, Instant t) {
  const Beat* last = Stream::last_until(scene.from.origin(), t - 1ns);
  return last != nullptr ? last->at : t - scene.incident.interval;
}

std::optional<Window> window(const Scene& scene) {
  constexpr Duration kSlack = 100ms;  // a signal may be seen by the parent while an advert leaves
  const Incident& incident = scene.incident;
  switch (incident.kind) {
    case Kind::Preemption:
      if (incident.fell_from.value == 0 || incident.fell_at == kNever) return std::nullopt;
      return Window{advert_before(scene, incident.fell_at) - kSlack, incident.fell_at};
    case Kind::Resignation:
      return Window{advert_before(scene, incident.silent_since) - kSlack, incident.silent_since};
    case Kind::Conflict:
      return std::nullopt;
    default:
      if (!scene.account || !dominates(scene, Doing::Idle) || sent_and_lost(scene)) {
        return std::nullopt;
      }
      return Window{scene.account->begin - kSlack, scene.account->due};
  }
}

std::string effect(const Scene& scene) {
  const Incident& incident = scene.incident;
  switch (incident.kind) {
    case Kind::Preemption:
      return fmt::format("the advertised priority fell from {} to {}", incident.fell_from.value,
                         incident.from_priority.value);
    case Kind::Resignation:
      return "it resigned with priority 0";
    default:
      return fmt::format("waiting for a timer of its own for {}", share_text(scene, Doing::Idle));
  }
}

}  // namespace

std::optional<Finding> admin_reloaded(const Scene& scene) {
  if (!scene.sender || !scene.at_sender()) return std::nullopt;
  const std::optional<Window> when = window(scene);
  if (!when) return std::nullopt;
  for (const std::int32_t pid : {scene.sender->parent, scene.sender->pid}) {
    if (pid == 0) continue;
    const evidence::Event* event =
        signal_event(scene.recording, pid, SIGHUP, when->begin, when->end);
    if (event == nullptr) continue;
    const auto& sent = std::get<evidence::SignalSent>(event->fact);
    if (sent.sender_pid == 0 || scene.sender->in_family(sent.sender_pid)) continue;
    Finding finding{"admin.reloaded",
                    fmt::format("{} was told to read its configuration anew by {}",
                                sender_text(scene), signal_source(sent)),
                    {},
                    {}};
    finding.evidence.push_back(fmt::format("{}: SIGHUP for pid {} from {}",
                                           clock_text(scene.recording, event->at), pid,
                                           signal_source(sent)));
    finding.evidence.push_back("then " + effect(scene));
    return finding;
  }
  return std::nullopt;
}

}  // namespace alibi::investigate::rules
