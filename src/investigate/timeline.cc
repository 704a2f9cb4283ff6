// SPDX-License-Identifier: Apache-2.0
// From scheduler events to segments; then samples of /proc, freezers and quotas refine them.
#include "investigate/timeline.h"

#include <algorithm>
#include <map>
#include <variant>

#include "investigate/wait.h"

namespace alibi::investigate {
namespace {

using evidence::Event;

/// Builds segments while walking the events in order of time.
class Builder {
 public:
  Builder(std::int32_t pid, std::int32_t tid, Instant begin, Instant end)
      : pid_(pid), tid_(tid), begin_(begin), end_(end) {
    current_.begin = begin;
  }

  void take(const Event& event) {
    if (const auto* off = std::get_if<evidence::ThreadOff>(&event.fact)) {
      if (off->tid == tid_) went_off(event.at, *off);
    } else if (const auto* woken = std::get_if<evidence::ThreadWoken>(&event.fact)) {
      if (woken->tid == tid_ && current_.doing != Doing::Running && !gone()) {
        change(event.at, Doing::Runnable);
      }
    } else if (const auto* on = std::get_if<evidence::ThreadOn>(&event.fact)) {
      if (on->tid == tid_) {
        current_.rivals = on->rivals;
        change(event.at, Doing::Running);
      }
    } else if (const auto* exit = std::get_if<evidence::ProcessExit>(&event.fact)) {
      if (exit->pid == pid_) {
        change(event.at, Doing::Gone);
        current_.detail = wait_text(*exit);
      }
    }
  }

  std::vector<Segment> finish() {
    change(end_, Doing::Unobserved);
    return std::move(segments_);
  }

 private:
  bool gone() const { return current_.doing == Doing::Gone; }

  void went_off(Instant at, const evidence::ThreadOff& off) {
    if (gone()) return;
    change(at, classify_wait(off));
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
    current_.doing = next;
  }

  std::int32_t pid_;
  std::int32_t tid_;
  Instant begin_;
  Instant end_;
  Segment current_;
  std::vector<Segment> segments_;
};

/// Cuts `segment` at [a, b] and gives that part another state.
void overlay(std::vector<Segment>& segments, Instant a, Instant b, Doing doing,
             const std::string& detail) {
  std::vector<Segment> result;
  for (const Segment& segment : segments) {
    const Instant left = std::max(a, segment.begin);
    const Instant right = std::min(b, segment.end);
    const bool covered = left < right && segment.doing != Doing::Running &&
                         segment.doing != Doing::Gone && segment.doing != Doing::Stopped;
    if (!covered) {
      result.push_back(segment);
      continue;
    }
    Segment part = segment;
    part.end = left;
    if (part.begin < part.end) result.push_back(part);
    part = segment;
    part.begin = left;
    part.end = right;
    part.doing = doing;
    part.detail = detail;
    result.push_back(part);
    part = segment;
    part.begin = right;
    if (part.begin < part.end) result.push_back(part);
  }
  segments = std::move(result);
}

/// A frozen cgroup holds a thread wherever it slept; v1 shows no scheduler event for it
/// (kernel/freezer.c marks a sleeping task TASK_FROZEN without waking it).
void apply_freezers(const evidence::Recording& recording, std::int32_t pid,
                    std::vector<Segment>& segments, Instant end) {
  const evidence::CgroupFrozen* frozen = nullptr;
  Instant since;
  for (const Event& event : recording.events) {
    const auto* change = std::get_if<evidence::CgroupFrozen>(&event.fact);
    if (change == nullptr) continue;
    const bool ours =
        std::find(change->pids.begin(), change->pids.end(), pid) != change->pids.end();
    if (change->frozen && ours && frozen == nullptr) {
      frozen = change;
      since = event.at;
    } else if (!change->frozen && frozen != nullptr && change->cgroup == frozen->cgroup) {
      overlay(segments, since, event.at, Doing::Frozen, "cgroup " + frozen->cgroup + " frozen");
      frozen = nullptr;
    }
  }
  if (frozen != nullptr) {
    overlay(segments, since, end, Doing::Frozen, "cgroup " + frozen->cgroup + " frozen");
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

/// Runnable while the quota of an ancestor was used up: throttled, not starved. The scheduler says
/// so with the switch-in where the kernel marks throttled tasks (6.18 on); cpu.stat has the figures
/// anywhere.
void apply_quotas(const evidence::Recording& recording, std::int32_t pid,
                  std::vector<Segment>& segments) {
  constexpr Duration kWorthAsking = 50ms;
  for (Segment& segment : segments) {
    if (segment.doing != Doing::Runnable || segment.end - segment.begin < kWorthAsking) continue;
    std::string cgroup;
    const std::uint64_t ns =
        std::max(throttled_in(recording, pid, segment, &cgroup), throttled_time(segment));
    if (ns * 2 < static_cast<std::uint64_t>((segment.end - segment.begin).count())) continue;
    segment.doing = Doing::Throttled;
    segment.detail = cgroup.empty() ? std::string("CPU quota of its cgroup used up")
                                    : "CPU quota of cgroup " + cgroup + " used up";
  }
}

/// Where no scheduler event says what the thread did, samples of /proc do, each for the time up to
/// the next; and a wait they describe better takes their description.
void apply_samples(const evidence::Recording& recording, std::int32_t tid,
                   std::vector<Segment>& segments) {
  constexpr Duration kSampleHolds = 150ms;
  for (const Event& event : recording.events) {
    const auto* target = std::get_if<evidence::WaitTarget>(&event.fact);
    if (target == nullptr || target->tid != tid) continue;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      Segment& segment = segments[i];
      if (event.at < segment.begin || event.at >= segment.end) continue;
      if (segment.doing == Doing::Unobserved) {
        const Instant until = std::min(event.at + kSampleHolds, segment.end);
        overlay(segments, event.at, until, classify_wait(*target), wait_text(*target));
      } else if (refines(*target, segment.doing)) {
        segment.doing = refined(*target, segment.doing);
        segment.detail = wait_text(*target);
        segment.target = target;
      }
      break;
    }
  }
}

}  // namespace

std::uint64_t throttled_time(const Segment& segment) {
  std::uint64_t ns = 0;
  for (const evidence::Rival& rival : segment.rivals) {
    if (rival.pid == 0 && rival.comm == "throttled") ns += static_cast<std::uint64_t>(rival.ns);
  }
  return ns;
}

bool throttled(const Segment& segment) {
  return throttled_time(segment) * 2 >=
         static_cast<std::uint64_t>((segment.end - segment.begin).count());
}

std::string_view text(Doing doing) {
  switch (doing) {
    case Doing::Unobserved:
      return "unobserved";
    case Doing::Running:
      return "running";
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
    case Doing::Gone:
      return "gone";
  }
  return "?";
}

std::vector<Segment> timeline_of(const evidence::Recording& recording, std::int32_t pid,
                                 std::int32_t tid, Instant begin, Instant end) {
  Builder builder(pid, tid, begin, end);
  for (const Event& event : recording.events) {
    if (event.at > end) break;
    builder.take(event);
  }
  std::vector<Segment> segments = builder.finish();
  apply_samples(recording, tid, segments);
  apply_quotas(recording, pid, segments);
  apply_freezers(recording, pid, segments, end);
  return segments;
}

}  // namespace alibi::investigate
