// SPDX-License-Identifier: Apache-2.0
// The event catalogue: one plain struct for each kind of timed fact about a host. Process and
// thread ids are those of the initial PID namespace. Every struct says where it comes from.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/instant.h"
#include "evidence/event_memory_io.h"
#include "evidence/event_network.h"

namespace alibi::evidence {

/// A process the recorder watches. Emitted when found (/proc/net/raw -> fd, or script target).
struct ProcessFound {
  std::int32_t pid = 0;
  std::int32_t parent = 0;
  std::string comm;
  std::string command_line;
  std::uint64_t netns = 0;
  enum class Role : std::uint8_t {
    Heartbeat,    ///< holds a raw socket for protocol 112
    Parent,       ///< parent of such a process, same executable
    Child,        ///< forked by a watched process: a script run
    Service,      ///< named by a tracked script, e.g. haproxy
    LogReader,    ///< reads what a watched process blocks on writing
  } role = Role::Heartbeat;
  std::vector<std::string> cgroups;  ///< "controller:/path", as /proc/PID/cgroup
};

/// The watched thread left the CPU (tp_btf sched_switch, prev). `state` is the kernel's prev_state
/// letter: R (preempted), S, D, T (stopped), t (traced), X/Z (dead), I, or F (TASK_FROZEN).
struct ThreadOff {
  std::int32_t tid = 0;
  std::int32_t pid = 0;
  char state = 'S';
  bool io_wait = false;             ///< task->in_iowait
  /// task->in_memstall: the kernel itself counts this wait as one for want of memory (needs PSI).
  bool memory_stall = false;
  std::int32_t syscall = -1;        ///< number, -1: not in a system call
  std::string syscall_name;         ///< "write", "sendto", "epoll_wait"; empty if syscall == -1
  std::array<std::uint64_t, 3> arguments{};
  std::vector<std::string> stack;   ///< kernel functions, innermost first; may be empty
};

/// The watched thread got the CPU (sched_switch, next). If it had been runnable for a while,
/// `rivals` says who held that CPU meanwhile.
struct Rival {
  std::int32_t pid = 0;             ///< 0: the CPU was idle
  std::string comm;
  std::int64_t ns = 0;
  std::string policy;               ///< "normal", "fifo 50", "rr 1", "deadline", "idle"
};
struct ThreadOn {
  std::int32_t tid = 0;
  std::int32_t pid = 0;
  std::int32_t cpu = 0;
  std::vector<Rival> rivals;
};

/// The watched thread was made runnable (sched_waking/sched_wakeup).
struct ThreadWoken {
  std::int32_t tid = 0;
  std::int32_t pid = 0;
  std::int32_t waker_pid = 0;       ///< 0: from an interrupt or the idle task
  std::string waker_comm;
};

/// What a thread that has been off the CPU for > 100 ms waits for, from /proc while it waits.
/// Repeated every 100 ms while the wait lasts.
struct WaitTarget {
  std::int32_t tid = 0;
  std::int32_t pid = 0;
  char state = '?';                 ///< /proc/PID/stat
  std::string wchan;                ///< may be empty
  std::string syscall_name;
  std::int32_t fd = -1;             ///< argument of write/sendto/fsync..., -1: none
  std::string fd_target;            ///< readlink of /proc/PID/fd/N: path, "pipe:[N]", "socket:[N]"
  /// What the descriptor is, as far as known.
  enum class Kind : std::uint8_t { None, File, Pipe, Terminal, UnixSocket, OtherSocket, Other }
      kind = Kind::None;
  bool is_log = false;              ///< stdout/stderr, or a socket connected to /dev/log, journal
  std::string peer_path;            ///< unix socket: the address it is connected to
  std::string filesystem;           ///< File: "ext4"
  std::string device;               ///< File: block device "loop3" / source of the mount
  std::string mount_point;
  /// Who should be reading the pipe or socket, and what that process is doing.
  std::int32_t reader_pid = 0;      ///< 0: none found
  std::string reader_comm;
  char reader_state = '?';
  std::string reader_wchan;
  std::string reader_syscall;
  std::string reader_fd_target;     ///< what the reader itself is blocked on
  std::string reader_filesystem;
  std::string reader_device;
};

/// A signal was generated for a watched process (tp_btf signal_generate). sender 0: the kernel.
struct SignalSent {
  std::int32_t signal = 0;
  std::int32_t code = 0;            ///< si_code: SI_USER 0, SI_KERNEL 0x80, ...
  std::int32_t target_pid = 0;
  std::string target_comm;
  std::int32_t sender_pid = 0;
  std::string sender_comm;
  std::int32_t sender_parent_pid = 0;
  std::string sender_parent_comm;
};

struct ProcessForked { std::int32_t parent = 0; std::int32_t child = 0; };
struct ProcessExec { std::int32_t pid = 0; std::string comm; std::string command_line; };
/// exit_code as wait(2) encodes it: low 7 bits the signal, 0x80 core dumped, bits 8.. the status.
struct ProcessExit {
  std::int32_t pid = 0;
  std::string comm;
  std::int32_t exit_code = 0;
  bool oom_victim = false;
};

/// freezer.state (v1) / cgroup.events (v2) of a watched process's cgroup changed.
struct CgroupFrozen {
  std::string cgroup;               ///< "freezer:/path" or "unified:/path"
  bool frozen = false;
  std::vector<std::int32_t> pids;   ///< watched processes in it
};

/// cpu.stat of a watched process's cgroup or one of its ancestors moved (sampled every 100 ms).
struct CgroupThrottled {
  std::string cgroup;
  std::int64_t quota_us = -1;       ///< -1: no limit on this level
  std::int64_t period_us = 0;
  std::uint64_t throttled_count = 0;   ///< cumulative nr_throttled
  std::uint64_t throttled_ns = 0;      ///< cumulative
  std::vector<std::int32_t> pids;
};

/// What a daemon itself says (alibi's own keeper): a transition with its reason code.
struct DaemonTransition {
  std::int32_t pid = 0;
  std::string instance;
  std::string from, to, reason, detail;
};

/// `source` (as in SourceLoss: "sched", ...) lost events between `since_ns` and this moment.
struct EventsLost { std::string source; std::uint64_t lost = 0; std::int64_t since_ns = 0; };

using Fact = std::variant<ProcessFound, ThreadOff, ThreadOn, ThreadWoken, WaitTarget, SignalSent,
                          ProcessForked, ProcessExec, ProcessExit, CgroupFrozen, CgroupThrottled,
                          BlockDevice, LinkChange, AddressChange, InterfaceCounters, SocketDrops,
                          DaemonTransition, EventsLost, MemoryReclaimed, MemoryLimit,
                          MemoryCounters, DeviceUse, PacketDropped>;

struct Event {
  Instant at;
  Fact fact;
};

/// "thread_off", "signal_sent", ...: the name in case files and text.
std::string_view kind_name(const Fact& fact);

}  // namespace alibi::evidence
