// SPDX-License-Identifier: Apache-2.0
// Verdicts while a recorder runs: suspicion from every frame, a look at the recording when there
// is cause, each settled verdict given once.
#pragma once

#include <functional>

#include "daemon/recorder.h"
#include "daemon/suspicion.h"
#include "daemon/verdict_watch.h"

namespace alibi::daemon {

class Live {
 public:
  /// Called with the recording the verdict rests on; `number` from 1.
  using OnVerdict = std::function<void(const evidence::Recording& recording,
                                       const investigate::Verdict& verdict, std::size_t number)>;
  explicit Live(OnVerdict on_verdict) : on_verdict_(std::move(on_verdict)) {}

  /// For RecorderOptions::on_frame.
  void frame(const KeptFrame& kept);
  /// After each poll_once(); looks at the recording at most four times a second, when aroused.
  void poll(const Recorder& recorder, Instant now);
  /// At the end: everything not given yet, without waiting.
  void finish(const evidence::Recording& recording);

 private:
  static constexpr Duration kLookEvery = 250ms;

  void give(const evidence::Recording& recording,
            const std::vector<investigate::Verdict>& verdicts);

  OnVerdict on_verdict_;
  Suspicion suspicion_;
  VerdictWatch watch_;
  std::size_t number_ = 0;
  Instant next_look_;
};

}  // namespace alibi::daemon
