// SPDX-License-Identifier: Apache-2.0
// The world as another process has it: its files, arguments and environment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace alibi::os {

/// /proc/PID/cmdline, word by word; empty when it is gone.
std::vector<std::string> arguments_of(std::int32_t pid);
/// The environment it was started with, as NAME=value.
std::vector<std::string> environment_of(std::int32_t pid);
/// When it was started, as Unix nanoseconds, to a clock tick (10 ms) less; 0 when it is gone.
std::int64_t started_unix_ns(std::int32_t pid);

/// For this thread and for good: paths mean what they mean to `pid` (its mounts, its root, its
/// working directory), and the host has the name that it has there. Another thread sees no change.
/// Needs CAP_SYS_CHROOT and the right to look into the process.
Result<void> see_files_of(std::int32_t pid);

/// The last moment at which what `path` names may have become something else (the later of st_mtim
/// and st_ctim, of a link also its own), as Unix nanoseconds; 0 when there is nothing.
std::int64_t changed_unix_ns(const std::string& path);

}  // namespace alibi::os
