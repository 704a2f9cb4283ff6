// SPDX-License-Identifier: Apache-2.0
// Runs the tracked scripts: each at its interval, as its user, in a process group of its own. One
// that hangs, even where no signal reaches it, holds up nothing but its own next run.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "daemon/script_run.h"
#include "daemon/track_board.h"
#include "os/event_loop.h"
#include "os/pipe.h"
#include "os/process.h"
#include "track/track.h"

namespace alibi::daemon {

class ScriptTracker {
 public:
  ScriptTracker(TrackBoard& board, os::EventLoop& loop) : board_(board), loop_(loop) {}

  /// Users, permissions and pipes of all scripts that are used; those of init_fail count as failed.
  void prepare();
  /// Starts and ends what is due.
  void step();
  Instant next() const;
  /// Children have ended.
  void reap();
  /// Ends what runs: SIGTERM, a second later SIGKILL, and another second later without it.
  void end_all();

 private:
  struct Tracked {
    Tracked(const config::Script& script, std::size_t index, std::size_t object_, Instant start)
        : settings(script),
          at(index),
          object(object_),
          run(script, start),
          rise_fall(script.rise, script.fall, script.init_fail) {}
    const config::Script& settings;
    std::size_t at;      ///< in Settings::scripts
    std::size_t object;  ///< in TrackedObjects
    os::Program program;
    ScriptRun run;
    track::RiseFall rise_fall;
    pid_t pid = 0;
    std::optional<os::OutputPipe> pipe;
    std::string output;  ///< of the run, its first octets
    std::optional<int> last_status;
    bool last_timed_out = false;
    std::uint64_t not_started = 0;  ///< runs in a row for which no process could be made
    bool usable = false;
    bool stuck_told = false;
    Instant counted_at{};  ///< when an overrun counted as a failure last
  };
  struct RunResult {
    int status = 0;
    bool timed_out = false;
    Duration took{};
  };

  void prepare(Tracked& tracked);
  void resume(Tracked& tracked);
  void disable(Tracked& tracked, const std::string& why);
  void step(Tracked& tracked);
  void start(Tracked& tracked);
  void not_started(Tracked& tracked, const std::string& why);
  void kill_again(Tracked& tracked);
  void result(Tracked& tracked, const RunResult& result);
  void tell(Tracked& tracked, const RunResult& result, bool changed, const std::string& output);

  TrackBoard& board_;
  os::EventLoop& loop_;
  std::deque<Tracked> scripts_;
  bool warned_ = false;
};

}  // namespace alibi::daemon
