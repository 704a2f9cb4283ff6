// SPDX-License-Identifier: Apache-2.0
// Who looks at the frames of a live capture, beside the file of -w. One thread calls all of it.
#pragma once

#include <cstdint>

#include "cmd/capture_taps.h"

namespace alibi::cmd {

class CaptureView {
 public:
  virtual ~CaptureView() = default;
  /// The taps are open, and outlive the capture.
  virtual void open(CaptureTaps& taps) = 0;
  /// `frame.interface` is the tap, `frame.number` counts the frames of all. False ends the capture.
  virtual bool take(const evidence::CapturedFrame& frame) = 0;
  /// From `at` on, by the clock as it was when the capture began, that clock is `ahead` of it.
  virtual void clock_set(Instant /*at*/, Duration /*ahead*/) {}
  /// Unix time, of the clock as it was when the capture began: everything stamped until `now` was
  /// taken. `idle`: nothing was. False ends the capture.
  virtual bool caught_up(Instant now, bool idle) = 0;
  /// When caught_up() is wanted though no frame comes, on the same clock.
  virtual Instant next() const { return kNever; }
  /// Nothing more comes.
  virtual void close(bool interrupted, Instant now) = 0;
};

}  // namespace alibi::cmd
