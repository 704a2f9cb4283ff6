// SPDX-License-Identifier: Apache-2.0
// Running a tool of the system (ip, nft, mkfs.ext4) to its end, and waiting for a condition.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace alibi::lab {

/// What the program printed on stdout. A non-zero exit is an error with the command line and what
/// it printed on stderr. `input` becomes its stdin.
Result<std::string> run_command(const std::vector<std::string>& argv,
                                const std::string& input = {});

/// Asks `condition` every 20 ms until it is true (true) or `limit` has passed (false).
/// Gives up early when a signal asked the lab to end.
bool await(Duration limit, const std::function<bool()>& condition);
/// The same for taking down, which a signal must not cut short.
bool await_regardless(Duration limit, const std::function<bool()>& condition);

/// Sleeps on the monotonic clock. False when a signal asked the lab to end meanwhile.
bool hold(Duration time);

/// From now on SIGINT, SIGTERM and SIGHUP make interrupted() true instead of ending the process,
/// so that what was built is taken down.
void catch_interrupts();
bool interrupted();

/// Makes a folder and those above it. Another lab that goes down may remove an empty one of those
/// in between, so it tries again.
Result<void> make_directories(const std::string& path);

/// Reads a small file, empty when it cannot.
std::string read_small_file(const std::string& path);
/// One write(2) of `text` to an existing file, as /sys and cgroup files want it.
Result<void> write_file(const std::string& path, const std::string& text);
/// Creates or replaces a regular file.
Result<void> put_file(const std::string& path, const std::string& text);

}  // namespace alibi::lab
