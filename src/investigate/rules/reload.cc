// SPDX-License-Identifier: Apache-2.0
// admin.reloaded: the daemon was told to read its configuration anew (SIGHUP, keepalived(8), vrrpd
// of FRR, alibi(8)), and what it did next it had not been doing before: another priority, a
// resignation, no advert while it waited for a timer of its own.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "investigate/configured.h"
#include "investigate/rules/reload.h"
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

/// The SIGHUP from outside that the daemon may have acted on; nullptr if none was seen.
const evidence::Event* signal_to_reload(const Scene& scene) {
  if (!scene.sender || !scene.at_sender()) return nullptr;
  const std::optional<Window> when = window(scene);
  if (!when) return nullptr;
  for (const std::int32_t pid : {scene.sender->parent, scene.sender->pid}) {
    if (pid == 0) continue;
    const evidence::Event* event =
        signal_event(scene.recording, pid, SIGHUP, when->begin, when->end);
    if (event == nullptr) continue;
    const auto& sent = std::get<evidence::SignalSent>(event->fact);
    if (sent.sender_pid != 0 && !scene.sender->in_family(sent.sender_pid)) return event;
  }
  return nullptr;
}

/// What the priority would fall by for the change of its configured value alone; 0: it would not.
int configured_fall(const ConfigView& before, const ConfigView& after) {
  return std::max(0, before.router->priority - after.router->priority);
}

/// Does a new configuration of the router explain what it did?
Change judge(const Scene& scene, const ConfigView& before, const ConfigView& after) {
  using Says = Change::Says;
  const std::string file = after.read->file;
  if (before.router == nullptr) {
    return {Says::Unknown, "the configuration before did not have the router"};
  }
  if (after.router == nullptr) {
    return {Says::Changed,
            fmt::format("{} does not have {} any more", file, before.router->instance)};
  }
  if (before.router->settings == after.router->settings) {
    return {Says::Same,
            fmt::format("the reload changed no setting of {} in {}", after.router->instance, file)};
  }
  const std::string changed =
      fmt::format("the settings of {} in {} are others than before", after.router->instance, file);
  if (scene.incident.kind != Kind::Preemption) return {Says::Changed, changed};
  const int fall = configured_fall(before, after);
  const Beat* beat = Stream::last_until(scene.from.origin(), scene.incident.fell_at);
  const bool fits =
      beat != nullptr && explains_step(fall, scene.incident.fell_from, beat->priority);
  if (fits) {
    return {Says::Changed, fmt::format("its priority in {} was {} and is {}", file,
                                       before.router->priority, after.router->priority)};
  }
  if (before.router->tracks != after.router->tracks) {
    return {Says::Changed, changed + ", among them what it tracks"};
  }
  return {Says::Same, changed + ", but not so that its priority would fall by as much"};
}

}  // namespace

Change reload_change(const Scene& scene) {
  using Says = Change::Says;
  const evidence::Event* event = signal_to_reload(scene);
  if (event == nullptr) return {Says::NoReload, {}};
  const Configured before = configured(scene, event->at - 1ms, event->at - 1ms);
  const Configured both = configured(scene, event->at - 1ms, event->at);
  if (!before.known()) return {Says::Unknown, "before it, " + before.why};
  if (!both.known()) return {Says::Unknown, both.why};
  if (before.views.size() != 1 || both.views.size() != 2) {
    return {Says::Unknown, "it was told so several times in a second"};
  }
  return judge(scene, both.views[0], both.views[1]);
}

std::optional<Finding> admin_reloaded(const Scene& scene) {
  const Change change = reload_change(scene);
  // A signal alone changes nothing: what it tracks makes it bid less or resign as well, and to wait
  // for a timer is what it does between any two adverts.
  if (change.says != Change::Says::Changed) return std::nullopt;
  const evidence::Event& event = *signal_to_reload(scene);
  const auto& sent = std::get<evidence::SignalSent>(event.fact);
  Finding finding{"admin.reloaded",
                  fmt::format("{} was told to read its configuration anew by {}",
                              sender_text(scene), signal_source(sent)),
                  {},
                  {}};
  finding.evidence.push_back(fmt::format("{}: SIGHUP for pid {} from {}",
                                         clock_text(scene.recording, event.at), sent.target_pid,
                                         signal_source(sent)));
  finding.evidence.push_back(change.text);
  finding.evidence.push_back("then " + effect(scene));
  return finding;
}

}  // namespace alibi::investigate::rules
