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

const Segment* Account::doubtful(Doing doing) const {
  Duration sum{0}, most{0};
  const Segment* longest = nullptr;
  for (const Segment& segment : segments) {
    if (segment.doing != doing || segment.doubt < 0) continue;
    const Duration here = std::min(segment.end, decided) - std::max(segment.begin, due);
    if (here <= Duration{0}) continue;
    sum += here;
    if (here > most) longest = &segment;
    most = std::max(most, here);
  }
  return sum * 2 >= overdue_in(doing) ? longest : nullptr;
}

const Segment* Account::longest(Doing doing) const {
  const Segment* best = nullptr;
  for (const Segment& segment : segments) {
    if (segment.doing != doing || segment.end <= due || segment.begin >= decided) continue;
    if (best == nullptr || segment.end - segment.begin > best->end - best->begin) best = &segment;
  }
  return best;
}

void Account::sum_lines() {
  std::map<std::pair<Doing, std::string>, Duration> sums;
  for (const Segment& segment : segments) sums[{segment.doing, segment.detail}] += segment.length();
  lines.clear();
  for (const auto& [key, time] : sums) lines.push_back(AccountLine{key.first, time, key.second});
  std::sort(lines.begin(), lines.end(),
            [](const AccountLine& a, const AccountLine& b) { return a.time > b.time; });
}

namespace {

/// A wait of the log's reader for a CPU: told with the switch-in that ended it.
struct ReaderWait {
  Instant begin;
  Instant end;
  const std::vector<evidence::Rival>* rivals = nullptr;
};

std::vector<ReaderWait> waits_of_reader(const evidence::Recording& recording, std::int32_t pid) {
  std::vector<ReaderWait> waits;
  for (const evidence::Event& event : recording.events) {
    const auto* on = std::get_if<evidence::ThreadOn>(&event.fact);
    if (on == nullptr || on->pid != pid) continue;
    Duration waited{0};
    for (const evidence::Rival& rival : on->rivals) waited += Duration(rival.ns);
    if (waited > 50ms) waits.push_back({event.at - waited, event.at, &on->rivals});
  }
  return waits;
}

/// Who reads the log that this segment waits for; nullptr when it is no such wait or nobody knows.
const evidence::WaitTarget* reader_of(const Segment& segment) {
  if (segment.doing != Doing::LogWait) return nullptr;
  for (const Sample& sample : segment.samples) {
    if (sample.target->reader_pid != 0) return sample.target;
  }
  return nullptr;
}

/// A sender that waits for the reader of its log waits for what the reader waits for. Only a want
/// of CPU is passed on: it is the host's fault and no fault of logging. A reader that is stopped,
/// blocked or slow stays the log's.
void follow_log_readers(const evidence::Recording& recording, std::vector<Segment>& segments) {
  std::vector<Segment> result;
  for (Segment rest : segments) {
    const evidence::WaitTarget* reader = reader_of(rest);
    const auto waits = reader != nullptr ? waits_of_reader(recording, reader->reader_pid)
                                         : std::vector<ReaderWait>{};
    for (const ReaderWait& wait : waits) {
      auto pieces = cut(rest, wait.begin, wait.end, [&](Segment& piece) {
        piece.rivals = *wait.rivals;
        piece.doing = Doing::Runnable;
        piece.reader = reader;
        piece.detail = "for the reader of its log, " + reader->reader_comm;
        apply_quota(recording, reader->reader_pid, piece);
      });
      // What is left behind the wait may hold the next one.
      rest = std::move(pieces.back());
      pieces.pop_back();
      result.insert(result.end(), pieces.begin(), pieces.end());
    }
    result.push_back(std::move(rest));
  }
  segments = std::move(result);
}

}  // namespace

ReaderLooks looks_at_reader(const Account& account) {
  ReaderLooks looks;
  for (const Segment& segment : account.segments) {
    if (segment.doing != Doing::LogWait) continue;
    if (segment.end <= account.due || segment.begin >= account.decided) continue;
    looks.over += segment.length();
    for (const Sample& sample : segment.samples) {
      const evidence::WaitTarget& target = *sample.target;
      if (target.reader_pid == 0) continue;
      looks.any = &target;
      if (target.reader_state == '?') continue;
      ++looks.known;
      if (target.reader_state == 'R')
        ++looks.runnable;
      else
        looks.standing = &target;
    }
  }
  return looks;
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
  follow_log_readers(recording, account.segments);
  account.sum_lines();
  return account;
}

}  // namespace alibi::investigate
