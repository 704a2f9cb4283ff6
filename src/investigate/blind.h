// SPDX-License-Identifier: Apache-2.0
// When a capture itself saw nothing, or not all: what is missing then proves no silence.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evidence/recording.h"

namespace alibi::investigate {

/// Between two heartbeats of a tap, whoever sent them.
struct Blind {
  Instant from, until;
  std::uint64_t lost = 0;  ///< frames that the capture lost
  /// Frames that the capture lost at some time, not known when: any of them may have been then.
  std::uint64_t unplaced = 0;
  bool absent = false;  ///< the interface had gone
};

/// The blind times of one tap, none before its first heartbeat. Bounded: beyond kMost the last one
/// is drawn out.
class BlindTimes {
 public:
  static constexpr std::size_t kMost = 65'536;
  /// A heartbeat at the tap, with what the capture says of the time before it.
  void take(Instant at, std::uint64_t lost, bool absent);
  /// What the capture lost at a time that it does not say, and behind its last frame.
  void lose(std::uint64_t unplaced, std::uint64_t at_end);
  /// All in (from, until) as one; `from` and `until` are those of the first and the last, and of
  /// the question where there is none.
  Blind within(Instant from, Instant until) const;
  std::span<const Blind> all() const { return times_; }

 private:
  std::vector<Blind> times_;
  std::uint64_t unplaced_ = 0, at_end_ = 0;
  std::optional<Instant> last_;  // heartbeat, in time
};

/// By tap, each on its own clock. Where the sender's host was watched (Stream::watched), that tells
/// more of its silence than the taps.
std::vector<BlindTimes> blind_times(const evidence::Recording& recording);

/// Were nothing missing in it but what was lost, would `length` still hold a silence of `limit`? So
/// many lost adverts at equal distances break it into one more piece.
inline bool proven(const Blind& blind, Duration length, Duration limit) {
  if (blind.absent) return false;
  constexpr std::uint64_t kMost = 1U << 30U;
  const auto pieces =
      static_cast<std::int64_t>(std::min(blind.lost, kMost) + std::min(blind.unplaced, kMost)) + 1;
  return length / pieces > limit;
}

}  // namespace alibi::investigate
