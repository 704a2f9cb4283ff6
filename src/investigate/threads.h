// SPDX-License-Identifier: Apache-2.0
// The account of any watched thread over any time of a recording: no incident is needed, nothing
// was due.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "investigate/account.h"

namespace alibi::investigate {

/// A thread of which a recording holds something.
struct WatchedThread {
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::string comm;  ///< of its process, the last it had
  /// Every command name that its process had.
  std::vector<std::string> names;
  std::uint64_t netns = 0;
  std::string host;        ///< of a tap in its network namespace; empty: none
  std::string incomplete;  ///< what is not recorded of it, in words; empty: nothing
  Instant first;           ///< the first that is recorded of it
  Instant last = kNever;   ///< it ended
};

/// Ordered by process, the main thread first.
std::vector<WatchedThread> watched_threads(const evidence::Recording& recording);

/// Does `word` name it: a thread's or a process's number, or a command name?
bool is_named(const WatchedThread& thread, std::string_view word);

/// Was it there at some time of [begin, end], as far as is known?
bool lived_in(const WatchedThread& thread, Instant begin, Instant end);

struct ThreadAccount {
  WatchedThread thread;
  /// `due` is `begin`, `decided` is `end`. The lines sum to the time between to the nanosecond.
  Account account;
};

/// [begin, end] must lie within the recording. What was before the thread's first event is
/// Unobserved, with that said.
ThreadAccount account_of_thread(const evidence::Recording& recording, const WatchedThread& thread,
                                Instant begin, Instant end);

}  // namespace alibi::investigate
