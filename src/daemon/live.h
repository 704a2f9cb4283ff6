// SPDX-License-Identifier: Apache-2.0
// Verdicts while a recorder runs: suspicion from every frame, a look at the recording when there
// is cause, each settled verdict given once.
#pragma once

#include "daemon/recorder.h"
#include "daemon/suspicion.h"
#include "daemon/verdict_thread.h"

namespace alibi::daemon {

class Live {
 public:
  /// `on_verdict` is called in a thread of its own, but by finish().
  explicit Live(VerdictThread::OnVerdict on_verdict) : looks_(std::move(on_verdict)) {}

  /// For RecorderOptions::on_frame.
  void frame(const KeptFrame& kept, const FrameKind& kind);
  /// After each poll_once(): when aroused, has the recording looked at, at most 4 times a second.
  void poll(const Recorder& recorder, Instant now);
  /// At the end: everything not given yet, without waiting.
  void finish(const evidence::Recording& recording) { looks_.finish(recording); }

 private:
  /// What a look may take, beside the log.
  static constexpr std::size_t kLookBytes = 32U << 20;

  Suspicion suspicion_;
  FrameDecoder decoder_;
  VerdictThread looks_;
};

}  // namespace alibi::daemon
