// SPDX-License-Identifier: Apache-2.0
// How the keeper, and the supervisor that executes its last will, get the CPU in time.
#pragma once

#include "config/settings.h"

namespace alibi::daemon {

/// Scheduling and memory as the configuration asks, or alibi's own way where it asks nothing: a
/// guaranteed share (SCHED_DEADLINE), where that is refused SCHED_RR, and memory locked. One
/// sentence for each thing that could not be had.
std::vector<std::string> schedule_keeper(const config::Scheduling& wanted);

/// The supervisor sleeps but for a death, and then it is in a hurry, too.
void schedule_supervisor();

}  // namespace alibi::daemon
