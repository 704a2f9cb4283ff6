// SPDX-License-Identifier: Apache-2.0
// What one thread did, moment by moment, from scheduler events: a gapless row of segments. Which
// wait is which is decided from kernel functions on its stack, the system call and samples of
// /proc; each rule names its source.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/recording.h"

namespace alibi::investigate {

/// States of a thread, in the words of the account.
enum class Doing : std::uint8_t {
  Unobserved,  ///< no event says; never accused, always shown
  Running,
  Spinning,        ///< on the CPU, where it waits in the kernel for what another CPU does
  Idle,            ///< waits for its next timer or packet, by its own choice
  Runnable,        ///< wants a CPU that others hold
  Throttled,       ///< wants a CPU, its cgroup's quota is used up
  Stopped,         ///< by a signal, or traced
  Frozen,          ///< by a cgroup freezer
  DiskWait,        ///< waits for a block device
  FilesystemWait,  ///< waits for a frozen or remote file system
  LogWait,         ///< writes its log to a pipe, terminal or socket that nobody reads
  OtherWait,       ///< waits in the kernel for something else
  Reclaiming,      ///< looks for memory to free, on the CPU or asleep, or is held at memory.high
  SwapIn,          ///< waits for its memory to come back from swap
  PageIn,          ///< waits for pages of files that it used and reclaim took
  Gone,            ///< the process has ended
  Paused,          ///< no CPU of its machine ran
  Stolen,          ///< the hypervisor ran something else on its CPU
  Silent,          ///< its CPU took no timer interrupt, why is not known
};
std::string_view text(Doing doing);  // "idle", "waiting for a CPU", ...

/// One look at /proc while a segment lasted.
struct Sample {
  Instant at;
  const evidence::WaitTarget* target = nullptr;
};

struct Segment {
  Instant begin;
  Instant end;
  Doing doing = Doing::Unobserved;
  std::int32_t cpu = -1;  ///< it ran on, or waited for until it got it; -1: not known
  std::string detail;  ///< "in write(2) of /var/log/messages, function unix_wait_for_peer"
  std::vector<evidence::Rival> rivals;       ///< Runnable: who held the CPU
  /// Running or Spinning: where the timer interrupt met it, the first time of `met_times`.
  /// Runnable: where it met who held the CPU. nullptr: nowhere.
  const evidence::ThreadRan* met = nullptr;
  std::size_t met_times = 0;
  /// It, or who held its CPU, was met in one kernel function again and again, while the hypervisor
  /// had taken this other CPU: it may have waited there for that. -1: no such thing.
  std::int32_t doubt = -1;
  const evidence::ThreadOff* off = nullptr;  ///< the switch-out this segment began with
  /// What /proc said of this wait, most often where it said several things; nullptr: nothing.
  const evidence::WaitTarget* target = nullptr;
  std::vector<Sample> samples;  ///< all that /proc said of it, in order
  /// Stopped, or Gone by a signal: that signal, with its sender; nullptr: not recorded.
  const evidence::SignalSent* signal = nullptr;
  /// The want of CPU is that of the log's reader, for which the sender waited: who that is.
  const evidence::WaitTarget* reader = nullptr;
  Duration length() const { return end - begin; }
};

/// Time, in ns, for which the switch-in that ended a wait says the thread itself was throttled.
std::uint64_t throttled_time(const Segment& segment);

/// The segments of thread `tid` of process `pid` over [begin, end], in order, without holes.
std::vector<Segment> timeline_of(const evidence::Recording& recording, std::int32_t pid,
                                 std::int32_t tid, Instant begin, Instant end);

/// Turns a want of CPU of process `pid` into Throttled where its cgroup's quota was used up.
void apply_quota(const evidence::Recording& recording, std::int32_t pid, Segment& segment);

/// Gives [begin, end] of `segment` to a copy that `change` may alter; the rest stays. The pieces,
/// in order; each keeps the samples of its own time.
std::vector<Segment> cut(const Segment& segment, Instant begin, Instant end,
                         const std::function<void(Segment&)>& change);

/// How a switch-out is to be read, by state letter, kernel stack and system call.
Doing classify_wait(const evidence::ThreadOff& off);

}  // namespace alibi::investigate
