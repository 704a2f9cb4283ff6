// SPDX-License-Identifier: Apache-2.0
// Reclaim of memory runs on the CPU: it is carved out of a timeline by the kernel's own marks of
// its beginning and end.
#pragma once

#include <vector>

#include "investigate/timeline.h"

namespace alibi::investigate {

/// Makes Reclaiming of what thread `tid` ran or slept between the marks. A want of CPU, a stop, a
/// freeze stay what they are: they would have held it anywhere.
void apply_reclaims(const evidence::Recording& recording, std::int32_t tid,
                    std::vector<Segment>& segments);

/// What the marks of thread `tid` within [a, b] say together.
struct Reclaims {
  std::size_t count = 0;
  Duration longest{0};
  Duration throttled{0};  ///< of it asleep because reclaim made no progress
  std::uint64_t pages = 0;
  std::size_t for_group = 0;  ///< how many were for the limit of a cgroup
};
Reclaims reclaims_of(const evidence::Recording& recording, std::int32_t tid, Instant a, Instant b);

}  // namespace alibi::investigate
