// SPDX-License-Identifier: Apache-2.0
// service.down: a tracked script failed, the daemon lowered its priority or resigned, and the
// address moved as it should. The script's exit code is the evidence; the end of the service it
// asks for is added where it was seen.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "investigate/configured.h"
#include "investigate/rules/reload.h"
#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"
#include "investigate/wait.h"

namespace alibi::investigate::rules {
namespace {

/// When the daemon acted on its tracker: it resigned, or its adverts first carried less.
Instant acted_at(const Scene& scene) {
  return scene.incident.kind == Kind::Resignation ? scene.incident.silent_since
                                                  : scene.incident.fell_at;
}

/// What a daemon learned from one run: at its end, or when it lost patience and ended it.
struct Result {
  const ScriptRun* run = nullptr;
  Instant at;
  bool failed = false;
  bool hung = false;
};

Result result_of(const Scene& scene, const ScriptRun& run) {
  for (const evidence::Event& event : scene.recording.events) {
    if (event.at < run.begin) continue;
    if (event.at > run.end) break;
    const auto* sent = std::get_if<evidence::SignalSent>(&event.fact);
    const bool ends = sent != nullptr && sent->target_pid == run.pid &&
                      (sent->signal == SIGTERM || sent->signal == SIGKILL);
    if (ends && scene.sender->in_family(sent->sender_pid)) return {&run, event.at, true, true};
  }
  return {&run, run.end, run.failed(), false};
}

bool process_events_lost(const Scene& scene, Instant a, Instant b) {
  return std::any_of(scene.recording.events.begin(), scene.recording.events.end(),
                     [&](const evidence::Event& event) {
                       const auto* lost = std::get_if<evidence::EventsLost>(&event.fact);
                       return lost != nullptr && lost->source == "process" && event.at >= a &&
                              lost->since_ns <= b.ns;
                     });
}

/// Did the advertised priority fall after `a` and before `b`?
bool fell_between(const Scene& scene, Instant a, Instant b) {
  const Beat* before = nullptr;
  for (const Beat& beat : scene.from.origin().beats) {
    if (beat.at >= b) break;
    if (beat.priority.value == 0) continue;
    if (before != nullptr && beat.priority < before->priority && beat.at > a) return true;
    before = &beat;
  }
  return false;
}

/// Does the last of these results, all of one script and known at `t`, explain that the daemon
/// acted at `t`? It must be a failure after a success: a script that never succeeded changes
/// nothing by failing once more, and one that was never seen before may follow a transition instead
/// of causing it (a notify script). Then `fall` failures in a row, which is not known here.
bool explains(const Scene& scene, const std::vector<Result>& results, Instant t) {
  constexpr int kMostFalls = 10;
  const Duration interval = scene.incident.interval;
  // A script without weight resigns at once; otherwise the next advert carries the new priority.
  const Duration longest =
      scene.incident.kind == Kind::Resignation ? Duration(500ms) : interval + interval / 4 + 100ms;
  if (results.empty() || !results.back().failed || results.back().at < t - longest) return false;
  int failures = 0;
  auto it = results.rbegin();
  for (; it != results.rend() && it->failed; ++it) ++failures;
  if (it == results.rend() || failures > kMostFalls) return false;
  // The daemon had acted on this series already.
  if (fell_between(scene, it->at, t)) return false;
  return !process_events_lost(scene, it->at, t);
}

/// Is a run of `command_line` one of the script that a configuration has as `command`? A shell may
/// stand before it, the program's folder may be another, and the record may end early.
bool runs(const std::string& command_line, const std::string& command) {
  constexpr std::size_t kShort = 60;
  const std::size_t program = std::min(command.find(' '), command.size());
  const std::size_t slash = command.rfind('/', program);
  const std::string asked = command.substr(slash == std::string::npos ? 0 : slash + 1);
  const std::size_t at = command_line.find(asked.substr(0, asked.find(' ')));
  if (asked.empty() || at == std::string::npos) return false;
  const std::string run = command_line.substr(at);
  return run.starts_with(asked) || (run.size() >= kShort && asked.starts_with(run));
}

/// The line of the configuration by which the router depends on the script; of its sync group's
/// other members only those without weight count.
const evidence::TrackedObject* tracked_script(const ConfigView& view, const ScriptRun& run) {
  for (const evidence::ConfiguredRouter* each : view.group) {
    for (const evidence::TrackedObject& object : each->tracks) {
      const bool is_run = object.kind == evidence::TrackedObject::Kind::Script && !object.reverse &&
                          runs(run.command_line, object.what);
      if (is_run && (each == view.router || object.weight == 0)) return &object;
    }
  }
  return nullptr;
}

/// By the configuration that was in force: may the failures of these explain what was done at `t`?
/// Without weight a script's failure is a resignation; the weights of the others are the step.
bool tracked_so(const Scene& scene, const ConfigView& view, const std::vector<Result>& failed) {
  int sum = 0;
  bool fault = false;
  for (const Result& result : failed) {
    const evidence::TrackedObject* object = tracked_script(view, *result.run);
    if (object == nullptr) continue;
    sum += std::abs(object->weight);
    fault |= object->weight == 0;
  }
  if (scene.incident.kind == Kind::Resignation) return fault;
  const Beat* after = Stream::last_until(scene.from.origin(), scene.incident.fell_at);
  return after != nullptr && explains_step(sum, scene.incident.fell_from, after->priority);
}

/// Those of `failed` that the configuration lets it act upon; all of them where it is not known.
std::vector<Result> tracked_of(const Scene& scene, const Configured& known,
                               const std::vector<Result>& failed) {
  if (!known.known()) return failed;
  const auto always = [&](const std::vector<Result>& some) {
    return std::all_of(known.views.begin(), known.views.end(),
                       [&](const ConfigView& view) { return tracked_so(scene, view, some); });
  };
  std::vector<Result> each;
  for (const Result& result : failed) {
    if (always({result})) each.push_back(result);
  }
  if (!each.empty()) return each;
  std::vector<Result> together;
  for (const Result& result : failed) {
    if (tracked_script(known.views.front(), *result.run) != nullptr) together.push_back(result);
  }
  return always(together) ? together : std::vector<Result>{};
}

/// The scripts whose failure explains what the daemon did at `t`, the latest first.
std::vector<Result> failures(const Scene& scene, const std::vector<ScriptRun>& runs, Instant t) {
  // Stamps of packets and of events are put on one clock, which is right to a few milliseconds.
  constexpr Duration kSlack = 5ms;
  std::map<std::string, std::vector<Result>> by_script;
  for (const ScriptRun& run : runs) {
    const Result result = result_of(scene, run);
    if (result.at != kNever && result.at <= t + kSlack) {
      by_script[run.command_line].push_back(result);
    }
  }
  std::vector<Result> found;
  for (auto& [script, results] : by_script) {
    std::sort(results.begin(), results.end(),
              [](const Result& a, const Result& b) { return a.at < b.at; });
    if (explains(scene, results, t)) found.push_back(results.back());
  }
  std::sort(found.begin(), found.end(),
            [](const Result& a, const Result& b) { return a.at > b.at; });
  return found;
}

std::string result_text(const Scene& scene, const Result& result) {
  const ScriptRun& run = *result.run;
  const std::string head = fmt::format("{}: `{}` (pid {})", clock_text(scene.recording, result.at),
                                       run.command_line, run.pid);
  const std::string after = seconds_text(result.at - run.begin);
  if (result.hung) return fmt::format("{} was ended by its daemon after {}", head, after);
  const int signal = run.exit_code & 0x7f;
  if (signal != 0) return fmt::format("{} ended by {} after {}", head, signal_name(signal), after);
  return fmt::format("{} exited with status {} after {}", head, (run.exit_code >> 8) & 0xff, after);
}

/// Does an argument of the command, its program apart, name a process of this comm (15 characters)?
bool asks_for(const std::string& command_line, const std::string& comm) {
  std::istringstream words(command_line);
  std::string word;
  words >> word;
  while (words >> word) {
    const std::string name = word.substr(word.rfind('/') + 1);
    if (!comm.empty() && name.substr(0, 15) == comm) return true;
  }
  return false;
}

/// The end of the process that the script asks for. Runs of the script are no service, though a
/// shell that runs it has its name for an argument.
void add_service_end(const Scene& scene, const std::vector<ScriptRun>& runs, const ScriptRun& run,
                     Instant t, Finding& finding) {
  std::set<std::int32_t> scripts;
  for (const ScriptRun& each : runs) scripts.insert(each.pid);
  for (const evidence::Event& event : scene.recording.events) {
    if (event.at > t || event.at < t - 30s) continue;
    const auto* exit = std::get_if<evidence::ProcessExit>(&event.fact);
    if (exit == nullptr || scripts.contains(exit->pid)) continue;
    if (scene.sender->in_family(exit->pid)) continue;
    if (!asks_for(run.command_line, exit->comm)) continue;
    std::string line = fmt::format("{}: {} (pid {}) {}", clock_text(scene.recording, event.at),
                                   exit->comm, exit->pid, wait_text(*exit));
    const int signal = exit->exit_code & 0x7f;
    const evidence::SignalSent* sent =
        signal_for(scene.recording, exit->pid, signal, event.at - 5s, event.at);
    if (signal != 0 && sent != nullptr) line += ", sent by " + signal_source(*sent);
    finding.evidence.push_back(line);
  }
}

/// Does the sender's daemon, or another one in its namespace, keep more routers than this one? A
/// script may then be tracked by another of them.
bool has_other_routers(const Scene& scene) {
  const evidence::Tap& origin = scene.recording.taps[scene.from.origin().tap];
  return std::any_of(scene.recording.heartbeats.begin(), scene.recording.heartbeats.end(),
                     [&](const evidence::Heartbeat& beat) {
                       const evidence::Tap& tap = scene.recording.taps[beat.tap];
                       const bool here = beat.tap == scene.from.origin().tap ||
                                         (origin.netns != 0 && tap.netns == origin.netns);
                       const bool sent = beat.direction == evidence::Direction::Out ||
                                         beat.packet.source == scene.from.source;
                       const wire::Advertisement& advert = beat.packet.decoded.advertisement;
                       return here && sent && beat.at <= scene.incident.at &&
                              (advert.vrid != scene.from.router.vrid ||
                               beat.packet.source.family != scene.from.source.family);
                     });
}

}  // namespace

std::optional<Finding> service_down(const Scene& scene) {
  // A silence has other reasons, whatever the priority was before.
  const bool resigned = scene.incident.kind == Kind::Resignation;
  const bool outbid = scene.incident.kind == Kind::Preemption && scene.incident.fell_from.value > 0;
  if (!scene.sender || (!resigned && !outbid)) return std::nullopt;
  const std::vector<ScriptRun> all = script_runs(scene.recording, *scene.sender);
  const Instant t = acted_at(scene);
  const Configured known = configured(scene, t - 1s, t);
  // Where the configuration does not tell, a reload just before may be why as well, and what failed
  // may be no business of this router.
  if (!known.known() &&
      (reload_change(scene).says == Change::Says::Unknown || has_other_routers(scene))) {
    return std::nullopt;
  }
  const std::vector<Result> failed = tracked_of(scene, known, failures(scene, all, t));
  if (failed.empty()) return std::nullopt;
  const Result& last = failed.front();
  Finding finding{last.hung ? "service.check_hung" : "service.down",
                  fmt::format("the tracked script `{}` {}", last.run->command_line,
                              last.hung ? "did not end in time" : "failed"),
                  {},
                  {}};
  for (const Result& result : failed) {
    finding.evidence.push_back(result_text(scene, result));
    if (!known.known()) continue;
    const ConfigView& view = known.views.front();
    finding.evidence.push_back(fmt::format("it has {}, by {}",
                                           tracked_text(*tracked_script(view, *result.run)),
                                           file_text(scene, view)));
  }
  if (outbid) {
    finding.evidence.push_back(fmt::format(
        "{}: the advertised priority fell from {} to {}", clock_text(scene.recording, t),
        scene.incident.fell_from.value, scene.incident.from_priority.value));
  }
  add_service_end(scene, all, *last.run, t, finding);
  return finding;
}

}  // namespace alibi::investigate::rules
