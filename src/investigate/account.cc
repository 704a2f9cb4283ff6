// SPDX-License-Identifier: Apache-2.0
// Sums a thread's timeline over a gap.
#include "investigate/account.h"

#include <algorithm>
#include <map>

namespace alibi::investigate {

Duration Account::overdue_in(Doing doing) const {
  Duration sum{0};
  for (const Segment& segment : segments) {
    if (segment.doing != doing) continue;
    const Instant left = std::max(segment.begin, due);
    const Instant right = std::min(segment.end, decided);
    if (left < right) sum += right - left;
  }
  return sum;
}

const Segment* Account::longest(Doing doing) const {
  const Segment* best = nullptr;
  for (const Segment& segment : segments) {
    if (segment.doing != doing || segment.end <= due || segment.begin >= decided) continue;
    if (best == nullptr || segment.end - segment.begin > best->end - best->begin) best = &segment;
  }
  return best;
}

Account account_of(const evidence::Recording& recording, const Sender& sender, Instant begin,
                   Instant end, Instant decided, Duration interval) {
  Account account;
  account.sender = sender;
  account.begin = begin;
  account.end = end;
  account.due = std::min(begin + interval, end);
  account.decided = std::clamp(decided, account.due, end);
  account.segments = timeline_of(recording, sender.pid, sender.tid, begin, end);
  std::map<std::pair<Doing, std::string>, Duration> sums;
  for (const Segment& segment : account.segments) {
    sums[{segment.doing, segment.detail}] += segment.end - segment.begin;
  }
  for (const auto& [key, time] : sums) {
    account.lines.push_back(AccountLine{key.first, time, key.second});
  }
  std::sort(account.lines.begin(), account.lines.end(),
            [](const AccountLine& a, const AccountLine& b) { return a.time > b.time; });
  return account;
}

}  // namespace alibi::investigate
