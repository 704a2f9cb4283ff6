// SPDX-License-Identifier: Apache-2.0
// The clock of one script, without processes: when it starts, when an overrun is ended and how.
// Times come in, actions go out; the tracker forks and kills.
#pragma once

#include <cstdint>

#include "base/instant.h"
#include "config/settings.h"

namespace alibi::daemon {

class ScriptRun {
 public:
  enum class Action : std::uint8_t { None, Start, Terminate, Kill };

  ScriptRun(const config::Script& script, Instant first_start);

  /// When to call due() next.
  Instant next() const;

  /// What to do at `now`. Start: a run shall begin (tell by started() or could_not_start()).
  /// Terminate and Kill: signal its process group; the first of them makes the run a failure.
  Action due(Instant now);

  void started(Instant now);
  /// The run has ended, `success` as its exit status says; true if it counts (it was no overrun,
  /// which counted when its time was up).
  bool ended(Instant now);
  /// Runs that fell into the time of another, in all.
  std::uint64_t skipped() const { return skipped_; }
  /// SIGKILL was sent once more than it should have taken.
  bool killed_before() const { return kills_ > 1; }
  bool running() const { return phase_ != Phase::Waiting; }
  Duration took(Instant now) const { return now - started_; }

 private:
  enum class Phase : std::uint8_t { Waiting, Running, Terminated, Killed };

  Duration interval_;
  Duration timeout_;
  Phase phase_ = Phase::Waiting;
  Instant start_at_;
  Instant started_{};
  Instant signalled_{};
  std::uint64_t skipped_ = 0;
  int kills_ = 0;
};

}  // namespace alibi::daemon
