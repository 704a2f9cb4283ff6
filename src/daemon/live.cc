// SPDX-License-Identifier: Apache-2.0
// Joins suspicion, recorder and verdicts.
#include "daemon/live.h"

#include "wire/frame.h"

namespace alibi::daemon {

void Live::frame(const KeptFrame& kept) {
  const wire::Frame frame = wire::decode_frame(kept.bytes, wire::LinkType::Ethernet);
  if (frame.vrrp) {
    suspicion_.take({kept.at, kept.tap, kept.direction, *frame.vrrp, kept.dropped_before, 0});
  }
}

void Live::poll(const Recorder& recorder, Instant now) {
  if (suspicion_.aroused(now) && looks_.ready(now)) looks_.look(recorder.snapshot(), now);
}

}  // namespace alibi::daemon
