// SPDX-License-Identifier: Apache-2.0
// Joins suspicion, recorder and verdicts.
#include "daemon/live.h"

namespace alibi::daemon {

void Live::frame(const KeptFrame& kept, const FrameKind& kind) {
  const wire::Frame& frame = decoder_.decode(kept, kind);
  if (frame.vrrp) suspicion_.take(kept.at, kept.tap, *frame.vrrp);
}

void Live::poll(const Recorder& recorder, Instant now) {
  if (suspicion_.aroused(now) && looks_.ready(now)) looks_.look(recorder.snapshot(kLookBytes), now);
}

}  // namespace alibi::daemon
