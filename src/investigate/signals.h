// SPDX-License-Identifier: Apache-2.0
// Who stopped or ended a process: the signal beside the state it brought about.
#pragma once

#include "investigate/timeline.h"

namespace alibi::investigate {

/// Gives each Stopped segment the last signal that stops and was not taken back by a SIGCONT, and
/// each Gone one the signal that ended the process; none where none was recorded.
void apply_signals(const evidence::Recording& recording, std::int32_t pid,
                   std::vector<Segment>& segments);

}  // namespace alibi::investigate
