// SPDX-License-Identifier: Apache-2.0
// Names what is tracked and not recorded, where the configuration is known; else says that.
#include "investigate/decision.h"

#include <fmt/format.h>

#include "investigate/configured.h"
#include "investigate/rules/link_ties.h"
#include "investigate/rules/reload.h"
#include "investigate/rules/support.h"

namespace alibi::investigate {
namespace {

using evidence::TrackedObject;

/// When it decided.
Instant decided_at(const Scene& scene) {
  return scene.incident.kind == Kind::Preemption ? scene.incident.fell_at
                                                 : scene.incident.silent_since;
}

/// Could its failure be what was done? The number in a file is multiplied by its weight.
bool may_explain(const Scene& scene, const TrackedObject& object) {
  if (scene.incident.kind != Kind::Preemption) return object.weight == 0;
  const Beat* after = Stream::last_until(scene.from.origin(), scene.incident.fell_at);
  if (after == nullptr || object.weight == 0) return false;
  const int step = scene.incident.fell_from.value - after->priority.value;
  const int weight = std::abs(object.weight);
  if (object.kind == TrackedObject::Kind::File) return step % weight == 0;
  return explains_step(weight, scene.incident.fell_from, after->priority);
}

/// What it depends on of which no evidence is recorded, and what would explain it.
std::string not_recorded(const Scene& scene) {
  const Instant at = decided_at(scene);
  const Configured known = configured(scene, at - 1s, at);
  if (!known.known()) {
    return fmt::format("commands to it are not recorded, nor what it tracks ({})", known.why);
  }
  std::string names;
  for (const ConfigView& view : known.views) {
    for (const evidence::ConfiguredRouter* router : view.group) {
      for (const TrackedObject& object : router->tracks) {
        const bool seen = object.kind == TrackedObject::Kind::Interface ||
                          object.kind == TrackedObject::Kind::Script;
        if (seen || !may_explain(scene, object)) continue;
        const std::string name = fmt::format("{} ({})", tracked_text(object), object.what);
        if (names.find(name) == std::string::npos) names += (names.empty() ? "" : ", ") + name;
      }
    }
  }
  if (names.empty()) {
    return fmt::format(
        "commands to it are not recorded; by {} nothing else that it tracks would "
        "explain it",
        file_text(scene, known.views.front()));
  }
  return fmt::format("by {} it has {}, which would explain it and whose state is not recorded",
                     file_text(scene, known.views.front()), names);
}

}  // namespace

void add_missing_about_decision(const Scene& scene, Finding& finding) {
  if (!scene.sender || !scene.recording.has_host_evidence) return;
  const std::string who = rules::sender_text(scene);
  const Kind kind = scene.incident.kind;
  if (kind == Kind::Resignation) {
    finding.missing.push_back(
        fmt::format("why {} resigned: just before, no signal to it was seen, no failure of a "
                    "script that it is known to track, and no link or address that it is known to "
                    "need and that went; {}",
                    who, not_recorded(scene)));
  } else if (kind == Kind::Preemption && scene.incident.fell_from.value > 0) {
    finding.missing.push_back(
        fmt::format("which of the two it was: just before, no SIGHUP to {} was seen that changed "
                    "its priority, no failure of a script that is known to weigh as much, and no "
                    "such link that went; {}",
                    who, not_recorded(scene)));
  } else if (rules::dominates(scene, Doing::Idle) && !rules::sent_and_lost(scene)) {
    finding.missing.push_back(fmt::format(
        "why {} sent nothing: it waited for a timer or for work as it does between adverts; {}",
        who, not_recorded(scene)));
  }
  for (const rules::DownLink& link : rules::link_ties(scene).unsure) {
    finding.missing.push_back(fmt::format("whether that was for {}, which went down at {}: {}",
                                          link.change->interface,
                                          rules::clock_text(scene.recording, link.at), link.tie));
  }
  const rules::Change change = rules::reload_change(scene);
  if (change.says == rules::Change::Says::Unknown) {
    finding.missing.push_back("what the reload changed that it was told to make just before: " +
                              change.text);
  }
}

std::vector<std::string> cleared_of_decision(const Scene& scene) {
  std::vector<std::string> cleared;
  for (const rules::DownLink& link : rules::link_ties(scene).cleared) {
    cleared.push_back(fmt::format("the link {}, which went down at {}: {}", link.change->interface,
                                  rules::clock_text(scene.recording, link.at), link.tie));
  }
  const rules::Change change = rules::reload_change(scene);
  if (change.says == rules::Change::Says::Same) {
    cleared.push_back("the SIGHUP just before: " + change.text);
  }
  return cleared;
}

}  // namespace alibi::investigate
