// SPDX-License-Identifier: Apache-2.0
// An epoll loop with one deadline on CLOCK_MONOTONIC. It dispatches readable descriptors only; what
// is done about an expired deadline, and after reading what first, is its user's decision.
#pragma once

#include <functional>
#include <map>

#include "base/instant.h"
#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

/// CLOCK_MONOTONIC now.
Instant monotonic_now();
/// CLOCK_BOOTTIME now: how long ago the machine was started, pauses included.
Duration since_boot();
/// Returns when CLOCK_MONOTONIC has reached `when`; at once if it has.
void sleep_until(Instant when);
/// CLOCK_REALTIME now, Unix nanoseconds.
std::int64_t realtime_now_ns();

/// One thread's loop. Handlers are registered at the start; wait() allocates nothing.
class EventLoop {
 public:
  static Result<EventLoop> create();

  /// `handler` runs whenever `fd` is readable (or in error) until remove(fd).
  Result<void> add(int fd, std::function<void()> handler);
  void remove(int fd);

  /// When wait() returns at the latest; kNever: not at all. Past deadlines return at once.
  void set_deadline(Instant deadline);

  /// Sleeps until something is readable or the deadline has come, and runs the handlers of what is.
  Result<void> wait();

 private:
  EventLoop(Fd epoll, Fd timer) : epoll_(std::move(epoll)), timer_(std::move(timer)) {}

  Fd epoll_;
  Fd timer_;
  Instant armed_ = kNever;
  std::map<int, std::function<void()>> handlers_;
};

}  // namespace alibi::os
