// SPDX-License-Identifier: Apache-2.0
// From trackers to the effective priority.
#include <algorithm>

#include "track/track.h"

namespace alibi::track {
namespace {

constexpr int kOwner = 255;
constexpr int kHighest = 254;
constexpr int kLowest = 1;
constexpr int kLargestWeight = 253;  // keepalived's limit for a tracker's weight

int contribution(const Tracked& tracked) {
  const int weight = std::clamp(tracked.weight, -kLargestWeight, kLargestWeight);
  const bool counts = weight > 0 ? tracked.up : !tracked.up;
  if (!counts) return 0;
  return tracked.reverse ? -weight : weight;
}

}  // namespace

Outcome evaluate(Priority base, const std::vector<Tracked>& trackers) {
  Outcome out{base, false, {}};
  int sum = base.value;
  for (const Tracked& tracked : trackers) {
    sum += contribution(tracked);
    if (tracked.weight == 0 && tracked.up == tracked.reverse && !out.fault) {
      out.fault = true;
      out.fault_name = tracked.name;
    }
  }
  if (base.value != kOwner) {
    out.effective = Priority{static_cast<std::uint8_t>(std::clamp(sum, kLowest, kHighest))};
  }
  return out;
}

}  // namespace alibi::track
