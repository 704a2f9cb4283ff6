// SPDX-License-Identifier: Apache-2.0
// Kernel functions by what waiting in them means. Names checked in Linux 6.1 and 6.18; a prefix
// match allows for .isra/.constprop suffixes. An unknown function is OtherWait, never a guess.
#include "investigate/wait.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <string_view>

namespace alibi::investigate {
namespace {

using Names = std::initializer_list<std::string_view>;

// kernel/freezer.c (v1 and suspend), kernel/cgroup/freezer.c (v2).
constexpr auto kFreezer = {"__refrigerator", "do_freezer_trap", "cgroup_enter_frozen"};
// include/linux/fs.h sb_start_write(): a frozen file system holds writers in its per-cpu rwsem,
// mostly inlined into the VFS function. Other locks are of that kind, too (fork waits for one of
// the cgroups), so it counts only in a system call that modifies files.
constexpr auto kFreezeLock = {"percpu_rwsem_wait", "__percpu_down_read", "sb_start_write",
                              "__sb_start_write"};
constexpr auto kModifiesFiles = {
    "write", "writev", "pwrite64",  "pwritev",  "pwritev2",  "open",           "openat", "openat2",
    "creat", "unlink", "unlinkat",  "rename",   "renameat",  "renameat2",      "mkdir",  "mkdirat",
    "rmdir", "link",   "symlink",   "truncate", "ftruncate", "fallocate",      "chmod",  "fchmod",
    "chown", "fchown", "utimensat", "sendfile", "splice",    "copy_file_range"};
// mm/vmscan.c and mm/memcontrol.c: asleep while looking for memory, or held at memory.high.
constexpr auto kReclaim = {"try_to_free_pages",
                           "do_try_to_free_pages",
                           "try_to_free_mem_cgroup_pages",
                           "reclaim_throttle",
                           "shrink_node",
                           "shrink_folio_list",
                           "mem_cgroup_handle_over_high",
                           "__mem_cgroup_handle_over_high"};
// mm/memory.c, mm/swap_state.c, mm/page_io.c; mm/shmem.c.
constexpr auto kSwapIn = {"do_swap_page",          "swapin_readahead", "swap_cluster_readahead",
                          "swap_vma_readahead",    "swap_read_folio",  "swap_readpage",
                          "read_swap_cache_async", "shmem_swapin"};
// mm/filemap.c, mm/readahead.c: pages of files, mapped or read.
constexpr auto kFilePages = {"filemap_fault", "filemap_get_pages", "filemap_update_page",
                             "filemap_read",  "page_cache_ra",     "page_cache_sync_ra"};
// Network and user-space file systems.
constexpr auto kRemoteFilesystem = {"nfs_",
                                    "nfs4_",
                                    "rpc_wait_bit_killable",
                                    "ceph_",
                                    "fuse_",
                                    "request_wait_answer",
                                    "__fuse_request_send",
                                    "cifs_",
                                    "smb2_"};
// Block layer and page cache waits (block/, mm/filemap.c, fs/buffer.c, fs/jbd2, fs/xfs, fs/iomap).
constexpr auto kDisk = {"io_schedule",
                        "submit_bio_wait",
                        "blk_mq_get_tag",
                        "rq_qos_wait",
                        "wbt_wait",
                        "__iomap_dio_rw",
                        "__blkdev_direct_IO",
                        "folio_wait_bit",
                        "folio_wait_writeback",
                        "wait_on_page_bit",
                        "__wait_on_buffer",
                        "jbd2_log_wait_commit",
                        "wait_transaction_locked",
                        "do_get_write_access",
                        "balance_dirty_pages",
                        "xlog_wait_on_iclog",
                        "__xfs_log_force_lsn",
                        "bit_wait_io",
                        "throtl_",
                        "blkcg_maybe_throttle"};
// Writers of pipes, sockets and terminals.
constexpr auto kWriters = {"pipe_write",         "anon_pipe_write",      "pipe_wait_writable",
                           "unix_wait_for_peer", "sock_alloc_send_pskb", "sock_wait_for_wmem",
                           "n_tty_write",        "tty_write_lock",       "wait_until_sent"};
// kernel/locking: a lock is held by a task on another CPU; the slow paths wait for nothing else.
constexpr auto kLockSpin = {"native_queued_spin_lock_slowpath",
                            "queued_spin_lock_slowpath",
                            "__pv_queued_spin_lock_slowpath",
                            "queued_read_lock_slowpath",
                            "queued_write_lock_slowpath",
                            "osq_lock",
                            "mutex_spin_on_owner",
                            "rwsem_spin_on_owner"};
// kernel/smp.c, kernel/stop_machine.c: the other CPUs are to answer an interrupt, or to come to a
// halt. Functions that run here meanwhile are above these on the stack.
constexpr auto kCallSpin = {"smp_call_function_many_cond", "smp_call_function_single",
                            "csd_lock_wait", "__csd_lock_wait", "multi_cpu_stop"};
// kernel/sched/psi.c: starts over while another CPU is in the midst of counting, a matter of
// nanoseconds where that runs.
constexpr auto kCountSpin = {"collect_percpu_times", "get_recent_times"};
// Readers and timers that a daemon's event loop waits in.
constexpr auto kIdleCalls = {
    "epoll_wait",   "epoll_pwait", "epoll_pwait2",    "poll",    "ppoll",           "select",
    "pselect6",     "nanosleep",   "clock_nanosleep", "pause",   "rt_sigtimedwait", "rt_sigsuspend",
    "io_getevents", "accept",      "accept4",         "recvmsg", "recvfrom",        "recvmmsg"};
constexpr auto kWriteCalls = {"write",   "writev",   "pwrite64", "pwritev",  "sendto",
                              "sendmsg", "sendmmsg", "fsync",    "fdatasync"};

template <typename List>
bool starts_with_any(const std::vector<std::string>& stack, const List& names) {
  return std::any_of(stack.begin(), stack.end(), [&](const std::string& frame) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return frame.starts_with(name); });
  });
}

