// SPDX-License-Identifier: Apache-2.0
#include "investigate/blind.h"

namespace alibi::investigate {

void BlindTimes::take(Instant at, std::uint64_t lost, bool absent) {
  const std::optional<Instant> before = last_;
  last_ = before ? std::max(*before, at) : at;
  if (!before || (lost == 0 && !absent)) return;
  if (times_.size() == kMost) {
    Blind& end = times_.back();
    end.until = *last_;
    end.lost += lost;
    end.absent = end.absent || absent;
  } else {
    times_.push_back({*before, *last_, lost, absent});
  }
}

Blind BlindTimes::within(Instant from, Instant until) const {
  Blind out;
  const auto first =
      std::upper_bound(times_.begin(), times_.end(), from,
                       [](Instant at, const Blind& blind) { return at < blind.until; });
  for (auto blind = first; blind != times_.end() && blind->from < until; ++blind) {
    if (blind == first) out.from = blind->from;
    out.until = blind->until;
    out.lost += blind->lost;
    out.absent = out.absent || blind->absent;
  }
  return out;
}

std::vector<BlindTimes> blind_times(const evidence::Recording& recording) {
  std::vector<BlindTimes> out(recording.taps.size());
  if (recording.has_host_evidence) return out;
  for (const evidence::Heartbeat& beat : recording.heartbeats) {
    out[beat.tap].take(beat.at, beat.dropped_before, beat.absent_before);
  }
  return out;
}

}  // namespace alibi::investigate
