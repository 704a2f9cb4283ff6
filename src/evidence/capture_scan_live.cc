// SPDX-License-Identifier: Apache-2.0
// Taps that are captured while they are looked at: one chain, which no file goes on with.
#include <algorithm>
#include <utility>

#include "evidence/capture_scan.h"
#include "evidence/ticks.h"

namespace alibi::evidence {

void CaptureScan::begin(std::vector<Tap> live) {
  Chain& chain = chains_.emplace_back();
  chain.files = {"live"};
  for (std::uint32_t i = 0; i < live.size(); ++i) tap_of(0, i);
  taps = std::move(live);
}

void CaptureScan::feed(const CapturedFrame& frame, const Sink& sink) {
  const Instant at{minus(frame.unix_ns, frame.clock_set_ns)};
  Tap& tap = taps[frame.interface];
  TapSpan& span = spans[frame.interface];
  tap.dropped += frame.dropped_before;
  tap.received = ++tap.written + tap.dropped;
  span.first = span.timed ? std::min(span.first, at) : at;
  span.last = span.timed ? std::max(span.last, at) : at;
  span.final = at;
  span.timed = true;
  sink({static_cast<TapId>(frame.interface), at, direction_of(frame), frame});
}

}  // namespace alibi::evidence
