// SPDX-License-Identifier: Apache-2.0
// What did not come in order of time at a tap, for whoever tells of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evidence/clock_step.h"

namespace alibi::evidence {

/// From a packet on the stamps of a tap go back for good.
struct StepBack {
  std::uint64_t packet = 0;
  Duration by{0};
  Backwards what = Backwards::Unclear;
  /// The packet from which on the clock had been ahead by as much; 0: it had not. What was stamped
  /// in between is taken so much earlier, instead of all that follows so much later.
  std::uint64_t ahead_since = 0;
  /// The packet from which on the clock was set forward again by as much; 0: it was not.
  std::uint64_t until = 0;

  /// What is to be added to the stamp of a packet because of this step.
  Duration correction(std::uint64_t number) const {
    if (what != Backwards::ClockSet) return Duration{0};
    if (ahead_since != 0) return number >= ahead_since && number < packet ? -by : Duration{0};
    return number >= packet && (until == 0 || number < until) ? by : Duration{0};
  }
};

/// What a warning says of it behind the tap's name: ": from packet 8 on ...".
std::string text(const StepBack& step);

struct Disorder {
  std::uint64_t reordered = 0;  ///< put where they belong
  std::uint64_t too_late = 0;   ///< further back than the window
  std::vector<StepBack> steps;  ///< the first kMostSteps
  std::uint64_t steps_left_out = 0;
  bool was_ahead = false;  ///< the latest of the stamps are of a clock that had been set forward
  static constexpr std::size_t kMostSteps = 1000;
};

}  // namespace alibi::evidence
