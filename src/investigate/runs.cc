// SPDX-License-Identifier: Apache-2.0
// One walk over segments and interrupts, both in order of time.
#include "investigate/runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "investigate/wait.h"

namespace alibi::investigate {
namespace {

using evidence::ThreadRan;

struct Meeting {
  Instant at;
  const ThreadRan* ran = nullptr;
};

using Meetings = std::vector<Meeting>;

Meetings meetings_of(const evidence::Recording& recording,
                     const std::function<bool(const ThreadRan&)>& wanted) {
  Meetings meetings;
  for (const evidence::Event& event : recording.events) {
    const auto* ran = std::get_if<ThreadRan>(&event.fact);
    if (ran != nullptr && wanted(*ran)) meetings.push_back({event.at, ran});
  }
  return meetings;
}

std::string_view innermost(const ThreadRan& ran) {
  return ran.stack.empty() ? std::string_view() : std::string_view(ran.stack.front());
}

bool is_same_place(const ThreadRan& a, const ThreadRan& b) {
  return a.tid == b.tid && a.syscall == b.syscall && classify_run(a) == classify_run(b) &&
         innermost(a) == innermost(b);
}

/// Pieces of `segment` as the meetings in it tell, each of them no longer than an interrupt may
/// be late without its CPU counting as silent.
void cut_by(const Segment& segment, const Meetings& meetings, std::vector<Segment>& out) {
  constexpr Duration kReach = 100ms;
  const auto later = [](Instant at, const Meeting& meeting) { return at < meeting.at; };
  const auto first = std::upper_bound(meetings.begin(), meetings.end(), segment.begin, later);
  const auto last = std::upper_bound(first, meetings.end(), segment.end, later);
  Segment piece = segment;
  piece.end = segment.begin;
  const auto finish = [&](Instant next) {
    const Instant end = piece.end;
    if (piece.begin < end) out.push_back(piece);
    piece = segment;
    piece.begin = end;
    piece.end = next;
  };
  for (auto each = first; each != last; ++each) {
    const Instant from = std::max(piece.end, each->at - kReach);
    if (from > piece.end) {
      if (piece.met != nullptr) finish(from);
      piece.end = from;
    }
    if (piece.begin < piece.end && (piece.met == nullptr || !is_same_place(*piece.met, *each->ran)))
      finish(piece.end);
    if (piece.met == nullptr) piece.met = each->ran;
    ++piece.met_times;
    piece.end = each->at;
  }
  if (piece.met != nullptr && segment.end - piece.end > kReach) finish(segment.end);
  piece.end = segment.end;
  if (piece.begin < piece.end) out.push_back(std::move(piece));
}

/// The meetings with whom had most of the wait: others may have been met on that CPU at times when
/// the thread waited for another one.
Meetings of_holder(const Segment& wait, const Meetings& meetings) {
  if (wait.rivals.empty() || wait.rivals[0].pid <= 0) return {};
  const evidence::Rival& rival = wait.rivals[0];
  if (Duration(rival.ns) * 2 < wait.length()) return {};
  Meetings held;
  for (const Meeting& meeting : meetings) {
    if (meeting.ran->pid == rival.pid) held.push_back(meeting);
  }
  return held;
}

/// What the place that a piece was met at says of it.
void tell_place(Segment& piece) {
  if (piece.met == nullptr) return;
  const bool spins = classify_run(*piece.met) == Doing::Spinning;
  if (piece.doing == Doing::Running) {
    piece.detail = run_text(*piece.met);
    if (spins) piece.doing = Doing::Spinning;
  } else if (spins) {
    piece.detail = fmt::format("whose holder (pid {}) spun for another {}", piece.met->pid,
                               run_text(*piece.met));
  }
}

std::vector<Met> counted(const Meetings& meetings, Instant a, Instant b) {
  constexpr std::size_t kFunctions = 3;
  std::map<std::string, std::size_t> times;
  for (const Meeting& meeting : meetings) {
    if (meeting.at <= a || meeting.at > b) continue;
    const ThreadRan& ran = *meeting.ran;
    std::string where = !ran.stack.empty() ? "" : ran.syscall < 0 ? "its own code" : "?";
    for (std::size_t i = 0; i < std::min(ran.stack.size(), kFunctions); ++i) {
      where += (i == 0 ? "" : " < ") + ran.stack[i];
    }
    if (!ran.syscall_name.empty()) where = ran.syscall_name + "(2): " + where;
    ++times[where];
  }
  std::vector<Met> met;
  for (const auto& [where, count] : times) met.push_back({where, count});
  std::stable_sort(met.begin(), met.end(),
                   [](const Met& x, const Met& y) { return x.times > y.times; });
  return met;
}

}  // namespace

void apply_runs(const evidence::Recording& recording, std::int32_t tid,
                std::vector<Segment>& segments) {
  const Meetings own = meetings_of(recording, [&](const auto& ran) { return ran.tid == tid; });
  const Meetings others = meetings_of(recording, [&](const auto& ran) { return ran.tid != tid; });
  if (own.empty() && others.empty()) return;
  std::map<std::int32_t, Meetings> on_cpu;
  for (const Meeting& meeting : others) on_cpu[meeting.ran->cpu].push_back(meeting);
  std::vector<Segment> out;
  for (const Segment& segment : segments) {
    if (segment.doing == Doing::Running)
      cut_by(segment, own, out);
    else if (segment.doing == Doing::Runnable)
      cut_by(segment, of_holder(segment, on_cpu[segment.cpu]), out);
    else
      out.push_back(segment);
  }
  for (Segment& piece : out) tell_place(piece);
  segments = std::move(out);
}

std::vector<Met> met_in(const evidence::Recording& recording, std::int32_t tid, Instant a,
                        Instant b) {
  return counted(meetings_of(recording, [&](const auto& ran) { return ran.tid == tid; }), a, b);
}

std::vector<Met> met_on(const evidence::Recording& recording, std::int32_t pid, std::int32_t cpu,
                        Instant a, Instant b) {
  return counted(
      meetings_of(recording, [&](const auto& ran) { return ran.pid == pid && ran.cpu == cpu; }), a,
      b);
}

}  // namespace alibi::investigate
