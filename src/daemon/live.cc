// SPDX-License-Identifier: Apache-2.0
// Joins suspicion, recorder and verdicts.
#include "daemon/live.h"

#include <algorithm>

#include "os/event_loop.h"
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
  const evidence::Recording recording = recorder.snapshot();
  give(recording, watch_.take(recording));
  // A thousand routers make a long look: it may cost a tenth of a core, not all of it.
  const Instant done = os::monotonic_now();
  next_look_ = done + std::max<Duration>(kLookEvery, 9 * (done - now));
}

void Live::finish(const evidence::Recording& recording) {
  give(recording, watch_.rest(recording));
}

void Live::give(const evidence::Recording& recording,
                const std::vector<investigate::Verdict>& verdicts) {
  for (const investigate::Verdict& verdict : verdicts) on_verdict_(recording, verdict, ++number_);
}

}  // namespace alibi::daemon
