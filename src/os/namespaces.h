// SPDX-License-Identifier: Apache-2.0
// Network namespaces by name, path or process, and doing something inside one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

/// "" is the caller's own; "pid:N" that of a process; a word with '/' is a path; any other word is
/// a name below /run/netns.
Result<Fd> open_network_namespace(const std::string& spec);

/// Its inode, which is also what /proc/PID/ns/net shows in brackets.
Result<std::uint64_t> namespace_inode(const Fd& fd);

/// For good, with all that is started from here on.
Result<void> enter_network_namespace(const std::string& spec);

/// Runs `work` inside the namespace, in a thread of its own when that is not this one: a process
/// whose first thread went there would be one of those that `ip netns pids` lists, which scripts
/// end before they delete a namespace. What `work` opens there (sockets, files below
/// /proc/thread-self/net) stays bound to that namespace.
Result<void> inside_network_namespace(const Fd& fd, const std::function<Result<void>()>& work);

}  // namespace alibi::os
