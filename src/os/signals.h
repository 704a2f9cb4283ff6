// SPDX-License-Identifier: Apache-2.0
// Signals as readable descriptors, so that a loop handles them like everything else.
#pragma once

#include <initializer_list>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

/// Blocks `signals` in this process (and what it forks) and delivers them through fd().
class SignalQueue {
 public:
  static Result<SignalQueue> create(std::initializer_list<int> signals);

  int fd() const { return fd_.get(); }
  /// The next pending signal's number, 0 when there is none.
  int next() const;

 private:
  explicit SignalQueue(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// Default dispositions and an empty mask, as a program that is exec'ed expects them.
/// Async-signal-safe.
void restore_default_signals();

}  // namespace alibi::os
