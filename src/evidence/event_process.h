// SPDX-License-Identifier: Apache-2.0
// Of the event catalogue: watched processes, from found to ended, and the signals they get. See
// event.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace alibi::evidence {

/// A process the recorder watches. Emitted when found (/proc/net/raw -> fd, or script target).
struct ProcessFound {
  std::int32_t pid = 0;
  std::int32_t parent = 0;
  std::string comm;
  std::string command_line;
  std::uint64_t netns = 0;
  enum class Role : std::uint8_t {
    Heartbeat,  ///< holds a raw socket for protocol 112
    Parent,     ///< parent of such a process, same executable
    Child,      ///< forked by a watched process: a script run
    Service,    ///< named by a tracked script, e.g. haproxy
    LogReader,  ///< reads what a watched process blocks on writing
    Watched,    ///< asked for (alibi record --watch)
  } role = Role::Heartbeat;
  std::vector<std::string> cgroups;  ///< "controller:/path", as /proc/PID/cgroup
};

/// A signal was generated for a watched process (tp_btf signal_generate). sender 0: the kernel.
struct SignalSent {
  std::int32_t signal = 0;
  std::int32_t code = 0;  ///< si_code: SI_USER 0, SI_KERNEL 0x80, ...
  std::int32_t target_pid = 0;
  std::string target_comm;
  std::int32_t sender_pid = 0;
  std::string sender_comm;
  std::int32_t sender_parent_pid = 0;
  std::string sender_parent_comm;
};

struct ProcessForked {
  std::int32_t parent = 0;
  std::int32_t child = 0;
};
struct ProcessExec {
  std::int32_t pid = 0;
  std::string comm;
  std::string command_line;
};
/// exit_code as wait(2) encodes it: low 7 bits the signal, 0x80 core dumped, bits 8.. the status.
struct ProcessExit {
  std::int32_t pid = 0;
  std::string comm;
  std::int32_t exit_code = 0;
  bool oom_victim = false;
};

}  // namespace alibi::evidence
