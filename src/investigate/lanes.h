// SPDX-License-Identifier: Apache-2.0
// The threads that a gap is told with, side by side: whose account it is, then whoever was recorded
// of those it waited for.
#pragma once

#include <string>
#include <vector>

#include "investigate/threads.h"
#include "investigate/verdict.h"

namespace alibi::investigate {

struct Lane {
  std::string name;  ///< "keepalived", "rsyslogd"
  std::string part;  ///< "sender", "receiver", "reads its log", "parent", "main thread"
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::vector<Segment> segments;  ///< over the account's gap, without holes
};

/// The account's thread first. Another process has a lane when scheduler events of its main thread
/// were recorded in the gap: a reader of the log that was waited for, the parent of the program.
std::vector<Lane> lanes_of(const evidence::Recording& recording, const Account& account);

/// The same of a thread as such, and of the reader of its log.
std::vector<Lane> lanes_of(const evidence::Recording& recording, const ThreadAccount& thread);

/// The adverts of the incident's sender at the first tap of its path, over the account's gap, both
/// ends included.
std::vector<Instant> adverts_in(const evidence::Recording& recording, const Verdict& verdict);

/// What a segment's state rests on: the signal and its sender, the switch-out and its kernel
/// functions, who held the CPU, what /proc said and how often. Empty where there is nothing but the
/// state.
std::string evidence_text(const Segment& segment);

}  // namespace alibi::investigate
