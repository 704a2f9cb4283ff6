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

Instant Recording::at_unix_ns(std::int64_t unix_ns) const {
  Instant passed = kNever;
  for (std::size_t i = 0; i < clock.size(); ++i) {
    const Instant since = i == 0 ? Instant{INT64_MIN} : clock[i].at;
    const Instant until = i + 1 == clock.size() ? kNever : clock[i + 1].at;
    const Instant at{unix_ns - clock[i].realtime_minus_monotonic_ns};
    if (since <= at && at < until) return at;
    if (at < since) passed = std::min(passed, since);
  }
  return clock.empty() ? Instant{unix_ns} : passed;
}

}  // namespace alibi::evidence
