// SPDX-License-Identifier: Apache-2.0
// From scheduler events to segments; then looks at /proc, freezers and quotas refine them.
#include "investigate/timeline.h"

#include <algorithm>
#include <functional>
#include <map>
#include <variant>

#include "investigate/looks.h"
#include "investigate/reclaim.h"
#include "investigate/runs.h"
#include "investigate/signals.h"
#include "investigate/stood_still.h"
#include "investigate/wait.h"

namespace alibi::investigate {
namespace {

using evidence::Event;

/// A time in which scheduler events were lost.
struct Blind {
  Instant begin;
  Instant end;
};

std::vector<Blind> blind_times(const evidence::Recording& recording) {
  std::vector<Blind> times;
  for (const Event& event : recording.events) {
    const auto* lost = std::get_if<evidence::EventsLost>(&event.fact);
    if (lost != nullptr && lost->source == "sched") {
      times.push_back({Instant{lost->since_ns}, event.at});
    }
  }
  return times;
}

Duration waited(const std::vector<evidence::Rival>& rivals) {
  Duration sum{0};
  for (const evidence::Rival& rival : rivals) sum += Duration(rival.ns);
  return sum;
}

/// Builds segments while walking the events in order of time.
class Builder {
 public:
  Builder(std::int32_t pid, std::int32_t tid, Instant begin, Instant end, std::vector<Blind> blind)
      : pid_(pid), tid_(tid), begin_(begin), end_(end), blind_(std::move(blind)) {
    current_.begin = begin;
  }

  void take(const Event& event) {
    lose_sight_until(event.at);
    if (const auto* off = std::get_if<evidence::ThreadOff>(&event.fact)) {
      if (off->tid == tid_) went_off(event.at, *off);
    } else if (const auto* woken = std::get_if<evidence::ThreadWoken>(&event.fact)) {
      if (woken->tid == tid_ && current_.doing != Doing::Running && !gone()) {
        change(event.at, Doing::Runnable);
      }
    } else if (const auto* on = std::get_if<evidence::ThreadOn>(&event.fact)) {
      if (on->tid == tid_) went_on(event.at, *on);
    } else if (const auto* found = std::get_if<evidence::ProcessFound>(&event.fact)) {
      using Role = evidence::ProcessFound::Role;
      if (found->pid == pid_)
        only_waits_ = found->role == Role::LogReader || found->role == Role::Service;
    } else if (const auto* exit = std::get_if<evidence::ProcessExit>(&event.fact)) {
      if (exit->pid == pid_) {
        blind_until_ = event.at;
        change(event.at, Doing::Gone);
        current_.detail = wait_text(*exit);
      }
    }
  }

  std::vector<Segment> finish() {
    lose_sight_until(end_);
    change(end_, Doing::Unobserved);
    return std::move(segments_);
  }

 private:
  bool gone() const { return current_.doing == Doing::Gone; }

  /// From the first lost event on, nothing is known of the thread until one of its own events comes
  /// through again.
  void lose_sight_until(Instant now) {
    for (; next_ < blind_.size() && blind_[next_].begin < now; ++next_) {
      blind_until_ = std::max(blind_until_, blind_[next_].end);
      if (!gone()) change(std::max(blind_[next_].begin, current_.begin), Doing::Unobserved);
    }
  }

  /// The kernel itself measured how long the thread had been runnable, whatever events were lost.
  void went_on(Instant at, const evidence::ThreadOn& on) {
    const Instant since = std::max(at - waited(on.rivals), current_.begin);
    const bool wanted = since < at && current_.doing != Doing::Runnable &&
                        current_.doing != Doing::Running && !gone();
    if (wanted) {
      change(since, Doing::Runnable);
      current_.doing = Doing::Runnable;
      current_.detail.clear();
    }
    current_.rivals = on.rivals;
    current_.cpu = on.cpu;
    change(at, only_waits_ ? Doing::Unobserved : Doing::Running);
    current_.cpu = on.cpu;
  }

  void went_off(Instant at, const evidence::ThreadOff& off) {
    if (gone()) return;
    change(at, classify_wait(off));
    if (at < blind_until_) return;
    current_.off = &off;
    current_.detail = wait_text(off);
  }

