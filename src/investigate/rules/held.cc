// SPDX-License-Identifier: Apache-2.0
// host.process.stopped and host.process.frozen: the thread is alive and may not run. A stop leaves
// state T and a SIGSTOP with its sender; a frozen cgroup looks like disk sleep (v1) or ordinary
// sleep (v2), so only the freezer's own state or its functions on the stack count.
#include <fmt/format.h>

#include <csignal>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"
#include "investigate/wait.h"

namespace alibi::investigate::rules {

std::optional<Finding> process_stopped(const Scene& scene) {
  if (!dominates(scene, Doing::Stopped)) return std::nullopt;
  Finding finding{
      "host.process.stopped", fmt::format("{} was stopped", sender_text(scene)), {}, {}};
  for (const int signal : {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU}) {
    const evidence::SignalSent* sent =
        signal_for(scene.recording, scene.sender->pid, signal, scene.account->begin - 60s,
                   scene.account->decided);
    if (sent == nullptr) continue;
    finding.headline = fmt::format("{} was stopped: {} sent {}", sender_text(scene),
                                   signal_source(*sent), signal_name(signal));
    break;
  }
  const Segment* segment = scene.account->longest(Doing::Stopped);
  finding.evidence.push_back(fmt::format(
      "{}: left the CPU, {}", clock_text(scene.recording, segment->begin), segment->detail));
  finding.evidence.push_back("stopped for " + share_text(scene, Doing::Stopped));
  return finding;
}

std::optional<Finding> process_frozen(const Scene& scene) {
  if (!dominates(scene, Doing::Frozen)) return std::nullopt;
  const Segment* segment = scene.account->longest(Doing::Frozen);
  Finding finding{"host.process.frozen",
                  fmt::format("{} was frozen: {}", sender_text(scene), segment->detail),
                  {},
                  {}};
  finding.evidence.push_back("frozen for " + share_text(scene, Doing::Frozen));
  return finding;
}

}  // namespace alibi::investigate::rules
