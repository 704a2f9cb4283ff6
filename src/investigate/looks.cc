// SPDX-License-Identifier: Apache-2.0
// Looks come every 100 ms of a wait, and are in order of time, as segments are.
#include "investigate/looks.h"

#include <algorithm>
#include <map>

#include "investigate/wait.h"

namespace alibi::investigate {
namespace {

/// Is `sample` about the wait that the scheduler's event began? A look that came late may have met
/// the next one.
bool describes(const evidence::WaitTarget& sample, const Segment& segment) {
  return segment.off == nullptr || segment.off->syscall < 0 || sample.syscall_name.empty() ||
         segment.off->syscall_name.empty() || segment.off->syscall_name == sample.syscall_name;
}

/// What most of the samples say the wait is for.
const evidence::WaitTarget* most_common(const std::vector<Sample>& samples) {
  std::map<std::string, int> votes;
  const auto key = [](const Sample& sample) {
    return sample.target->fd_target + '\n' + sample.target->device + '\n' +
           sample.target->peer_path;
  };
  const evidence::WaitTarget* best = nullptr;
  int most = 0;
  for (const Sample& sample : samples) {
    const int count = ++votes[key(sample)];
    if (count < most) continue;
    most = count;
    best = sample.target;
  }
  return best;
}

/// A time that no scheduler event tells of, as looks at /proc tell it: each for the time up to the
/// next, or for as long as the next one may take.
void tell_by_looks(Segment rest, const std::vector<Sample>& looks, std::vector<Segment>& out) {
  constexpr Duration kLookHolds = 150ms;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const evidence::WaitTarget& target = *looks[i].target;
    Instant until = std::min(looks[i].at + kLookHolds, rest.end);
    if (i + 1 < looks.size()) until = std::min(until, looks[i + 1].at);
    if (until <= looks[i].at) continue;
    Segment piece = rest;
    piece.begin = looks[i].at;
    piece.end = until;
    piece.doing = classify_wait(target);
    piece.detail = wait_text(target);
    piece.target = &target;
    piece.samples = {looks[i]};
    if (rest.begin < piece.begin) {
      out.push_back(rest);
      out.back().end = piece.begin;
    }
    rest.begin = until;
    const bool goes_on = !out.empty() && out.back().end == piece.begin && out.back().target &&
                         out.back().doing == piece.doing && out.back().detail == piece.detail &&
                         out.back().off == nullptr;
    if (goes_on) {
      out.back().end = until;
      out.back().samples.push_back(looks[i]);
    } else {
      out.push_back(std::move(piece));
    }
  }
  if (rest.begin < rest.end) out.push_back(std::move(rest));
}

std::vector<Sample> looks_at(const evidence::Recording& recording, std::int32_t tid) {
  std::vector<Sample> looks;
  for (const evidence::Event& event : recording.events) {
    const auto* target = std::get_if<evidence::WaitTarget>(&event.fact);
    if (target != nullptr && target->tid == tid) looks.push_back({event.at, target});
  }
  return looks;
}

}  // namespace

void apply_looks(const evidence::Recording& recording, std::int32_t tid,
                 std::vector<Segment>& segments) {
  const std::vector<Sample> looks = looks_at(recording, tid);
  std::vector<Segment> done;
  auto look = looks.begin();
  for (Segment& segment : segments) {
    while (look != looks.end() && look->at < segment.begin) ++look;
    const auto first = look;
    while (look != looks.end() && look->at < segment.end) ++look;
    if (segment.doing == Doing::Unobserved) {
      tell_by_looks(std::move(segment), {first, look}, done);
      continue;
    }
    for (auto it = first; it != look; ++it) {
      if (refines(*it->target, segment.doing) && describes(*it->target, segment))
        segment.samples.push_back(*it);
    }
    done.push_back(std::move(segment));
  }
  segments = std::move(done);
  for (Segment& segment : segments) {
    if (segment.off == nullptr || segment.samples.empty()) continue;
    segment.target = most_common(segment.samples);
    segment.doing = refined(*segment.target, segment.doing);
    segment.detail = wait_text(*segment.target);
  }
}

}  // namespace alibi::investigate
