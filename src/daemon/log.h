// SPDX-License-Identifier: Apache-2.0
// The log: stderr, syslog or the journal, each line with the time at which its fact happened, not
// the time at which it was written. A thread of its own writes: a reader of the log that does not
// read holds up the log and nothing else.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/channels.h"

namespace spdlog {
class logger;
}

namespace alibi::daemon {

enum class Severity : std::uint8_t { Information, Warning, Error };

/// Used from one thread. What does not fit into the queue is dropped, counted, and reported by the
/// log itself once it moves again.
class Log {
 public:
  static constexpr std::size_t kQueue = 4096;  ///< lines

  explicit Log(LogTarget target);
  /// Writes what is queued, for as long as `patience` lasts; then leaves the rest.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(std::int64_t unix_ns, Severity severity, const std::string& line);
  std::uint64_t dropped() const;
  std::uint64_t written() const;
  /// True when everything was written in time.
  bool drain(Duration patience);

 private:
  struct Line {
    std::int64_t unix_ns;
    Severity severity;
    std::string text;
  };
  /// Outlives the Log when its thread is stuck in the kernel.
  struct Shared {
    std::shared_ptr<spdlog::logger> logger;
    mutable std::mutex mutex;
    std::condition_variable wake;
    std::condition_variable idle;
    std::deque<Line> queue;
    std::uint64_t dropped = 0;
    std::uint64_t dropped_reported = 0;
    std::uint64_t written = 0;
    bool busy = false;
    bool stopping = false;
  };
  static void work(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace alibi::daemon
