// SPDX-License-Identifier: Apache-2.0
// The supervisor's children: started, started again when they die, ended in an orderly way or not.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "daemon/last_will.h"
#include "daemon/supervisor_process.h"
#include "os/process.h"

namespace alibi::daemon {

void Supervisor::start(Child& child) {
  child.start_at = kNever;
  child.kill_at = kNever;
  child.started = os::monotonic_now();
  ++child.starts;
  const auto pid = os::fork_child(child.name, child.body);
  if (!pid) {
    voice().say_daemon(pid.error().message, 2);
    child.start_at = child.started + child.back_off;
    return;
  }
  child.pid = *pid;
  publish(child);
}

void Supervisor::start_due() {
  for (Child& child : current_->children) {
    if (child.pid == 0 && child.start_at <= os::monotonic_now()) start(child);
  }
}

Instant Supervisor::next_deadline() const {
  Instant earliest = kNever;
  for (const Child& child : current_->children) {
    earliest = std::min({earliest, child.start_at, child.kill_at});
  }
  return earliest;
}

void Supervisor::reap() {
  while (const auto exited = os::reap()) {
    for (Child& child : current_->children) {
      if (child.pid == exited->pid) died(child, exited->status);
    }
    if (script_) script_->ended(*exited);
  }
}

void Supervisor::died(Child& child, int status) {
  const pid_t pid = child.pid;
  child.pid = 0;
  publish(child);
  child.kill_at = kNever;
  const std::string how = (WIFSIGNALED(status) ? "was " : "") + os::exit_text(status);
  if (&child == &current_->children[kKeeper]) {
    execute_last_will(current_->settings, current_->network->resolver(), current_->channels,
                      voice(), how);
  }
  if (stopping_) return;
  const Instant now = os::monotonic_now();
  if (now - child.started > kCalm) child.back_off = kFirstBackOff;
  child.start_at = now + child.back_off;
  voice().say_daemon(child.name + " (pid " + std::to_string(pid) + ") " + how +
                         ": starting it again in " + seconds_text(child.back_off, 0),
                     2);
  child.back_off = std::min(child.back_off * 2, kLongestBackOff);
}

void Supervisor::ask_to_end(Child& child) {
  child.start_at = kNever;
  if (child.pid == 0 || child.kill_at != kNever) return;
  ::kill(child.pid, SIGTERM);
  ::kill(child.pid, SIGCONT);  // a stopped one could not hear
  child.kill_at = os::monotonic_now() + child.patience;
}

void Supervisor::enforce_ends() {
  for (Child& child : current_->children) {
    if (child.pid == 0 || child.kill_at > os::monotonic_now()) continue;
    voice().say_daemon(child.name + " does not end: killed", 2);
    ::kill(child.pid, SIGKILL);
    child.kill_at = kNever;
  }
}

void Supervisor::end(Child& child) {
  ask_to_end(child);
  while (child.pid != 0) {
    loop_.set_deadline(next_deadline());
    if (!loop_.wait()) return;
    enforce_ends();
  }
}

}  // namespace alibi::daemon
