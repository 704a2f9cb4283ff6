// SPDX-License-Identifier: Apache-2.0
// Looks at recordings beside the recorder's loop, at normal priority: the recorder is scheduled
// ahead of what it watches, and a long look in its place would starve the very daemon.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "daemon/verdict_watch.h"

namespace alibi::daemon {

class VerdictThread {
 public:
  /// Called in the thread with the recording the verdict rests on; `number` from 1.
  using OnVerdict = std::function<void(const evidence::Recording& recording,
                                       const investigate::Verdict& verdict, std::size_t number)>;
  explicit VerdictThread(OnVerdict on_verdict) : on_verdict_(std::move(on_verdict)) {}
  /// What is under way is finished first.
  ~VerdictThread();
  VerdictThread(const VerdictThread&) = delete;
  VerdictThread& operator=(const VerdictThread&) = delete;

  /// Whether it would take a recording at `now`: nothing is under way, and what was took a tenth of
  /// the time since it began at most.
  bool ready(Instant now);
  /// When ready(). The thread begins with the first one; without a thread to be had the look is
  /// taken here.
  void look(evidence::Recording recording, Instant asked);
  /// The recording ends here: waits for what is under way, then gives what was not given yet.
  void finish(const evidence::Recording& recording);

 private:
  static constexpr Duration kLookEvery = 250ms;

  void work();
  void examine(const evidence::Recording& recording, Instant asked);
  void give(const evidence::Recording& recording,
            const std::vector<investigate::Verdict>& verdicts);
  void end();

  OnVerdict on_verdict_;
  VerdictWatch watch_;      // the thread's while it runs
  std::size_t number_ = 0;  // as well
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<evidence::Recording> job_;
  Instant asked_;
  bool busy_ = false;
  bool ending_ = false;
  Instant next_look_;
  std::thread thread_;
};

}  // namespace alibi::daemon
