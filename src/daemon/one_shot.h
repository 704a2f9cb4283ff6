// SPDX-License-Identifier: Apache-2.0
// startup_script and shutdown_script: one run, with an end to patience. Its owner turns the loop,
// reaps and calls; nothing here waits.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "config/settings.h"
#include "os/process.h"

namespace alibi::daemon {

class OneShot {
 public:
  OneShot(std::string what, Duration timeout) : what_(std::move(what)), timeout_(timeout) {}

  Result<void> start(const config::Settings& settings, const config::Command& command, Instant now);
  bool running() const { return pid_ != 0; }
  /// When to call step() next.
  Instant deadline() const { return deadline_; }
  /// Past the deadline: SIGTERM to its process group, a second later SIGKILL.
  void step(Instant now);
  void ended(const os::Exited& exited);
  /// How it went, for the log; empty: well.
  const std::string& outcome() const { return outcome_; }

 private:
  std::string what_;
  Duration timeout_;
  pid_t pid_ = 0;
  Instant deadline_ = kNever;
  bool overdue_ = false;
  std::string outcome_;
};

}  // namespace alibi::daemon