template <typename List>
bool is_one_of(std::string_view value, const List& names) {
  return std::find(names.begin(), names.end(), value) != names.end();
}

/// Want of memory, as the functions above the wait tell. A page of a file that is read for the
/// first time is the disk's; one that the thread had and reclaim took is memory's: the kernel
/// counts that wait as a memory stall itself (mm/workingset.c); nothing else tells the two apart.
std::optional<Doing> by_memory(const evidence::ThreadOff& off) {
  if (starts_with_any(off.stack, kReclaim)) return Doing::Reclaiming;
  if (starts_with_any(off.stack, kSwapIn)) return Doing::SwapIn;
  if (off.memory_stall && starts_with_any(off.stack, kFilePages)) return Doing::PageIn;
  return std::nullopt;
}

/// The trap of the version 2 freezer is mostly inlined (kernel/signal.c, do_freezer_trap). It is
/// the only interruptible sleep that get_signal() begins itself: a stop and a tracer's trap have
/// states of their own.
bool in_freezer_trap(char state, std::string_view innermost) {
  return state == 'S' && (innermost == "get_signal" || innermost.starts_with("get_signal."));
}

Doing by_functions(const std::vector<std::string>& functions, bool io_wait,
                   std::string_view syscall) {
  if (starts_with_any(functions, kFreezer)) return Doing::Frozen;
  if (starts_with_any(functions, kFreezeLock) && is_one_of(syscall, kModifiesFiles)) {
    return Doing::FilesystemWait;
  }
  if (starts_with_any(functions, kRemoteFilesystem)) return Doing::FilesystemWait;
  if (io_wait || starts_with_any(functions, kDisk)) return Doing::DiskWait;
  return Doing::OtherWait;
}

}  // namespace

Doing classify_wait(const evidence::ThreadOff& off) {
  switch (off.state) {
    case 'R':
      return Doing::Runnable;
    case 'T':
    case 't':
      return Doing::Stopped;
    case 'X':
    case 'Z':
      return Doing::Gone;
    case 'F':
      return Doing::Frozen;
    default:
      break;
  }
  if (!off.stack.empty() && in_freezer_trap(off.state, off.stack.front())) return Doing::Frozen;
  const bool frozen = starts_with_any(off.stack, kFreezer);
  if (const auto memory = by_memory(off); memory && !frozen) return *memory;
  const Doing doing = by_functions(off.stack, off.io_wait, off.syscall_name);
  if (doing != Doing::OtherWait) return doing;
  // Whether a full pipe or socket is the log is for a sample of /proc to say (refined()).
  if (off.state == 'S' && is_one_of(off.syscall_name, kIdleCalls)) return Doing::Idle;
  return Doing::OtherWait;
}

