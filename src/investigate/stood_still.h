// SPDX-License-Identifier: Apache-2.0
// Time in which a thread cannot have done anything because its CPU, or the machine, did not run.
#pragma once

#include <vector>

#include "investigate/timeline.h"

namespace alibi::investigate {

/// Gives what the ticks of the CPUs and the hypervisor's counters say to the segments of thread
/// `tid`, in order and without holes. What a signal or a freezer held stays so.
///
/// - All CPUs silent at once: Stolen where half of the silence of one of them or more counts as
///   stolen, else Paused. On a machine of one CPU Paused is not said.
/// - The thread's CPU silent alone: Stolen or, without such a count, Silent: the kernel may have
///   held its interrupts off. In no case did somebody else on that CPU hold it.
/// - A thread that spun for another CPU, or whose CPU's holder did, while one was Stolen: Stolen.
/// - Where the same may be, a doubt: see Segment.
/// - A thread that ran or wanted its CPU while half of the time or more was stolen from it, in
///   slices too short for the ticks: Stolen.
void apply_silences(const evidence::Recording& recording, std::int32_t tid,
                    std::vector<Segment>& segments);

}  // namespace alibi::investigate
