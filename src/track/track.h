// SPDX-License-Identifier: Apache-2.0
// What instances depend on, sans-IO: results in, up/down and the effective priority out. Who runs a
// script, reads a file or watches a process is the tracker's business (daemon/).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/strong.h"

namespace alibi::track {

/// rise/fall counting of one script (keepalived's semantics: the first result alone decides at
/// start-up; `init_fail` starts failed and needs `rise` successes).
class RiseFall {
 public:
  RiseFall(int rise, int fall, bool init_fail);
  /// Goes on from what is known already (of an earlier process): no first result any more.
  void resume(bool up, int streak);
  enum class Change : std::uint8_t { None, WentUp, WentDown };
  Change result(bool success);
  bool up() const { return up_; }
  /// Results in a row, so far too few, that speak against up().
  int streak() const { return streak_; }
  bool known() const { return known_; }  ///< false until the first result (unless init_fail)

 private:
  int rise_;
  int fall_;
  int streak_ = 0;
  bool up_;
  bool known_ = false;
};

/// One tracker as an instance sees it. weight 0: down means FAULT. weight > 0: added while up;
/// < 0: added (subtracted) while down. `reverse` turns the direction: weight 0 is a FAULT while up,
/// others are subtracted instead of added (weight < 0: raises the priority while down).
struct Tracked {
  int weight = 0;
  bool reverse = false;
  bool up = false;
  /// A tracked file: the number in it. Times the weight it is added (subtracted with `reverse`);
  /// a product below -253 is a FAULT, and with weight 0 every number but 0 (with `reverse` only 0).
  std::optional<std::int32_t> number{};
};

/// What it adds to the priority now, and whether it forbids the instance to run now; one that
/// forbids adds nothing, as in keepalived.
int contribution(const Tracked& tracked);
bool forbids(const Tracked& tracked);

struct Outcome {
  Priority effective;
  bool fault = false;        ///< some tracker forbids the instance to run
  std::size_t fault_at = 0;  ///< the first such tracker
};

/// Effective priority, clamped to 1..254; an owner (255) never changes.
Outcome evaluate(Priority base, std::span<const Tracked> trackers);

}  // namespace alibi::track
