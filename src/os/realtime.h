// SPDX-License-Identifier: Apache-2.0
// Scheduling and memory of a process that must not be late. Each call says what it did not get,
// for one warning in the log; none of them is fatal.
#pragma once

#include "base/result.h"

namespace alibi::os {

/// SCHED_RR at `priority` (1..99); what is forked from here on starts with normal scheduling.
Result<void> schedule_realtime(int priority);

/// Keeps every page of this process in memory, now and later (faulted in on use), and touches a
/// stack of 64 KiB so that a deep call under memory pressure waits for no page.
Result<void> lock_memory();

}  // namespace alibi::os
