// SPDX-License-Identifier: Apache-2.0
// One walk over segments and marks, both in order of time.
#include "investigate/reclaim.h"

#include <algorithm>

namespace alibi::investigate {
namespace {

struct Mark {
  Instant begin;
  Instant end;
  const evidence::MemoryReclaimed* fact = nullptr;
};

std::vector<Mark> marks_of(const evidence::Recording& recording, std::int32_t tid) {
  std::vector<Mark> marks;
  for (const evidence::Event& event : recording.events) {
    const auto* fact = std::get_if<evidence::MemoryReclaimed>(&event.fact);
    if (fact == nullptr || fact->tid != tid) continue;
    const Instant begin{fact->begin_ns};
    if (begin < event.at) marks.push_back({begin, event.at, fact});
  }
  return marks;
}

bool may_be_reclaim(Doing doing) {
  switch (doing) {
    case Doing::Running:
    case Doing::Idle:
    case Doing::DiskWait:
    case Doing::FilesystemWait:
    case Doing::LogWait:
    case Doing::OtherWait:
    case Doing::SwapIn:
    case Doing::PageIn:
      return true;
    default:
      return false;
  }
}

}  // namespace

void apply_reclaims(const evidence::Recording& recording, std::int32_t tid,
                    std::vector<Segment>& segments) {
  const std::vector<Mark> marks = marks_of(recording, tid);
  if (marks.empty()) return;
  std::vector<Segment> result;
  std::size_t next = 0;
  for (Segment rest : segments) {
    while (next < marks.size() && marks[next].end <= rest.begin) ++next;
    for (std::size_t i = next; i < marks.size() && marks[i].begin < rest.end; ++i) {
      if (!may_be_reclaim(rest.doing)) break;
      auto pieces = cut(rest, marks[i].begin, marks[i].end, [&](Segment& piece) {
        piece.doing = Doing::Reclaiming;
        piece.detail =
            marks[i].fact->group ? "for the memory limit of its cgroup" : "for the whole machine";
      });
      rest = std::move(pieces.back());
      pieces.pop_back();
      result.insert(result.end(), pieces.begin(), pieces.end());
      if (rest.doing == Doing::Reclaiming) break;  // the mark goes on into the next segment
    }
    result.push_back(std::move(rest));
  }
  segments = std::move(result);
}

Reclaims reclaims_of(const evidence::Recording& recording, std::int32_t tid, Instant a, Instant b) {
  Reclaims sum;
  for (const Mark& mark : marks_of(recording, tid)) {
    if (mark.end <= a || mark.begin >= b) continue;
    ++sum.count;
    sum.longest = std::max(sum.longest, Duration(mark.end - mark.begin));
    sum.throttled += Duration(static_cast<std::int64_t>(mark.fact->throttled_ns));
    sum.pages += mark.fact->pages;
    if (mark.fact->group) ++sum.for_group;
  }
  return sum;
}

}  // namespace alibi::investigate
