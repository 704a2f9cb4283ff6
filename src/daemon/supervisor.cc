// SPDX-License-Identifier: Apache-2.0
// Children, their deaths, and the order of an end.
#include "daemon/supervisor.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "daemon/keeper.h"
#include "daemon/keeper_schedule.h"
#include "daemon/last_will.h"
#include "daemon/recorder_child.h"
#include "daemon/teller.h"
#include "daemon/tracker.h"
#include "os/event_loop.h"
#include "os/process.h"
#include "os/signals.h"

namespace alibi::daemon {
namespace {

constexpr Duration kFirstBackOff = 1s;  // then doubled: keepalived's 1, 2, 4 ... 60 s
constexpr Duration kLongestBackOff = 60s;
constexpr Duration kCalm = 60s;         // a child that ran this long starts at the first step again

struct Child {
  std::string name;
  std::function<int()> body;
  Duration patience;  ///< how long an orderly end may take before SIGKILL
  bool wanted = true;
  pid_t pid = 0;
  Instant started{};
  Instant start_at = kNever;
  Duration back_off = kFirstBackOff;
};

class Supervisor {
 public:
  Supervisor(const config::Settings& settings, const RunOptions& options, const Channels& channels,
             os::EventLoop loop, os::SignalQueue signals)
      : settings_(settings),
        channels_(channels),
        voice_(channels.supervisor_to_teller, channels.page, Sender::Supervisor),
        loop_(std::move(loop)),
        signals_(std::move(signals)) {
    children_[kTeller] = {"alibi-teller",
                          [&] { return teller_main(settings, channels, options); }, 10s};
    children_[kKeeper] = {"alibi-keeper", [&] { return keeper_main(settings, channels); }, 3s};
    children_[kTracker] = {"alibi-tracker", [&] { return tracker_main(settings, channels); }, 4s};
    children_[kRecorder] = {"alibi-recorder",
                            [&] { return recorder_main(settings, channels, options); }, 3s};
    children_[kRecorder].wanted = options.record;
  }

  Result<void> run();

 private:
  enum Role : std::size_t { kTeller, kKeeper, kTracker, kRecorder, kRoles };

  void start(Child& child);
  void start_due();
  void reap();
  void hear_signals();
  void died(Child& child, int status);
  void end(Child& child);
  Instant next_start() const;

  const config::Settings& settings_;
  const Channels& channels_;
  Voice voice_;
  os::EventLoop loop_;
  os::SignalQueue signals_;
  std::array<Child, kRoles> children_;
  bool stopping_ = false;
  bool reload_told_ = false;
};

Result<void> Supervisor::run() {
  if (auto added = loop_.add(signals_.fd(), [this] { hear_signals(); }); !added) return added;
  for (Child& child : children_) {
    if (child.wanted) start(child);
  }
  while (!stopping_) {
    loop_.set_deadline(next_start());
    if (auto waited = loop_.wait(); !waited) return waited;
    start_due();
  }
  voice_.say_daemon("Stopping");
  // Keeper first, teller last: everything that ends has something to tell.
  for (const Role role : {kKeeper, kTracker, kRecorder, kTeller}) end(children_[role]);
  return {};
}

void Supervisor::start(Child& child) {
  child.start_at = kNever;
  child.started = os::monotonic_now();
  const auto pid = os::fork_child(child.name, child.body);
  if (!pid) {
    voice_.say_daemon(pid.error().message, 2);
    child.start_at = child.started + child.back_off;
    return;
  }
  child.pid = *pid;
}

void Supervisor::start_due() {
  for (Child& child : children_) {
    if (child.pid == 0 && child.start_at <= os::monotonic_now()) start(child);
  }
}

Instant Supervisor::next_start() const {
  Instant earliest = kNever;
  for (const Child& child : children_) earliest = std::min(earliest, child.start_at);
  return earliest;
}

void Supervisor::hear_signals() {
  while (const int signal = signals_.next()) {
    if (signal == SIGTERM || signal == SIGINT) stopping_ = true;
    if (signal == SIGCHLD) reap();
    if (signal == SIGHUP && !reload_told_) {
      reload_told_ = true;
      voice_.say_daemon("reload is not served yet: SIGHUP ignored, restart to read "
                        "the configuration again", 1);
    }
  }
}

void Supervisor::reap() {
  while (const auto exited = os::reap()) {
    for (Child& child : children_) {
      if (child.pid == exited->pid) died(child, exited->status);
    }
  }
}

void Supervisor::died(Child& child, int status) {
  const pid_t pid = child.pid;
  child.pid = 0;
  const std::string how = (WIFSIGNALED(status) ? "was " : "") + os::exit_text(status);
  if (&child == &children_[kKeeper]) execute_last_will(settings_, channels_, voice_, how);
  if (stopping_) return;
  const Instant now = os::monotonic_now();
  if (now - child.started > kCalm) child.back_off = kFirstBackOff;
  child.start_at = now + child.back_off;
  voice_.say_daemon(child.name + " (pid " + std::to_string(pid) + ") " + how +
                        ": starting it again in " + seconds_text(child.back_off, 0),
                    2);
  child.back_off = std::min(child.back_off * 2, kLongestBackOff);
}

void Supervisor::end(Child& child) {
  if (child.pid == 0) return;
  ::kill(child.pid, SIGTERM);
  ::kill(child.pid, SIGCONT);  // a stopped one could not hear
  const Instant patience = os::monotonic_now() + child.patience;
  bool killed = false;
  while (child.pid != 0) {
    loop_.set_deadline(killed ? kNever : patience);
    if (!loop_.wait()) return;
    if (!killed && child.pid != 0 && os::monotonic_now() >= patience) {
      voice_.say_daemon(child.name + " does not end: killed", 2);
      ::kill(child.pid, SIGKILL);
      killed = true;
    }
  }
}

/// Opens all that the keeper will open, and closes it: what is missing is said here, where somebody
/// is looking, not by a child that dies.
Result<void> rehearse(const config::Settings& settings, const Channels& channels) {
  return Keeper::create(settings, channels).map([](const std::unique_ptr<Keeper>&) {});
}

}  // namespace

int supervise(const config::Settings& settings, const RunOptions& options) {
  auto channels = Channels::create(settings);
  if (const auto error = channels ? rehearse(settings, *channels) : Result<void>(); !error) {
    std::fprintf(stderr, "alibi: %s\n", error.error().message.c_str());
    return error.error().os_errno == 0 ? kExitConfiguration : kExitCannotStart;
  }
  auto signals =
      os::SignalQueue::create({SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1, SIGUSR2});
  auto loop = os::EventLoop::create();
  if (!signals || !loop || !channels) {
    const Error& error = !channels ? channels.error() : !loop ? loop.error() : signals.error();
    std::fprintf(stderr, "alibi: %s\n", error.message.c_str());
    return kExitCannotStart;
  }
  Supervisor supervisor(settings, options, *channels, std::move(*loop), std::move(*signals));
  // Idle but for a death, and then in a hurry. What it forks starts with normal scheduling.
  schedule_supervisor();
  const auto ran = supervisor.run();
  if (!ran) {
    std::fprintf(stderr, "alibi: %s\n", ran.error().message.c_str());
    return kExitCannotStart;
  }
  return kExitDone;
}

}  // namespace alibi::daemon
