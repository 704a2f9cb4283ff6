// SPDX-License-Identifier: Apache-2.0
#include "daemon/timer_queue.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace alibi::daemon {
namespace {

TEST(TimerQueue, WithoutDeadlinesNothingIsNext) {
  EXPECT_EQ(TimerQueue(0).next(), kNever);
  EXPECT_EQ(TimerQueue(3).next(), kNever);
}

TEST(TimerQueue, TheEarliestIsNextAndItsOwnerFirst) {
  TimerQueue queue(3);
  queue.set(0, Instant{30});
  queue.set(1, Instant{10});
  queue.set(2, Instant{20});
  EXPECT_EQ(queue.next(), Instant{10});
  EXPECT_EQ(queue.first(), 1U);
  queue.set(1, kNever);
  EXPECT_EQ(queue.first(), 2U);
  queue.set(0, Instant{5});
  EXPECT_EQ(queue.first(), 0U);
}

TEST(TimerQueue, AgreesWithALinearSearchThroughManyChanges) {
  constexpr std::size_t kOwners = 97;
  TimerQueue queue(kOwners);
  std::vector<Instant> plain(kOwners, kNever);
  std::uint64_t random = 1;
  for (int step = 0; step < 20'000; ++step) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::size_t owner = (random >> 33U) % kOwners;
    const Instant when = (random >> 60U) == 0 ? kNever : Instant{std::int64_t(random >> 40U)};
    queue.set(owner, when);
    plain[owner] = when;
    const auto earliest = std::min_element(plain.begin(), plain.end());
    ASSERT_EQ(queue.next(), *earliest) << step;
    ASSERT_EQ(queue.deadline_of(owner), when);
    ASSERT_EQ(plain[queue.first()], *earliest) << step;
  }
}

}  // namespace
}  // namespace alibi::daemon
