// SPDX-License-Identifier: Apache-2.0
// Up and down the heap.
#include "daemon/timer_queue.h"

#include <numeric>
#include <utility>

#include "base/check.h"

namespace alibi::daemon {

TimerQueue::TimerQueue(std::size_t owners)
    : deadlines_(owners, kNever), heap_(owners), places_(owners) {
  std::iota(heap_.begin(), heap_.end(), 0U);
  std::iota(places_.begin(), places_.end(), 0U);
}

void TimerQueue::set(std::size_t owner, Instant deadline) {
  CHECK(owner < deadlines_.size());
  if (deadlines_[owner] == deadline) return;
  const bool sooner = deadline < deadlines_[owner];
  deadlines_[owner] = deadline;
  if (sooner) {
    rise(places_[owner]);
  } else {
    sink(places_[owner]);
  }
}

void TimerQueue::swap(std::size_t a, std::size_t b) {
  std::swap(heap_[a], heap_[b]);
  places_[heap_[a]] = static_cast<std::uint32_t>(a);
  places_[heap_[b]] = static_cast<std::uint32_t>(b);
}

void TimerQueue::rise(std::size_t at) {
  while (at > 0) {
    const std::size_t above = (at - 1) / 2;
    if (!earlier(at, above)) return;
    swap(at, above);
    at = above;
  }
}

void TimerQueue::sink(std::size_t at) {
  for (;;) {
    std::size_t least = at;
    for (const std::size_t below : {2 * at + 1, 2 * at + 2}) {
      if (below < heap_.size() && earlier(below, least)) least = below;
    }
    if (least == at) return;
    swap(at, least);
    at = least;
  }
}

}  // namespace alibi::daemon
