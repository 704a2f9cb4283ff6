// SPDX-License-Identifier: Apache-2.0
// A host of the lab: an init process of ours in its own network, mount, UTS and PID namespace and
// control groups. Whoever kills that init takes everything inside with it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/state.h"

namespace alibi::lab {

struct HostSpec {
  std::string name;
  std::string node = {};  ///< a VM: the node that it runs on and has its disk on; else empty
  bool storage = false;   ///< a node: has a disk of its own at /mnt
  bool pinned = false;    ///< its processes run on Lab::vm_cpu only, all others elsewhere
};

/// Starts the init of `spec`, records it in the lab's state, names its network namespace for
/// `ip netns`, and returns when its file systems are in place.
Result<void> start_host(Lab& lab, const HostSpec& spec);

/// Options of the hidden subcommand that is a host's init.
struct InitOptions {
  std::string lab, host, dir;
  std::string storage;  ///< loop device for /mnt, or empty
  std::string disk;     ///< loop device for /var/log, or empty
  bool foreground = false;
};
/// PID 1 of a host: mounts, says so on descriptor 3, then reaps for ever.
int host_init(const InitOptions& options);

/// A path of a host's mount namespace, as seen from outside.
std::string inside(const HostState& host, const std::string& path);

struct Start {
  std::string host;
  std::string name;                ///< of the program; its group is LAB/HOST/NAME
  std::vector<std::string> argv;   ///< argv[0] "alibi" is this program itself
  std::string output;              ///< file in the host for stdout and stderr, appended
  std::vector<std::string> reader; ///< not empty: stdout and stderr are a pipe that this reads
  std::string reader_output;
};
/// Starts a program as a child of the host's init and records it in the lab's state.
Result<void> start_program(Lab& lab, const Start& start);

/// Runs `body` in a child inside the host's namespaces and returns its exit code, 128+n for signal
/// n. `interactive` children belong to the caller's terminal (lab exec).
Result<int> enter(const Lab& lab, const std::string& host, const std::function<int()>& body);

}  // namespace alibi::lab
