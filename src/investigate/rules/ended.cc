// SPDX-License-Identifier: Apache-2.0
// host.process.crashed, host.process.killed, admin.stopped: the process that sent is gone. What
// tells them apart is the exit code and who sent the signal (tp_btf signal_generate, include/uapi/
// asm-generic/siginfo.h for si_code: <= 0 another process, > 0 the kernel).
#include <fmt/format.h>

#include <csignal>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"
#include "investigate/wait.h"

namespace alibi::investigate::rules {
namespace {

struct End {
  Instant at;
  const evidence::ProcessExit* exit = nullptr;
};

/// The end of process `pid` around the moment its adverts stopped.
std::optional<End> end_of(const Scene& scene, std::int32_t pid) {
  const Instant a = scene.incident.silent_since - 500ms;
  const Instant b = std::max(scene.incident.at, scene.incident.silent_since + 1s);
  for (const evidence::Event& event : scene.recording.events) {
    if (event.at < a || event.at > b) continue;
    const auto* exit = std::get_if<evidence::ProcessExit>(&event.fact);
    if (exit != nullptr && exit->pid == pid) return End{event.at, exit};
  }
  return std::nullopt;
}

bool applies(const Scene& scene) {
  return scene.sender && scene.at_sender() && scene.incident.kind != Kind::Preemption;
}

/// Signals that a fault of the program itself raises (signal(7)).
bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
         signal == SIGABRT || signal == SIGSYS || signal == SIGTRAP;
}

/// A signal from another process than the target itself; nullptr when the program raised it.
/// None later than `until` counts.
const evidence::SignalSent* sent_by_other(const Scene& scene, std::int32_t pid, int signal,
                                          Instant until) {
  const evidence::SignalSent* sent =
      signal_for(scene.recording, pid, signal, scene.incident.silent_since - 5s, until);
  if (sent == nullptr || sent->sender_pid == 0 || sent->sender_pid == pid || sent->code > 0) {
    return nullptr;
  }
  return sent;
}

Finding ended(const Scene& scene, std::string code, std::string headline, const End& end) {
  Finding finding{std::move(code), std::move(headline), {}, {}};
  finding.evidence.push_back(fmt::format("{}: {} {}", clock_text(scene.recording, end.at),
                                         sender_text(scene), wait_text(*end.exit)));
  return finding;
}

std::optional<Finding> killed_parent(const Scene& scene) {
  for (const std::int32_t pid : scene.sender->family) {
    if (pid == scene.sender->pid) continue;
    const auto end = end_of(scene, pid);
    if (!end || (end->exit->exit_code & 0x7f) != SIGKILL) continue;
    const evidence::SignalSent* sent = sent_by_other(scene, pid, SIGKILL, end->at);
    if (sent == nullptr) continue;
    Finding finding = ended(
        scene, "host.process.killed",
        fmt::format("the parent of {} was killed by {}", sender_text(scene), signal_source(*sent)),
        *end);
    finding.evidence.front() = fmt::format("{}: parent process (pid {}) ended by SIGKILL",
                                           clock_text(scene.recording, end->at), pid);
    return finding;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Finding> process_crashed(const Scene& scene) {
  if (!applies(scene)) return std::nullopt;
  const auto end = end_of(scene, scene.sender->pid);
  if (!end) return std::nullopt;
  const int signal = end->exit->exit_code & 0x7f;
  const int status = (end->exit->exit_code >> 8) & 0xff;
  const bool of_itself =
      (is_fault(signal) && !sent_by_other(scene, scene.sender->pid, signal, end->at)) ||
      (signal == 0 && status != 0 && scene.incident.kind != Kind::Resignation);
  if (!of_itself) return std::nullopt;
  return ended(scene, "host.process.crashed",
               signal != 0
                   ? fmt::format("{} crashed with {}", sender_text(scene), signal_name(signal))
                   : fmt::format("{} ended by itself with status {}", sender_text(scene), status),
               *end);
}

std::optional<Finding> process_killed(const Scene& scene) {
  if (!applies(scene)) return std::nullopt;
  const auto end = end_of(scene, scene.sender->pid);
  if (end) {
    const int signal = end->exit->exit_code & 0x7f;
    if (end->exit->oom_victim) {
      return ended(scene, "host.process.killed",
                   fmt::format("{} was killed by the kernel: out of memory", sender_text(scene)),
                   *end);
    }
    const evidence::SignalSent* sent =
        signal != 0 ? sent_by_other(scene, scene.sender->pid, signal, end->at) : nullptr;
    // A request to end (SIGTERM, SIGINT) is the administrator's; these leave no choice.
    if (sent != nullptr && (signal == SIGKILL || is_fault(signal)) &&
        !scene.sender->in_family(sent->sender_pid)) {
      Finding finding = ended(scene, "host.process.killed",
                              fmt::format("{} was killed by {} with {}", sender_text(scene),
                                          signal_source(*sent), signal_name(signal)),
                              *end);
      return finding;
    }
  }
  return killed_parent(scene);
}

std::optional<Finding> admin_stopped(const Scene& scene) {
  if (!applies(scene)) return std::nullopt;
  const auto end = end_of(scene, scene.sender->pid);
  if (!end && scene.incident.kind != Kind::Resignation) return std::nullopt;
  // What came after it had resigned or ended is no reason for it.
  const Instant acted =
      scene.incident.kind == Kind::Resignation ? scene.incident.silent_since : end->at;
  for (const std::int32_t pid : scene.sender->family) {
    for (const int signal : {SIGTERM, SIGINT, SIGQUIT}) {
      const evidence::SignalSent* sent = sent_by_other(scene, pid, signal, acted);
      if (sent == nullptr || scene.sender->in_family(sent->sender_pid)) continue;
      Finding finding{"admin.stopped",
                      fmt::format("{} was stopped: {} sent {}", sender_text(scene),
                                  signal_source(*sent), signal_name(signal)),
                      {},
                      {}};
      finding.evidence.push_back(
          fmt::format("{} for pid {} from {}", signal_name(signal), pid, signal_source(*sent)));
      if (end) {
        finding.evidence.push_back(fmt::format(
            "{}: the sender {}", clock_text(scene.recording, end->at), wait_text(*end->exit)));
      }
      if (scene.incident.kind == Kind::Resignation) {
        finding.evidence.push_back("it resigned with priority 0, as an orderly stop does");
      }
      return finding;
    }
  }
  return std::nullopt;
}

}  // namespace alibi::investigate::rules
