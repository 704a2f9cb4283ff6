// SPDX-License-Identifier: Apache-2.0
// The tracker's threads. A file on network storage that answers nothing holds up the watching of
// files, and nothing else: each kind of source has a thread and a loop of its own.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "base/instant.h"
#include "base/result.h"
#include "daemon/track_board.h"
#include "os/event_loop.h"
#include "os/fd.h"

namespace alibi::daemon {

/// What a thread runs. All calls come from it.
class TrackSource {
 public:
  virtual ~TrackSource() = default;
  virtual std::string name() const = 0;  ///< of the thread, as ps -T shows it
  virtual bool realtime() const { return false; }
  /// Opens what it watches, and publishes what is known at once.
  virtual Result<void> begin(os::EventLoop& loop) = 0;
  /// Does what is due, after every wake-up; returns when to be called next at the latest.
  virtual Instant step() = 0;
  /// Last words.
  virtual void end() {}
};

class TrackThread {
 public:
  TrackThread(TrackBoard& board, std::unique_ptr<TrackSource> source);
  ~TrackThread();

  void start();
  void ask_to_end();
  /// False when it hangs in a system call; it ends with the process then.
  bool ended() const { return ended_.load(); }

 private:
  void run();
  Result<void> loop();

  TrackBoard& board_;
  std::unique_ptr<TrackSource> source_;
  os::Fd stop_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace alibi::daemon