Doing classify_wait(const evidence::WaitTarget& target) {
  if (target.state == 'R') return Doing::Runnable;
  if (target.state == 'T' || target.state == 't') return Doing::Stopped;
  if (target.state == 'Z' || target.state == 'X') return Doing::Gone;
  if (in_freezer_trap(target.state, target.wchan)) return Doing::Frozen;
  const Doing doing = by_functions({target.wchan}, false, target.syscall_name);
  if (doing != Doing::OtherWait) return doing;
  if (refines(target, Doing::OtherWait)) return refined(target, Doing::OtherWait);
  if (target.state == 'S' && is_one_of(target.syscall_name, kIdleCalls)) return Doing::Idle;
  return Doing::OtherWait;
}

Doing classify_run(const evidence::ThreadRan& ran) {
  if (ran.stack.empty()) return Doing::Running;
  // A whole name: smp_call_function_single_async() waits for nobody.
  const std::string_view innermost = ran.stack.front();
  const std::string_view name = innermost.substr(0, innermost.find('.'));
  const bool spins = starts_with_any(ran.stack, kLockSpin) || is_one_of(name, kCallSpin) ||
                     is_one_of(name, kCountSpin);
  return spins ? Doing::Spinning : Doing::Running;
}

bool refines(const evidence::WaitTarget& target, Doing doing) {
  const bool waits = doing == Doing::OtherWait || doing == Doing::DiskWait ||
                     doing == Doing::FilesystemWait || doing == Doing::LogWait;
  return waits && target.fd >= 0 && is_one_of(target.syscall_name, kWriteCalls);
}

Doing refined(const evidence::WaitTarget& target, Doing doing) {
  if (doing != Doing::OtherWait) return doing;
  const bool writer = starts_with_any({target.wchan}, kWriters) || target.wchan.empty() ||
                      target.wchan == "0" || target.wchan == "schedule_timeout" ||
                      target.wchan == "wait_woken";
  using Kind = evidence::WaitTarget::Kind;
  const bool stream =
      target.kind == Kind::Pipe || target.kind == Kind::Terminal || target.kind == Kind::UnixSocket;
  return writer && stream && target.is_log ? Doing::LogWait : doing;
}

std::string wait_text(const evidence::ThreadOff& off) {
  std::string where = off.syscall >= 0 && !off.syscall_name.empty()
                          ? fmt::format("in {}(2)", off.syscall_name)
                          : std::string("in the kernel");
  if (off.state == 'R') return "preempted";
  if (off.state == 'T') return "stopped by a signal";
  if (off.state == 't') return "stopped by a tracer";
  if (!off.stack.empty()) where += ", " + off.stack.front();
  return where;
}

std::string wait_text(const evidence::WaitTarget& target) {
  std::string where = target.syscall_name.empty() ? std::string("in the kernel")
                                                  : fmt::format("in {}(2)", target.syscall_name);
  if (!target.peer_path.empty()) {
    where += " to " + target.peer_path;
  } else if (!target.fd_target.empty()) {
    where += " to " + target.fd_target;
  }
  if (!target.wchan.empty() && target.wchan != "0") where += ", " + target.wchan;
  return where;
}

std::string wait_text(const evidence::ProcessExit& exit) {
  const int signal = exit.exit_code & 0x7f;
  if (signal != 0) return fmt::format("ended by {}", signal_name(signal));
  return fmt::format("exited with status {}", (exit.exit_code >> 8) & 0xff);
}

std::string run_text(const evidence::ThreadRan& ran) {
  if (ran.stack.empty() && ran.syscall < 0) return "in its own code";
  std::string where =
      ran.syscall_name.empty() ? "in the kernel" : fmt::format("in {}(2)", ran.syscall_name);
  if (classify_run(ran) == Doing::Spinning) where += ", " + ran.stack.front();
  return where;
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

}  // namespace alibi::investigate
