// SPDX-License-Identifier: Apache-2.0
// Of the event catalogue: what watched threads do and what they wait for. See event.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace alibi::evidence {

/// The watched thread left the CPU (tp_btf sched_switch, prev). `state` is the kernel's prev_state
/// letter: R (preempted), S, D, T (stopped), t (traced), X/Z (dead), I, or F (TASK_FROZEN).
struct ThreadOff {
  std::int32_t tid = 0;
  std::int32_t pid = 0;
  char state = 'S';
  bool io_wait = false;  ///< task->in_iowait
  /// task->in_memstall: the kernel itself counts this wait as one for want of memory (needs PSI).
  bool memory_stall = false;
  std::int32_t syscall = -1;  ///< number, -1: not in a system call
  std::string syscall_name;   ///< "write", "sendto", "epoll_wait"; empty if syscall == -1
  std::array<std::uint64_t, 3> arguments{};
  std::vector<std::string> stack;  ///< kernel functions, innermost first; may be empty
};

/// The watched thread got the CPU (sched_switch, next). If it had been runnable for a while,
/// `rivals` says who held that CPU meanwhile.
struct Rival {
  std::int32_t pid = 0;  ///< 0: the CPU was idle
  std::string comm;
  std::int64_t ns = 0;
  std::string policy;  ///< "normal", "fifo 50", "rr 1", "deadline", "idle"
};
struct ThreadOn {
  std::int32_t tid = 0;
  std::int32_t pid = 0;
  std::int32_t cpu = 0;
  std::vector<Rival> rivals;
};

/// A timer interrupt (every 40 ms, see CpuSilent) met this thread on the CPU, and so did the one
/// before it: where it was. It is watched, or held the CPU that a watched thread waited for. Code
/// that holds interrupts off is met where it lets them in again.
struct ThreadRan {
  std::int32_t tid = 0;
  std::int32_t pid = 0;
  std::int32_t cpu = 0;
  std::int32_t syscall = -1;  ///< number, -1: not in a system call
  std::string syscall_name;   ///< empty if syscall == -1
  std::vector<std::string> stack;  ///< kernel functions, innermost first; empty: in its own code
};

/// The watched thread was made runnable (sched_waking/sched_wakeup).
struct ThreadWoken {
  std::int32_t tid = 0;
  std::int32_t pid = 0;
  std::int32_t waker_pid = 0;  ///< 0: from an interrupt or the idle task
  std::string waker_comm;
};

/// What a thread that has been off the CPU for > 100 ms waits for, from /proc while it waits.
/// Repeated every 100 ms while the wait lasts.
struct WaitTarget {
  std::int32_t tid = 0;
  std::int32_t pid = 0;
  char state = '?';   ///< /proc/PID/stat
  std::string wchan;  ///< may be empty
  std::string syscall_name;
  std::int32_t fd = -1;   ///< argument of write/sendto/fsync..., -1: none
  std::string fd_target;  ///< readlink of /proc/PID/fd/N: path, "pipe:[N]", "socket:[N]"
  /// What the descriptor is, as far as known.
  enum class Kind : std::uint8_t {
    None,
    File,
    Pipe,
    Terminal,
    UnixSocket,
    OtherSocket,
    Other
  } kind = Kind::None;
  bool is_log = false;     ///< stdout/stderr, or a socket connected to /dev/log, journal
  std::string peer_path;   ///< unix socket: the address it is connected to
  std::string filesystem;  ///< File: "ext4"
  std::string device;      ///< File: block device "loop3" / source of the mount
  std::string mount_point;
  /// Who should be reading the pipe or socket, and what that process is doing.
  std::int32_t reader_pid = 0;  ///< 0: none found
  std::string reader_comm;
  char reader_state = '?';
  std::string reader_wchan;
  std::string reader_syscall;
  std::string reader_fd_target;  ///< what the reader itself is blocked on
  std::string reader_filesystem;
  std::string reader_device;
};

}  // namespace alibi::evidence
