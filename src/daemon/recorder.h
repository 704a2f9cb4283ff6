// SPDX-License-Identifier: Apache-2.0
// The recorder: packet taps, BPF probes and samples of the hosts, remembered for some minutes and
// handed out as one Recording. One thread; it waits in poll_once() and nowhere else.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/recorder_taps.h"
#include "daemon/watch_target.h"
#include "evidence/event.h"
#include "evidence/recording.h"

namespace alibi::daemon {

struct RecorderOptions {
  std::vector<TapSpec> taps;              ///< in path order, at least one
  Duration window = 300s;                 ///< what a snapshot reaches back to
  std::size_t max_bytes = 64U << 20;      ///< memory for it
  bool host_evidence = true;              ///< probes and samples; false: packets only
  std::vector<WatchTarget> watch;         ///< beside those that are found; with host evidence
  /// Told once for every process that starts to be watched.
  std::function<void(const evidence::ProcessFound&)> on_found;
  /// Shown every frame as it comes in, before anything else is known of it.
  PackedFrames::Each on_frame;
};

class Recorder {
 public:
  /// Opens all taps, loads the probes, looks for heartbeat processes. Fails only when a tap cannot
  /// be opened; everything else that is missing is in losses().
  static Result<Recorder> start(RecorderOptions options);
  Recorder(Recorder&&) noexcept;
  Recorder& operator=(Recorder&&) noexcept;
  ~Recorder();

  /// Waits at most `timeout` for evidence or for `wake_fd` (-1: none) to be readable, then takes in
  /// everything there is. Call it again and again: samples are due every 100 ms.
  Result<void> poll_once(Duration timeout, int wake_fd = -1);

  /// Everything within the window, ordered; of a busy wire as much as fits into about `max_bytes`,
  /// and `begin` says since when. Costs milliseconds.
  evidence::Recording snapshot(std::size_t max_bytes = SIZE_MAX) const;

  /// Captures no more and takes in what still waits; afterwards the counts are final.
  void stop();

  /// Since the start, tap by tap.
  const std::vector<TapTotals>& totals() const;
  const std::vector<evidence::Tap>& taps() const;
  /// Of RecorderOptions::watch what is not there yet, by its text().
  std::vector<std::string> unfound() const;
  std::vector<evidence::SourceLoss> losses() const;
  Instant started() const;
  /// Memory that is taken now by what is remembered, in octets.
  std::size_t bytes() const;
  /// The frames within the window, in order of arrival, as they were on the wire.
  void each_frame(const PackedFrames::Each& each) const;

 private:
  struct State;
  explicit Recorder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace alibi::daemon
