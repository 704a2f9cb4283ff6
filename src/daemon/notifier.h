// SPDX-License-Identifier: Apache-2.0
// Runs notify scripts. Those of one instance or group run one after the other in the order of its
// transitions (keepalived runs them at once, in any order).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "config/settings.h"
#include "daemon/announce.h"
#include "os/process.h"

namespace alibi::daemon {

class Notifier {
 public:
  static constexpr std::size_t kQueue = 64;  ///< waiting, for one instance or group

  explicit Notifier(const config::Settings& settings);

  /// What is to be logged about it; empty if nothing.
  std::string take(const Announcement& announcement);
  /// A child has ended; starts the next. Log text if it did not end well.
  std::string ended(const os::Exited& exited);
  std::uint64_t dropped() const { return dropped_; }
  std::uint64_t started() const { return started_; }
  bool idle() const { return lines_.empty(); }

 private:
  struct Line {
    std::deque<NotifyCommand> waiting;
    NotifyCommand running;
    pid_t pid = 0;
  };
  std::string start_next(Line& line);

  const config::Settings& settings_;
  std::map<std::size_t, Line> lines_;  // by instance, then group; while a script of it runs
  std::uint64_t dropped_ = 0;
  std::uint64_t started_ = 0;
  bool warned_ = false;
};

}  // namespace alibi::daemon
