// SPDX-License-Identifier: Apache-2.0
// The phases of a run: waiting, running, asked to end, killed.
#include "daemon/script_run.h"

namespace alibi::daemon {
namespace {

constexpr Duration kGrace = 2s;  // from SIGTERM to SIGKILL, keepalived's

}  // namespace

ScriptRun::ScriptRun(const config::Script& script, Instant first_start)
    : interval_(script.interval),
      timeout_(script.timeout > Duration::zero() ? script.timeout : script.interval),
      start_at_(first_start) {}

Instant ScriptRun::next() const {
  switch (phase_) {
    case Phase::Waiting:
      return start_at_;
    case Phase::Running:
      return started_ + timeout_;
    case Phase::Terminated:
    case Phase::Killed:  // again and again: what was in the kernel's hands may be out of it now
      return signalled_ + kGrace;
  }
  return kNever;
}

ScriptRun::Action ScriptRun::due(Instant now) {
  if (now < next()) return Action::None;
  if (phase_ == Phase::Waiting) return Action::Start;
  signalled_ = now;
  if (phase_ == Phase::Running) {
    phase_ = Phase::Terminated;
    return Action::Terminate;
  }
  phase_ = Phase::Killed;
  ++kills_;
  return Action::Kill;
}

void ScriptRun::started(Instant now) {
  phase_ = Phase::Running;
  started_ = now;
  kills_ = 0;
  start_at_ = start_at_ + interval_;
  if (start_at_ <= now) start_at_ = now + interval_;  // late: no burst of runs to catch up
}

bool ScriptRun::ended(Instant now) {
  const bool counts = phase_ == Phase::Running;
  phase_ = Phase::Waiting;
  for (; start_at_ <= now; ++skipped_) start_at_ = start_at_ + interval_;
  return counts;
}

}  // namespace alibi::daemon