  void change(Instant at, Doing next) {
    current_.end = std::min(at, end_);
    if (current_.end > begin_ && current_.begin < current_.end) {
      current_.begin = std::max(current_.begin, begin_);
      segments_.push_back(current_);
    }
    current_ = Segment{};
    current_.begin = at;
    current_.doing = at < blind_until_ ? Doing::Unobserved : next;
    if (current_.doing == Doing::Unobserved && blind_until_ > begin_) {
      current_.detail = "scheduler events were lost";
    }
  }

  std::int32_t pid_;
  std::int32_t tid_;
  Instant begin_;
  Instant end_;
  std::vector<Blind> blind_;
  std::size_t next_ = 0;
  Instant blind_until_;
  bool only_waits_ = false;  ///< when it leaves a CPU is not recorded
  Segment current_;
  std::vector<Segment> segments_;
};

/// Gives [a, b] another state, except where the thread ran, was stopped or is gone.
void overlay(std::vector<Segment>& segments, Instant a, Instant b, Doing doing,
             const std::string& detail) {
  std::vector<Segment> result;
  for (const Segment& segment : segments) {
    const bool ran = segment.doing == Doing::Running || segment.doing == Doing::Spinning;
    const bool fixed = ran || segment.doing == Doing::Gone || segment.doing == Doing::Stopped;
    const auto pieces = cut(segment, a, fixed ? a : b, [&](Segment& piece) {
      piece.doing = doing;
      piece.detail = detail;
    });
    result.insert(result.end(), pieces.begin(), pieces.end());
  }
  segments = std::move(result);
}

/// A frozen cgroup holds a thread wherever it slept; v1 shows no scheduler event for it
/// (kernel/freezer.c marks a sleeping task TASK_FROZEN without waking it).
void apply_freezers(const evidence::Recording& recording, std::int32_t pid,
                    std::vector<Segment>& segments, Instant end) {
  std::map<std::string, Instant> frozen;
  // A group counts as frozen when one that holds it is (cgroup.events): of several at a time the
  // outermost is told, whose name comes before theirs and which is laid over them last.
  std::multimap<std::string, std::pair<Instant, Instant>, std::greater<>> spans;
  for (const Event& event : recording.events) {
    const auto* change = std::get_if<evidence::CgroupFrozen>(&event.fact);
    if (change == nullptr) continue;
    const bool ours =
        std::find(change->pids.begin(), change->pids.end(), pid) != change->pids.end();
    if (change->frozen) {
      if (ours) frozen.try_emplace(change->cgroup, event.at);
    } else if (const auto since = frozen.find(change->cgroup); since != frozen.end()) {
      spans.emplace(since->first, std::pair{since->second, event.at});
      frozen.erase(since);
    }
  }
  for (const auto& [cgroup, since] : frozen) spans.emplace(cgroup, std::pair{since, end});
  for (const auto& [cgroup, span] : spans) {
    overlay(segments, span.first, span.second, Doing::Frozen, "cgroup " + cgroup + " frozen");
  }
}

/// Time that cpu.stat of some ancestor counted as throttled within a waiting segment.
std::uint64_t throttled_in(const evidence::Recording& recording, std::int32_t pid,
                           const Segment& segment, std::string* cgroup) {
  // cpu.stat counts a throttled period when it ends, and it is sampled: look a little beyond.
  constexpr Duration kLate = 250ms;
  std::uint64_t most = 0;
  std::map<std::string, std::uint64_t> before;
  for (const Event& event : recording.events) {
    const auto* sample = std::get_if<evidence::CgroupThrottled>(&event.fact);
    if (sample == nullptr || sample->quota_us < 0) continue;
    if (std::find(sample->pids.begin(), sample->pids.end(), pid) == sample->pids.end()) continue;
    if (event.at <= segment.begin) {
      before[sample->cgroup] = sample->throttled_ns;
    } else if (event.at <= segment.end + kLate) {
      const auto known = before.find(sample->cgroup);
      const std::uint64_t start = known != before.end() ? known->second : sample->throttled_ns;
      if (known == before.end()) before[sample->cgroup] = start;
      const std::uint64_t grown = sample->throttled_ns - std::min(start, sample->throttled_ns);
      if (grown > most) {
        most = grown;
        *cgroup = sample->cgroup;
      }
    }
  }
  return most;
}

}  // namespace

std::vector<Segment> cut(const Segment& segment, Instant begin, Instant end,
                         const std::function<void(Segment&)>& change) {
  begin = std::max(begin, segment.begin);
  end = std::min(end, segment.end);
  if (begin >= end) return {segment};
  std::vector<Segment> pieces;
  const auto add = [&](Instant a, Instant b, bool changed) {
    if (a >= b) return;
    Segment piece = segment;
    piece.begin = a;
    piece.end = b;
    std::erase_if(piece.samples, [&](const Sample& s) { return s.at < a || s.at >= b; });
    if (changed) change(piece);
    pieces.push_back(std::move(piece));
  };
  add(segment.begin, begin, false);
  add(begin, end, true);
  add(end, segment.end, false);
  return pieces;
}

/// Runnable while the quota of an ancestor was used up: throttled, not starved. The scheduler says
/// so with the switch-in where the kernel marks throttled tasks (6.18 on); cpu.stat has the figures
/// anywhere.
void apply_quota(const evidence::Recording& recording, std::int32_t pid, Segment& segment) {
  constexpr Duration kWorthAsking = 50ms;
  if (segment.doing != Doing::Runnable || segment.length() < kWorthAsking) return;
  std::string cgroup;
  const std::uint64_t ns =
      std::max(throttled_in(recording, pid, segment, &cgroup), throttled_time(segment));
  if (ns * 2 < static_cast<std::uint64_t>(segment.length().count())) return;
  segment.doing = Doing::Throttled;
  segment.detail = cgroup.empty() ? std::string("CPU quota of its cgroup used up")
                                  : "CPU quota of cgroup " + cgroup + " used up";
}

std::uint64_t throttled_time(const Segment& segment) {
  std::uint64_t ns = 0;
  for (const evidence::Rival& rival : segment.rivals) {
    if (rival.pid == 0 && rival.comm == "throttled") ns += static_cast<std::uint64_t>(rival.ns);
  }
  return ns;
}

std::string_view text(Doing doing) {
  switch (doing) {
    case Doing::Unobserved:
      return "unobserved";
    case Doing::Running:
      return "running";
    case Doing::Spinning:
      return "spinning for another CPU";
    case Doing::Idle:
      return "waiting for its next timer";
    case Doing::Runnable:
      return "waiting for a CPU";
    case Doing::Throttled:
      return "throttled by its CPU quota";
    case Doing::Stopped:
      return "stopped";
    case Doing::Frozen:
      return "frozen";
    case Doing::DiskWait:
      return "waiting for the disk";
    case Doing::FilesystemWait:
      return "waiting for the file system";
    case Doing::LogWait:
      return "blocked writing its log";
    case Doing::OtherWait:
      return "blocked";
    case Doing::Reclaiming:
      return "reclaiming memory";
    case Doing::SwapIn:
      return "waiting for swapped-out memory";
    case Doing::PageIn:
      return "waiting for pages that reclaim took";
    case Doing::Gone:
      return "gone";
    case Doing::Paused:
      return "its machine stood still";
    case Doing::Stolen:
      return "its CPU taken by the hypervisor";
    case Doing::Silent:
      return "its CPU took no interrupts";
  }
  return "?";
}

std::vector<Segment> timeline_of(const evidence::Recording& recording, std::int32_t pid,
                                 std::int32_t tid, Instant begin, Instant end) {
  Builder builder(pid, tid, begin, end, blind_times(recording));
  for (const Event& event : recording.events) {
    if (event.at > end) break;
    builder.take(event);
  }
  std::vector<Segment> segments = builder.finish();
  apply_looks(recording, tid, segments);
  for (Segment& segment : segments) apply_quota(recording, pid, segment);
  apply_reclaims(recording, tid, segments);
  apply_runs(recording, tid, segments);
  apply_freezers(recording, pid, segments, end);
  apply_silences(recording, tid, segments);
  apply_signals(recording, pid, segments);
  return segments;
}

}  // namespace alibi::investigate
