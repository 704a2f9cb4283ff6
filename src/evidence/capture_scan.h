// SPDX-License-Identifier: Apache-2.0
// Captures read one after the other, in one pass each: every interface of every file is a tap.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "evidence/capture_file.h"
#include "evidence/time_order.h"

namespace alibi::evidence {

/// A frame of interest that has a time, and where it was captured.
struct TapFrame {
  TapId tap = 0;
  Instant at;  ///< on one clock, also where the capture's was set meanwhile
  Direction direction = Direction::Unknown;  ///< also from the cooked headers of the `any` device
  const CapturedFrame& frame;
};

/// A tap as it was read, beside Tap's counters.
struct TapSpan {
  bool timed = false;   ///< it holds packets with a time
  Instant first, last;  ///< earliest and latest packet of any kind
  Instant final;        ///< the one that stands last in the capture
};

/// The span where stamps behind a step of the clock are to be taken `shift` later.
TapSpan corrected(const TapSpan& span, Duration shift);

/// One thread. Holds names and counters, no packets.
class CaptureScan {
 public:
  using Sink = std::function<void(const TapFrame&)>;

  /// Reads one file, "-" being standard input. A defect after the first packet is a warning.
  Result<void> add(const std::string& path, wire::Interest interest, const Sink& sink);

  /// One more tap, for a part of what another one holds; label and counters are the caller's to set
  /// when all was read.
  TapId split();
  /// A heartbeat is of tap `part`, which was split off.
  void move(TapId part, Instant at);
  static constexpr std::size_t kMostTaps = 60'000;  ///< after which nothing is split any more
  /// Names the parts of a tap (the first is the tap itself) after it, and says in `warnings` what
  /// did not stand in order of time there.
  void name_parts(std::span<const TapId> parts, const Disorder& disorder);

  /// Tap::undecoded counts what was passed over; the sink adds what it could not use.
  std::vector<Tap> taps;
  std::vector<TapSpan> spans;  ///< beside `taps`
  std::vector<std::string> warnings;

 private:
  TapId tap_of(std::uint32_t interface);
  void take(const CapturedFrame& frame, const Sink& sink);
  void name_taps(const std::string& file, const CaptureSummary& summary);
  void count_taps(const std::string& file, const CaptureSummary& summary);

  std::vector<TapId> of_file_;               // by interface of the file being read
  std::vector<std::uint64_t> without_time_;  // beside `taps`
};

}  // namespace alibi::evidence
