// SPDX-License-Identifier: Apache-2.0
// Where a thread was while it ran, and who held the CPU that it waited for: timer interrupts met
// them there.
#pragma once

#include <string>
#include <vector>

#include "investigate/timeline.h"

namespace alibi::investigate {

/// Says where thread `tid` was while it ran, makes Spinning of what it spun, and marks its waits
/// for a CPU whose holder spun, where one had most of that. Each interrupt tells of the time since
/// the one before, the last of a run also of what follows, and none of more than 100 ms.
void apply_runs(const evidence::Recording& recording, std::int32_t tid,
                std::vector<Segment>& segments);

/// How often it was met where, most often first: "its own code", "brk(2): clear_page < ...", of
/// kernel functions the three innermost.
struct Met {
  std::string where;
  std::size_t times = 0;
};
std::vector<Met> met_in(const evidence::Recording& recording, std::int32_t tid, Instant a,
                        Instant b);

/// The same of process `pid` on CPU `cpu`.
std::vector<Met> met_on(const evidence::Recording& recording, std::int32_t pid, std::int32_t cpu,
                        Instant a, Instant b);

}  // namespace alibi::investigate
