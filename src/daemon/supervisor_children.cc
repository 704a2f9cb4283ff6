// SPDX-License-Identifier: Apache-2.0
// The supervisor's children: started, started again when they die, ended in an orderly way or not.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "daemon/keeper.h"
#include "daemon/last_will.h"
#include "daemon/supervisor_process.h"
#include "os/process.h"

namespace alibi::daemon {

void Supervisor::start(Child& child) {
  child.start_at = kNever;
  child.kill_at = kNever;
  child.asked_to_end = false;
  child.started = os::monotonic_now();
  ++child.starts;
  const auto pid = os::fork_child(child.comm.empty() ? child.name : child.comm, child.body);
  if (!pid) {
    voice().say_daemon(pid.error().message, 2);
    child.start_at = child.started + child.back_off;
    return;
  }
  child.pid = *pid;
}

void Supervisor::start_due() {
  if (reader_.running()) return;  // a fork now might inherit a lock that the thread holds
  for (std::size_t i = 0; i < kChildren; ++i) {
    Child& child = current_->children[i];
    if (child.pid != 0 || child.start_at > os::monotonic_now()) continue;
    if (waits_for_old(i)) continue;
    start(child);
    publish(*current_, i);
  }
}

Instant Supervisor::next_deadline() const {
  Instant earliest = std::min(checker_.kill_at, retire_at_);
  for (const Child& courier : couriers_) earliest = std::min(earliest, courier.kill_at);
  for (const auto* generation : {candidate_.get(), current_.get(), previous_.get()}) {
    if (generation == nullptr) continue;
    for (std::size_t i = 0; i < kChildren; ++i) {
      const Child& child = generation->children[i];
      const bool waits = reader_.running() || waits_for_old(i);
      earliest = std::min({earliest, waits ? kNever : child.start_at, child.kill_at});
    }
  }
  return earliest;
}

void Supervisor::reap() {
  while (const auto exited = os::reap()) {
    for (const auto* generation : {current_.get(), previous_.get(), candidate_.get()}) {
      if (generation != nullptr) generation->channels.forget_sender(exited->pid);
    }
    if (checker_.pid == exited->pid) {
      checker_.pid = 0;
      checker_.kill_at = kNever;
      upgrading_ ? program_checked(exited->status) : checked(exited->status);
      continue;
    }
    if (candidate_ && candidate_->children[kKeeper].pid == exited->pid) {
      candidate_died(exited->status);
      continue;
    }
    std::erase_if(couriers_, [&](const Child& courier) { return courier.pid == exited->pid; });
    for (Generation* generation : {current_.get(), previous_.get()}) {
      if (generation == nullptr) continue;
      for (Child& child : generation->children) {
        if (child.pid != exited->pid) continue;
        child.kill_at = kNever;
        if (generation == current_.get()) {
          died(child, exited->status);
        } else {
          child.pid = 0;
        }
        break;
      }
    }
    if (script_) script_->ended(*exited);
  }
}

void Supervisor::died(Child& child, int status) {
  const pid_t pid = child.pid;
  child.pid = 0;
  publish(*current_, static_cast<std::size_t>(&child - current_->children.data()));
  const std::string how = (WIFSIGNALED(status) ? "was " : "") + os::exit_text(status);
  if (&child == &current_->children[kKeeper]) {
    const bool said = WIFEXITED(status) && WEXITSTATUS(status) == kHandedOver;
    if (candidate_ && (said || candidate_->channels.page.handover() != HandoverStage::None)) {
      commit();
      return;
    }
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
  if (child.pid == 0 || child.asked_to_end) return;
  child.asked_to_end = true;
  ::kill(child.pid, SIGTERM);
  ::kill(child.pid, SIGCONT);  // a stopped one could not hear
  child.kill_at = os::monotonic_now() + child.patience;
}

void Supervisor::enforce_end(Child& child) {
  if (child.pid == 0 || child.kill_at > os::monotonic_now()) return;
  voice().say_daemon(child.name + " does not end: killed", 2);
  ::kill(child.pid, SIGKILL);
  child.kill_at = kNever;
}

void Supervisor::enforce_ends() {
  enforce_end(checker_);
  for (Child& courier : couriers_) enforce_end(courier);
  for (Generation* generation : {candidate_.get(), current_.get(), previous_.get()}) {
    if (generation == nullptr) continue;
    for (Child& child : generation->children) enforce_end(child);
  }
}

}  // namespace alibi::daemon
