// SPDX-License-Identifier: Apache-2.0
// Births and deaths of processes, as the kernel reports them (CN_PROC). Only root in the initial
// pid and user namespaces is told; the socket is opened in the initial network namespace.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

struct ProcessEvent {
  enum class Kind : std::uint8_t { Fork, Exec, Comm, Exit, Overrun };
  Kind kind = Kind::Overrun;
  std::int32_t pid = 0;     ///< of the process, never a thread
  std::int32_t parent = 0;  ///< Fork: the process that made it
};

class ProcConnector {
 public:
  /// The error says why events cannot be had here: look at /proc from time to time instead.
  static Result<ProcConnector> open();

  int fd() const { return fd_.get(); }
  void drain(const std::function<void(const ProcessEvent&)>& each) const;

 private:
  explicit ProcConnector(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace alibi::os
