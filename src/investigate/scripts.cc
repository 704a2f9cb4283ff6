// SPDX-License-Identifier: Apache-2.0
// Fork, exec, exit: one run.
#include "investigate/scripts.h"

#include <algorithm>
#include <map>

namespace alibi::investigate {

std::vector<ScriptRun> script_runs(const evidence::Recording& recording, const Sender& sender) {
  std::map<std::int32_t, ScriptRun> running;
  std::vector<ScriptRun> runs;
  for (const evidence::Event& event : recording.events) {
    if (const auto* fork = std::get_if<evidence::ProcessForked>(&event.fact)) {
      if (!sender.in_family(fork->parent)) continue;
      running[fork->child] = ScriptRun{fork->child, event.at, kNever, {}, 0};
    } else if (const auto* exec = std::get_if<evidence::ProcessExec>(&event.fact)) {
      const auto run = running.find(exec->pid);
      if (run != running.end() && run->second.command_line.empty()) {
        run->second.command_line = exec->command_line.empty() ? exec->comm : exec->command_line;
      }
    } else if (const auto* exit = std::get_if<evidence::ProcessExit>(&event.fact)) {
      const auto run = running.find(exit->pid);
      if (run == running.end()) continue;
      run->second.end = event.at;
      run->second.exit_code = exit->exit_code;
      // A child that never ran a program is a process of the daemon's own.
      if (!run->second.command_line.empty()) runs.push_back(run->second);
      running.erase(run);
    }
  }
  for (const auto& [pid, run] : running) {
    if (!run.command_line.empty()) runs.push_back(run);
  }
  return runs;
}

}  // namespace alibi::investigate
