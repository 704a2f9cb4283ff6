// SPDX-License-Identifier: Apache-2.0
// Packet stamps are CLOCK_REALTIME, everything else here is CLOCK_MONOTONIC: samples of their
// difference, so that a stepped wall clock fakes no gap.
#pragma once

#include <cstdint>
#include <deque>

#include "base/instant.h"

namespace alibi::os {

/// REALTIME - MONOTONIC right now, from the tightest of a few readings.
std::int64_t realtime_minus_monotonic_ns();

struct OffsetSample {
  Instant at;
  std::int64_t realtime_minus_monotonic_ns = 0;
};

/// Offsets over time. Samples that say the same as the one before are not kept.
class ClockOffsets {
 public:
  /// `at` must not go backwards.
  void add(Instant at, std::int64_t offset_ns);

  /// The moment of a stamp that was taken between `earliest` and `latest` (when its ring was read
  /// before, and now). Of the offsets that were in force then, one that puts it in between.
  Instant monotonic(std::int64_t realtime_ns, Instant earliest, Instant latest) const;

  const std::deque<OffsetSample>& samples() const { return samples_; }
  /// Forgets samples that were no longer in force at `before`.
  void forget(Instant before);

 private:
  std::deque<OffsetSample> samples_;
};

}  // namespace alibi::os
