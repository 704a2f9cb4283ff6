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
    times_.push_back({*before, *last_, lost, 0, absent});
  }
}

void BlindTimes::lose(std::uint64_t unplaced, std::uint64_t at_end) {
  unplaced_ = unplaced;
  at_end_ = at_end;
}

Blind BlindTimes::within(Instant from, Instant until) const {
  Blind out{from, until, 0, unplaced_, false};
  if (last_ && *last_ <= from) out.lost = at_end_;
  const auto first =
      std::upper_bound(times_.begin(), times_.end(), from,
                       [](Instant at, const Blind& blind) { return at < blind.until; });
  for (auto blind = first; blind != times_.end() && blind->from < until; ++blind) {
    if (blind == first && unplaced_ == 0) out.from = blind->from;
    if (unplaced_ == 0) out.until = blind->until;
    out.lost += blind->lost;
    out.absent = out.absent || blind->absent;
  }
  return out;
}

std::vector<BlindTimes> blind_times(const evidence::Recording& recording) {
  std::vector<BlindTimes> out(recording.taps.size());
  for (const evidence::Heartbeat& beat : recording.heartbeats) {
    out[beat.tap].take(beat.at, beat.dropped_before, beat.absent_before);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].lose(recording.taps[i].unplaced, recording.taps[i].lost_at_end);
  }
  return out;
}

}  // namespace alibi::investigate
