// SPDX-License-Identifier: Apache-2.0
// Counts the tracked processes: by events of the proc connector where the kernel gives them,
// otherwise by a look at /proc from time to time. Forks nothing. A thread of its own: reading a
// command line waits for the process's memory lock.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/track_board.h"
#include "daemon/track_thread.h"
#include "os/proc_connector.h"
#include "track/process.h"

namespace alibi::daemon {

class ProcessTracker : public TrackSource {
 public:
  /// `events` false: as if there were no proc connector (for tests).
  explicit ProcessTracker(TrackBoard& board, bool events = true) : board_(board), events_(events) {}

  std::string name() const override { return "alibi-processes"; }
  Result<void> begin(os::EventLoop& loop) override;
  Instant step() override;

 private:
  struct Watched {
    const config::TrackedProcess& settings;
    std::size_t object;
    track::ProcessPattern pattern;
    track::Quorum quorum;
    std::set<std::int32_t> pids{};
    int published = -1;
  };

  void hear(const os::ProcessEvent& event);
  void scan();
  void look_at(std::int32_t pid);
  void forget(std::int32_t pid);
  void publish(Watched& watched, bool changed);

  TrackBoard& board_;
  bool events_;
  std::optional<os::ProcConnector> connector_;
  std::vector<Watched> watched_;
  bool need_arguments_ = false;
  Instant scan_at_{};
};

}  // namespace alibi::daemon
