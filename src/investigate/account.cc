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

namespace {

/// Does the log's reader fail to read because it gets no CPU itself?
bool wants_cpu(const Segment& segment) {
  return segment.doing == Doing::Runnable || segment.doing == Doing::Throttled;
}

/// A sender that waits for the reader of its log waits for what the reader waits for. Only a want
/// of CPU is passed on: it is the host's fault and no fault of logging. A reader that is stopped,
/// blocked or slow stays the log's.
void follow_log_readers(const evidence::Recording& recording, std::vector<Segment>& segments) {
  std::vector<Segment> result;
  for (const Segment& segment : segments) {
    const bool follow = segment.doing == Doing::LogWait && segment.target != nullptr &&
                        segment.target->reader_pid != 0;
    if (!follow) {
      result.push_back(segment);
      continue;
    }
    const std::int32_t reader = segment.target->reader_pid;
    for (const Segment& part : timeline_of(recording, reader, reader, segment.begin, segment.end)) {
      Segment piece = wants_cpu(part) ? part : segment;
      if (wants_cpu(part)) {
        piece.detail = "the reader of its log, " + segment.target->reader_comm +
                       ", did not get one" + (part.detail.empty() ? "" : ": " + part.detail);
      }
      piece.begin = part.begin;
      piece.end = part.end;
      // Who held the CPU is told with the switch-in that ended the wait.
      if (!part.rivals.empty()) piece.rivals = part.rivals;
      const bool same = !result.empty() && result.back().doing == piece.doing &&
                        result.back().detail == piece.detail && piece.rivals.empty();
      if (same) {
        result.back().end = piece.end;
      } else {
        result.push_back(piece);
      }
    }
  }
  segments = std::move(result);
}

}  // namespace

Account account_of(const evidence::Recording& recording, const Sender& sender, Instant begin,
                   Instant end, Instant decided, Duration interval) {
  Account account;
  account.sender = sender;
  account.begin = begin;
  account.end = end;
  account.due = std::min(begin + interval, end);
  account.decided = std::clamp(decided, account.due, end);
  account.segments = timeline_of(recording, sender.pid, sender.tid, begin, end);
  follow_log_readers(recording, account.segments);
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
