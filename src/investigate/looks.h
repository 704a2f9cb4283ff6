// SPDX-License-Identifier: Apache-2.0
// What looks at /proc (WaitTarget) add to a thread's timeline.
#pragma once

#include "investigate/timeline.h"

namespace alibi::investigate {

/// The state where no scheduler event tells it, for the time up to the next look; and a better
/// description of a wait where one does.
void apply_looks(const evidence::Recording& recording, std::int32_t tid,
                 std::vector<Segment>& segments);

}  // namespace alibi::investigate
