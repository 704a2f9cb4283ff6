// SPDX-License-Identifier: Apache-2.0
// Scheduling and memory of a process that must not be late. Each call says what it did not get,
// for one warning in the log; none of them is fatal.
#pragma once

#include <span>

#include "base/instant.h"
#include "base/result.h"

namespace alibi::os {

/// SCHED_DEADLINE: `runtime` of CPU time in every `period`, guaranteed ahead of every SCHED_FIFO
/// and SCHED_RR thread, and what others leave of their shares (SCHED_FLAG_RECLAIM). Refused by the
/// kernel where the machine's real-time bandwidth is given away, or the thread is bound to some of
/// the CPUs (sched(7)). What is forked from here on starts with normal scheduling.
Result<void> schedule_deadline(Duration runtime, Duration period);

/// SCHED_RR at `priority` (1..99); what is forked from here on starts
/// with normal scheduling.
Result<void> schedule_realtime(int priority);

/// SCHED_OTHER at nice value `nice` (-20..19).
Result<void> schedule_nice(int nice);

/// Only these CPUs from here on.
Result<void> bind_to_cpus(std::span<const int> cpus);

/// RLIMIT_RTTIME, soft (SIGXCPU) at half of it: how long a real-time thread may compute without
/// waiting for anything before the kernel ends it.
Result<void> limit_realtime(Duration limit);

/// Keeps every page of this process in memory, now and later (faulted in on use), and touches a
/// stack of 64 KiB so that a deep call under memory pressure waits for no page.
Result<void> lock_memory();

/// Gives memory that was freed back to the system, before children are forked that would hold it.
void release_free_memory();

/// Gives back what deeper calls of this thread left on its stack, for the same reason.
void release_unused_stack();

}  // namespace alibi::os
