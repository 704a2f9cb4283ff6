// SPDX-License-Identifier: Apache-2.0
// service.down: a tracked script failed, the daemon lowered its priority or resigned, and the
// address moved as it should. The script's exit code is the evidence; the end of the service it
// asks for is added where it was seen.
#include <fmt/format.h>

#include <csignal>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"
#include "investigate/wait.h"

namespace alibi::investigate::rules {
namespace {

/// The moment the daemon acted on its tracker: the first lower priority, or the resignation.
Instant acted_at(const Scene& scene) {
  return scene.incident.fell_at != kNever ? scene.incident.fell_at : scene.incident.silent_since;
}

/// The last run before `t` of a script that failed then, if its failure can be what was acted on.
const ScriptRun* failed_run(const std::vector<ScriptRun>& runs, Instant t) {
  // keepalived acts on a result at once; its next advert carries the new priority.
  constexpr Duration kLongest = 15s;
  const ScriptRun* failed = nullptr;
  for (const ScriptRun& run : runs) {
    if (run.end == kNever || run.end > t + 20ms || run.end < t - kLongest) continue;
    if (run.failed()) failed = &run;
  }
  if (failed == nullptr) return nullptr;
  // Succeeded again before the daemon acted: not this one.
  for (const ScriptRun& run : runs) {
    if (run.command_line == failed->command_line && run.end != kNever && !run.failed() &&
        run.end > failed->end && run.end <= t) {
      return nullptr;
    }
  }
  return failed;
}

void add_service_end(const Scene& scene, Instant t, Finding& finding) {
  for (const evidence::Event& event : scene.recording.events) {
    if (event.at > t || event.at < t - 30s) continue;
    const auto* exit = std::get_if<evidence::ProcessExit>(&event.fact);
    if (exit == nullptr || scene.sender->in_family(exit->pid)) continue;
    const bool named = finding.headline.find(exit->comm) != std::string::npos;
    if (exit->comm.empty() || !named) continue;
    std::string line = fmt::format("{}: {} (pid {}) {}", clock_text(scene.recording, event.at),
                                   exit->comm, exit->pid, wait_text(*exit));
    const int signal = exit->exit_code & 0x7f;
    const evidence::SignalSent* sent =
        signal_for(scene.recording, exit->pid, signal, event.at - 5s, event.at);
    if (signal != 0 && sent != nullptr) line += ", sent by " + signal_source(*sent);
    finding.evidence.push_back(line);
  }
}

}  // namespace

std::optional<Finding> service_down(const Scene& scene) {
  const bool acted = scene.incident.kind == Kind::Resignation || scene.incident.fell_from.value > 0;
  // A silence has other reasons, whatever the priority was before.
  const bool moved =
      scene.incident.kind == Kind::Resignation || scene.incident.kind == Kind::Preemption;
  if (!scene.sender || !acted || !moved) return std::nullopt;
  const std::vector<ScriptRun> runs = script_runs(scene.recording, *scene.sender);
  const Instant t = acted_at(scene);
  const ScriptRun* run = failed_run(runs, t);
  if (run == nullptr) return std::nullopt;
  const int signal = run->exit_code & 0x7f;
  const evidence::SignalSent* ended_by =
      signal != 0 ? signal_for(scene.recording, run->pid, signal, run->begin, run->end) : nullptr;
  const bool timed_out = ended_by != nullptr && scene.sender->in_family(ended_by->sender_pid);
  Finding finding{
      timed_out ? "service.check_hung" : "service.down",
      timed_out ? fmt::format("the tracked script `{}` did not end in time", run->command_line)
                : fmt::format("the tracked script `{}` failed", run->command_line),
      {},
      {}};
  std::string ended = signal != 0
                          ? fmt::format("ended by {}", signal_name(signal))
                          : fmt::format("exited with status {}", (run->exit_code >> 8) & 0xff);
  finding.evidence.push_back(fmt::format("{}: `{}` (pid {}) {} after {}",
                                         clock_text(scene.recording, run->end), run->command_line,
                                         run->pid, ended, seconds_text(run->end - run->begin)));
  if (scene.incident.fell_from.value > 0) {
    finding.evidence.push_back(fmt::format(
        "{}: the advertised priority fell from {} to {}", clock_text(scene.recording, t),
        scene.incident.fell_from.value, scene.incident.from_priority.value));
  }
  add_service_end(scene, t, finding);
  return finding;
}

}  // namespace alibi::investigate::rules
