// SPDX-License-Identifier: Apache-2.0
// Time in which a thread cannot have done anything because its CPU, or the machine, did not run.
#pragma once

#include <vector>

#include "investigate/timeline.h"

namespace alibi::investigate {

/// Gives what the ticks of the CPUs say to the segments of thread `tid`, in order and without
/// holes. All CPUs silent at once: Paused, or Stolen where the hypervisor counts half of that time
/// as stolen or more. Of a machine with one CPU, and of a CPU that was silent alone, only Stolen is
/// said: else the kernel may have held its interrupts off. What a signal or a freezer held stays
/// so.
void apply_silences(const evidence::Recording& recording, std::int32_t tid,
                    std::vector<Segment>& segments);

}  // namespace alibi::investigate
