// SPDX-License-Identifier: Apache-2.0
// The parts a recorder is joined from; private to recorder*.cc.
#pragma once

#include <memory>
#include <vector>

#include "bpf/loader.h"
#include "daemon/recorder.h"
#include "daemon/recorder_log.h"
#include "daemon/recorder_taps.h"
#include "daemon/recorder_watch.h"
#include "os/clocks.h"
#include "os/kallsyms.h"

namespace alibi::daemon {

struct Recorder::State {
  State(RecorderOptions given, RecorderTaps opened)
      : options(std::move(given)), taps(std::move(opened)),
        log(options.window, options.max_bytes) {}

  RecorderOptions options;
  RecorderTaps taps;
  RecorderLog log;
  os::ClockOffsets offsets;
  os::Kallsyms symbols;
  std::unique_ptr<bpf::Probes> probes;   ///< null without host evidence
  std::unique_ptr<WatchList> watch;      ///< null without host evidence
  std::vector<evidence::SourceLoss> start_losses;
  os::Fd epoll;
  Instant started;
  Instant now;
  Instant next_sample;
  Instant next_scan;
  std::uint64_t late_samples = 0;        ///< sample times that passed while nobody polled

  void take_in(Instant moment);
  void sample(Instant moment);
};

}  // namespace alibi::daemon
