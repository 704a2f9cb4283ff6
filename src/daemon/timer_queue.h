// SPDX-License-Identifier: Apache-2.0
// One deadline for each of a fixed number of owners, the earliest at hand: an indexed binary heap.
// A thousand instances re-arm ten thousand times a second; nothing here allocates after the start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/instant.h"

namespace alibi::daemon {

class TimerQueue {
 public:
  /// Owners 0 .. `owners` - 1, all without a deadline (kNever).
  explicit TimerQueue(std::size_t owners = 0);

  /// The owner must be below the number given at the start. O(log owners).
  void set(std::size_t owner, Instant deadline);

  Instant deadline_of(std::size_t owner) const { return deadlines_[owner]; }
  /// The earliest deadline; kNever when nobody has one.
  Instant next() const { return heap_.empty() ? kNever : deadlines_[heap_.front()]; }
  /// Whose it is; only with owners.
  std::size_t first() const { return heap_.front(); }

 private:
  bool earlier(std::size_t a, std::size_t b) const {
    return deadlines_[heap_[a]] < deadlines_[heap_[b]];
  }
  void swap(std::size_t a, std::size_t b);
  void rise(std::size_t at);
  void sink(std::size_t at);

  std::vector<Instant> deadlines_;     // by owner
  std::vector<std::uint32_t> heap_;    // owners, the earliest first
  std::vector<std::uint32_t> places_;  // by owner: index into heap_
};

}  // namespace alibi::daemon
