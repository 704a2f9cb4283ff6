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

std::int64_t product(const Tracked& tracked) {
  const std::int64_t out = std::int64_t{*tracked.number} * tracked.weight;
  return tracked.reverse ? -out : out;
}

}  // namespace

bool forbids(const Tracked& tracked) {
  if (!tracked.number) return tracked.weight == 0 && tracked.up == tracked.reverse;
  if (tracked.weight == 0) return (*tracked.number != 0) != tracked.reverse;
  return product(tracked) < -kLargestWeight;
}

int contribution(const Tracked& tracked) {
  if (forbids(tracked)) return 0;  // as keepalived: what puts in fault leaves the priority alone
  if (tracked.number) {
    return static_cast<int>(
        std::clamp<std::int64_t>(product(tracked), -kLargestWeight, kLargestWeight));
  }
  const int weight = std::clamp(tracked.weight, -kLargestWeight, kLargestWeight);
  const bool counts = weight > 0 ? tracked.up : !tracked.up;
  if (!counts) return 0;
  return tracked.reverse ? -weight : weight;
}

Outcome evaluate(Priority base, std::span<const Tracked> trackers) {
  Outcome out{base, false, 0};
  int sum = base.value;
  for (std::size_t i = 0; i < trackers.size(); ++i) {
    sum += contribution(trackers[i]);
    if (!out.fault && forbids(trackers[i])) {
      out.fault = true;
      out.fault_at = i;
    }
  }
  if (base.value != kOwner) {
    out.effective = Priority{static_cast<std::uint8_t>(std::clamp(sum, kLowest, kHighest))};
  }
  return out;
}

}  // namespace alibi::track
