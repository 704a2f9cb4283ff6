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
  if (now < next_look_ || !suspicion_.aroused(now)) return;
  next_look_ = now + kLookEvery;
  const evidence::Recording recording = recorder.snapshot();
  give(recording, watch_.take(recording));
}

void Live::finish(const evidence::Recording& recording) {
  give(recording, watch_.rest(recording));
}

void Live::give(const evidence::Recording& recording,
                const std::vector<investigate::Verdict>& verdicts) {
  for (const investigate::Verdict& verdict : verdicts) on_verdict_(recording, verdict, ++number_);
}

}  // namespace alibi::daemon
