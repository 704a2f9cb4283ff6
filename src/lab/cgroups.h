// SPDX-License-Identifier: Apache-2.0
// The lab's control groups: alibi-lab/NAME/HOST/PROGRAM in every hierarchy that is mounted, v1 and
// v2 alike.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace alibi::lab {

/// `group` is the path below alibi-lab/, e.g. "story/loadbalancer01/keeper".
Result<void> make_group(const std::string& group);
/// Moves `pid` (0: the caller) into `group` in every hierarchy.
Result<void> join_group(const std::string& group, pid_t pid);
/// Processes in `group` and below, in any hierarchy.
std::vector<pid_t> members(const std::string& group);
/// Removes `group` and what is below it. Processes must have left.
void remove_group(const std::string& group);

/// The v1 file FILE of `controller` for `group`; nothing when that controller is not mounted.
std::optional<std::string> v1_file(const std::string& controller, const std::string& group,
                                   const std::string& file);
/// The same in the v2 hierarchy.
std::optional<std::string> v2_file(const std::string& group, const std::string& file);

/// Lets `group` ("LAB/HOST/PROGRAM") use real-time scheduling, 50 ms of each second. With
/// RT_GROUP_SCHED a new v1 cpu group may use none, and SCHED_RR is refused in it.
void allow_realtime(const std::string& group);

/// Thaws every frozen group of a lab (v1 and v2); used when going down and after a fault.
void thaw_groups(const std::string& lab_name);

}  // namespace alibi::lab
