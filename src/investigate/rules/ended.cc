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

const std::string kOutOfMemory = "the kernel: out of memory";

struct End {
  Instant at;
  const evidence::ProcessExit* exit = nullptr;
};

/// Signals that a fault of the program itself raises (signal(7)).
bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
         signal == SIGABRT || signal == SIGSYS || signal == SIGTRAP;
}

/// ... or what it meets in a system call of its own, or for its own use of the CPU.
bool raised(int signal) {
  return is_fault(signal) || signal == SIGPIPE || signal == SIGXFSZ || signal == SIGXCPU;
}

/// What an administrator ends a daemon with; it can see to it that it ends in order.
bool asks_to_end(int signal) { return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT; }

/// The last moment until `until` at which `signal` was sent to `pid`; `until` if none was seen.
Instant signal_at(const evidence::Recording& recording, std::int32_t pid, int signal,
                  Instant until) {
  Instant at = until;
  for (const evidence::Event& event : recording.events) {
    if (event.at > until) break;
    const auto* sent = std::get_if<evidence::SignalSent>(&event.fact);
    if (sent != nullptr && sent->target_pid == pid && sent->signal == signal) at = event.at;
  }
  return at;
}

/// When the sender acted: it resigned, or its next advert was due. An end that came later explains
/// nothing: something else had kept the advert back by then (and a watchdog may have noticed).
Instant acted_at(const Scene& scene) {
  if (scene.incident.kind == Kind::Resignation) return scene.incident.silent_since + 5ms;
  const Duration interval = scene.incident.interval;
  const Instant last = scene.account ? scene.account->begin : scene.incident.silent_since;
  return last + interval + interval / 4;
}

/// The end of process `pid` around the moment its adverts stopped.
std::optional<End> end_of(const Scene& scene, std::int32_t pid) {
  const Instant a = scene.incident.silent_since - 500ms;
  const Instant b = std::max(scene.incident.at, scene.incident.silent_since + 1s);
  for (const evidence::Event& event : scene.recording.events) {
    const auto* exit = std::get_if<evidence::ProcessExit>(&event.fact);
    if (exit == nullptr || exit->pid != pid || event.at < a) continue;
    // Writing a core takes its time: the process stood still from the fault on.
    const int signal = exit->exit_code & 0x7f;
    const Instant faulted =
        is_fault(signal) ? signal_at(scene.recording, pid, signal, event.at) : event.at;
    if (faulted <= b) return End{std::min(faulted, event.at), exit};
  }
  return std::nullopt;
}

/// The same, when it came early enough to be why nothing was sent.
std::optional<End> early_end_of(const Scene& scene, std::int32_t pid) {
  const std::optional<End> end = end_of(scene, pid);
  return end && end->at <= acted_at(scene) ? end : std::nullopt;
}

bool applies(const Scene& scene) {
  return scene.sender && scene.at_sender() && scene.incident.kind != Kind::Preemption;
}

/// A signal from another process than the target itself; nullptr when the program raised it.
/// None later than `until` counts.
const evidence::SignalSent* sent_by_other(const Scene& scene, std::int32_t pid, int signal,
                                          Instant until) {
  const evidence::SignalSent* sent =
      signal_for(scene.recording, pid, signal, scene.incident.silent_since - 2s, until);
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
  const std::int32_t parent = scene.sender->parent;
  const auto end = parent != 0 ? early_end_of(scene, parent) : std::nullopt;
  if (!end || (end->exit->exit_code & 0x7f) != SIGKILL) return std::nullopt;
  // A worker that went on without its parent fell silent for another reason.
  if (scene.incident.kind != Kind::Resignation && !early_end_of(scene, scene.sender->pid)) {
    return std::nullopt;
  }
  const evidence::SignalSent* sent = sent_by_other(scene, parent, SIGKILL, end->at);
  if (sent == nullptr && !end->exit->oom_victim) return std::nullopt;
  Finding finding = ended(scene, "host.process.killed",
                          fmt::format("the parent of {} was killed by {}", sender_text(scene),
                                      end->exit->oom_victim ? kOutOfMemory : signal_source(*sent)),
                          *end);
  finding.evidence.front() = fmt::format("{}: parent process (pid {}) ended by SIGKILL",
                                         clock_text(scene.recording, end->at), parent);
  return finding;
}

}  // namespace

std::optional<Finding> process_crashed(const Scene& scene) {
  if (!applies(scene)) return std::nullopt;
  const auto end = early_end_of(scene, scene.sender->pid);
  if (!end) return std::nullopt;
  const int signal = end->exit->exit_code & 0x7f;
  const int status = (end->exit->exit_code >> 8) & 0xff;
  const bool of_itself = (raised(signal) && signals_seen(scene.recording, end->at - 2s, end->at) &&
                          !sent_by_other(scene, scene.sender->pid, signal, end->at)) ||
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
  const auto end = early_end_of(scene, scene.sender->pid);
  if (end) {
    const int signal = end->exit->exit_code & 0x7f;
    if (end->exit->oom_victim) {
      return ended(scene, "host.process.killed",
                   fmt::format("{} was killed by {}", sender_text(scene), kOutOfMemory), *end);
    }
    const evidence::SignalSent* sent =
        signal != 0 ? sent_by_other(scene, scene.sender->pid, signal, end->at) : nullptr;
    if (sent != nullptr && !asks_to_end(signal) && !scene.sender->in_family(sent->sender_pid)) {
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
  const bool resigned = scene.incident.kind == Kind::Resignation;
  const auto end =
      resigned ? end_of(scene, scene.sender->pid) : early_end_of(scene, scene.sender->pid);
  if (!end && !resigned) return std::nullopt;
  // What came after it had resigned or ended is no reason for it.
  const Instant acted = resigned ? scene.incident.silent_since : end->at;
  for (const std::int32_t pid : {scene.sender->pid, scene.sender->parent}) {
    if (pid == 0) continue;
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
