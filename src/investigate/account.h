// SPDX-License-Identifier: Apache-2.0
// The account of a gap: its time divided into what the sending thread was doing. The lines sum to
// the gap exactly; unexplained time is a line of its own.
#pragma once

#include <string>
#include <vector>

#include "investigate/sender.h"
#include "investigate/timeline.h"

namespace alibi::investigate {

struct AccountLine {
  Doing doing = Doing::Unobserved;
  Duration time{0};
  std::string detail;
};

struct Account {
  Sender sender;           ///< whose thread it is
  bool receiving = false;  ///< of who should have read adverts that had arrived: `begin` == `due`
  Instant begin;    ///< the last advert in time
  Instant end;      ///< the next one, or the take-over if none came
  Instant due;      ///< when the next advert should have left
  Instant decided;  ///< the hand-over (or `end`): later time cannot have caused it
  std::vector<Segment> segments;
  std::vector<AccountLine> lines;  ///< longest first

  /// Makes `lines` of `segments`.
  void sum_lines();
  /// Time in `doing` between due and decided, the time that matters for the cause.
  Duration overdue_in(Doing doing) const;
  Duration overdue() const { return decided - due; }
  /// Of the time in `doing` that matters, half or more with a doubt (see Segment): the longest such
  /// segment; nullptr: less.
  const Segment* doubtful(Doing doing) const;
  /// The longest segment of this state that reaches into the overdue time; nullptr if none.
  const Segment* longest(Doing doing) const;
};

/// What the samples say of the log's reader while the sender waited for it and no scheduler event
/// tells why. One look proves little: a reader that stands still may be runnable for a moment, and
/// a starved one asleep.
struct ReaderLooks {
  int known = 0;     ///< looks that found the reader and its state
  int runnable = 0;  ///< of those: running or wanting a CPU
  Duration over{0};  ///< the waits they were looks at
  const evidence::WaitTarget* standing = nullptr;  ///< the last that found it not runnable
  const evidence::WaitTarget* any = nullptr;       ///< the last that found it

  /// Three of four looks or more, one a second at least, found it not runnable.
  bool stands_still() const {
    return standing != nullptr && runnable * 4 <= known && known * Duration(1s) + 1s > over;
  }
};
ReaderLooks looks_at_reader(const Account& account);

Account account_of(const evidence::Recording& recording, const Sender& sender, Instant begin,
                   Instant end, Instant decided, Duration interval);

}  // namespace alibi::investigate
