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

namespace {

bool stops(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/// The stop signal that the stop at `begin` answers; nullptr if it is another matter, as a tracer
/// that sends none. SIGCONT takes back what was sent before it (signal(7)), and a thread that went
/// to wait for work after a signal had dealt with it.
const evidence::SignalSent* answered(const Scene& scene, Instant begin) {
  constexpr Duration kSlack = 1ms;  // the signal is told by whoever sends it, on its own CPU
  const evidence::SignalSent* last = nullptr;
  Instant at;
  for (const evidence::Event& event : scene.recording.events) {
    if (event.at > begin) break;
    if (const auto* sent = std::get_if<evidence::SignalSent>(&event.fact)) {
      if (sent->target_pid != scene.sender->pid) continue;
      if (sent->signal == SIGCONT) last = nullptr;
      if (!stops(sent->signal)) continue;
      last = sent;
      at = event.at;
    } else if (const auto* off = std::get_if<evidence::ThreadOff>(&event.fact)) {
      const bool dealt = last != nullptr && off->tid == scene.sender->tid &&
                         event.at > at + kSlack && classify_wait(*off) == Doing::Idle;
      if (dealt) last = nullptr;
    }
  }
  return last;
}

}  // namespace

std::optional<Finding> process_stopped(const Scene& scene) {
  if (!dominates(scene, Doing::Stopped)) return std::nullopt;
  Finding finding{
      "host.process.stopped", fmt::format("{} was stopped", sender_text(scene)), {}, {}};
  const Segment* stop = scene.account->longest(Doing::Stopped);
  if (const evidence::SignalSent* sent = answered(scene, stop->begin)) {
    finding.headline = fmt::format("{} was stopped: {} sent {}", sender_text(scene),
                                   signal_source(*sent), signal_name(sent->signal));
  }
  finding.evidence.push_back(
      fmt::format("{}: left the CPU, {}", clock_text(scene.recording, stop->begin), stop->detail));
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
