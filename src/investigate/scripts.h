// SPDX-License-Identifier: Apache-2.0
// The runs of a daemon's tracked scripts, put together from fork, exec and exit of its children.
#pragma once

#include <string>
#include <vector>

#include "investigate/sender.h"

namespace alibi::investigate {

struct ScriptRun {
  std::int32_t pid = 0;
  Instant begin;
  Instant end = kNever;
  std::string command_line;
  std::int32_t exit_code = 0;  ///< as wait(2); meaningful when `end` is set
  bool failed() const { return end != kNever && exit_code != 0; }
};

/// In order of their end; runs still going on last.
std::vector<ScriptRun> script_runs(const evidence::Recording& recording, const Sender& sender);

}  // namespace alibi::investigate
