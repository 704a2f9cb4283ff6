// SPDX-License-Identifier: Apache-2.0
// Wall-clock time of recorded moments.
#include "evidence/recording.h"

#include <algorithm>

namespace alibi::evidence {

// The offset last measured at or before the moment: after a clock step the wall clock people saw
// is the stepped one, and nothing is smeared over the time before the step was noticed.
std::int64_t Recording::unix_ns(Instant at) const {
  if (clock.empty()) return at.ns;
  auto next = std::upper_bound(clock.begin(), clock.end(), at,
                               [](Instant a, const ClockOffset& c) { return a < c.at; });
  if (next != clock.begin()) --next;
  return at.ns + next->realtime_minus_monotonic_ns;
}

}  // namespace alibi::evidence
