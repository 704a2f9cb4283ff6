// SPDX-License-Identifier: Apache-2.0
// Tracked processes, sans-IO: which process is meant, and whether enough of them run. Who looks at
// the processes is the tracker's business (daemon/).
#pragma once

#include <climits>
#include <string>
#include <vector>

#include "base/instant.h"

namespace alibi::track {

/// Which processes: by name, by path, or by the command line.
struct ProcessPattern {
  std::string process;  ///< name, or with a '/' the path
  std::vector<std::string> parameters;
  /// Exact: these parameters and no others. Initial: the last may be the beginning of one, and
  /// others may follow. Partial: these first, others may follow. With one of the latter two and no
  /// parameters: a process without any.
  enum class Match { Exact, Initial, Partial } match = Match::Exact;
  bool full_command = false;
};

/// What is known of one process. `arguments` and `executable` only where the pattern asks for them.
struct ProcessFacts {
  std::string comm;  ///< at most 15 octets, as the kernel keeps it
  std::vector<std::string> arguments;
  std::string executable;
};

/// The command line decides: the pattern has parameters, a param_match or full_command.
bool needs_arguments(const ProcessPattern& pattern);
/// ... or the path: arguments and executable are needed, the comm says nothing.
bool needs_path(const ProcessPattern& pattern);
bool matches(const ProcessPattern& pattern, const ProcessFacts& facts);

/// Enough and not too many. A change by a new process counts when it has lasted fork_delay, one by
/// the end of a process when it has lasted terminate_delay; the first count counts at once.
class Quorum {
 public:
  Quorum(int least, int most, Duration fork_delay, Duration terminate_delay)
      : least_(least), most_(most), fork_delay_(fork_delay), terminate_delay_(terminate_delay) {}

  /// Goes on from what is known already (of an earlier process): a change takes its delay again.
  void resume(bool up, int processes) {
    known_ = true;
    up_ = up;
    processes_ = processes;
  }
  /// True when up() has changed or is known for the first time.
  bool count(int processes, Instant now);
  bool step(Instant now);
  Instant next() const { return change_at_; }
  bool up() const { return up_; }
  int processes() const { return processes_; }

 private:
  bool enough() const { return processes_ >= least_ && processes_ <= most_; }

  int least_;
  int most_;
  Duration fork_delay_;
  Duration terminate_delay_;
  int processes_ = 0;
  bool known_ = false;
  bool up_ = false;
  Instant change_at_ = kNever;
};

}  // namespace alibi::track
