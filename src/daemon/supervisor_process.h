// SPDX-License-Identifier: Apache-2.0
// The supervisor's loop and what it keeps. Idle but for a death or a signal; one thread.
#pragma once

#include <memory>
#include <optional>

#include "daemon/generation.h"
#include "daemon/one_shot.h"
#include "daemon/pid_file.h"
#include "os/event_loop.h"
#include "os/signals.h"

namespace alibi::daemon {

class Supervisor {
 public:
  Supervisor(const RunOptions& options, std::unique_ptr<Generation> generation,
             os::EventLoop loop, os::SignalQueue signals);

  /// Until SIGTERM or SIGINT; then everything has ended in order.
  Result<void> run();

 private:
  // supervisor.cc
  void hear_signals();
  void stop_all();
  Voice voice() const;

  // supervisor_children.cc
  void start(Child& child);
  void start_due();
  void reap();
  void died(Child& child, int status);
  void ask_to_end(Child& child);
  void end(Child& child);
  void enforce_ends();
  Instant next_deadline() const;

  // supervisor_files.cc
  void write_pids();
  void run_script(const char* what, const config::Command& command, Duration timeout);
  void publish(const Child& child);

  const RunOptions& options_;
  std::optional<OneShot> script_;
  PidFile own_pid_;
  PidFile keeper_pid_;
  std::unique_ptr<Generation> current_;
  os::EventLoop loop_;
  os::SignalQueue signals_;
  bool stopping_ = false;
  bool reload_told_ = false;
};

/// The run folder, and the umask of what is written from now on.
void prepare_files(const RunOptions& options);

}  // namespace alibi::daemon
