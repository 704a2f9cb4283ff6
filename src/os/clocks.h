// SPDX-License-Identifier: Apache-2.0
// Packet stamps are CLOCK_REALTIME, everything else here is CLOCK_MONOTONIC: samples of their
// difference, so that a stepped wall clock fakes no gap.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "base/instant.h"
#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

/// REALTIME - MONOTONIC right now, from the tightest of a few readings.
std::int64_t realtime_minus_monotonic_ns();

/// BOOTTIME - MONOTONIC: for how long the machine was suspended since it was started.
std::int64_t boottime_minus_monotonic_ns();

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

/// By which of two offsets the stamps of one ring were made, around the moment when the clock was
/// set: frames that waited in the ring since before then have the old clock's.
/// A step shorter than the time between two looks at the clocks may be told a few frames early or
/// late.
class StampClock {
 public:
  explicit StampClock(std::int64_t offset_ns) : offset_ns_(offset_ns) {}

  /// The clock was found to have been set: by `before` it had not, at `found` it had.
  void set(std::int64_t offset_ns, Instant before, Instant found);
  /// Whether the stamp, read at `now`, is not of a moment to come by the offset found last.
  bool explains(std::int64_t realtime_ns, Instant now) const;
  /// In the order of the ring, at `now`; true when its offset is not that of the stamp before.
  bool take(std::int64_t realtime_ns, Instant now);
  /// Of the stamp taken last.
  std::int64_t offset_ns() const { return offset_ns_; }
  /// The stamp taken last is by a clock that was set and set again before anybody looked: it was
  /// made `now` at the latest, and that is what its offset makes of it.
  bool unseen() const { return offset_ns_ != found_ns_; }

 private:
  std::int64_t offset_ns_;
  std::int64_t found_ns_ = offset_ns_;  // by looking at the clocks
  struct Step {
    std::int64_t offset_ns;
    Instant before, found;
  };
  std::deque<Step> steps_;  // not reached by the stamps so far
};

/// Readable as soon as the wall clock is set (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
class ClockSetSignal {
 public:
  static Result<ClockSetSignal> create();
  int fd() const { return fd_.get(); }
  /// Not readable until the clock is set again.
  void clear();

 private:
  explicit ClockSetSignal(Fd fd) : fd_(std::move(fd)) {}
  void arm();
  Fd fd_;
};

}  // namespace alibi::os
