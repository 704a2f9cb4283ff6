// SPDX-License-Identifier: Apache-2.0
// notify_master, notify_backup, notify_fault, notify_stop and notify. Those of one instance run one
// after the other in the order of its transitions (keepalived runs them at once, in any order).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "config/settings.h"
#include "daemon/messages.h"
#include "os/process.h"

namespace alibi::daemon {

/// The command lines keepalived would run for `tell`; arguments appended where it does.
std::vector<std::vector<std::string>> notify_commands(const config::Settings& settings,
                                                      const Tell& tell);

class Notifier {
 public:
  static constexpr std::size_t kQueue = 64;  ///< waiting, for one instance

  explicit Notifier(const config::Settings& settings);

  /// What is to be logged about it; empty if nothing.
  std::string tell(const Tell& tell);
  /// A child has ended; starts the next. Log text if it did not end well.
  std::string ended(const os::Exited& exited);
  std::uint64_t dropped() const { return dropped_; }
  bool idle() const;

 private:
  struct Line {
    std::deque<std::vector<std::string>> waiting;
    std::vector<std::string> running;
    pid_t pid = 0;
  };
  std::string start_next(Line& line);

  const config::Settings& settings_;
  std::vector<Line> lines_;  // by instance
  std::uint64_t dropped_ = 0;
  bool warned_ = false;
};

}  // namespace alibi::daemon
