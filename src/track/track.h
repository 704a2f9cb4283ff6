// SPDX-License-Identifier: Apache-2.0
// Tracked scripts, sans-IO: results in, up/down and the effective priority out. Who runs the script
// and when is the tracker's business (daemon/).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/strong.h"

namespace alibi::track {

/// rise/fall counting of one script (keepalived's semantics: the first result alone decides at
/// start-up; `init_fail` starts failed and needs `rise` successes).
class RiseFall {
 public:
  RiseFall(int rise, int fall, bool init_fail);
  enum class Change : std::uint8_t { None, WentUp, WentDown };
  Change result(bool success);
  bool up() const { return up_; }
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
  std::string name;
  int weight = 0;
  bool reverse = false;
  bool up = false;
};

struct Outcome {
  Priority effective;
  bool fault = false;      ///< some tracker with weight 0 is down
  std::string fault_name;  ///< the first such tracker
};

/// Effective priority, clamped to 1..254; an owner (255) never changes.
Outcome evaluate(Priority base, const std::vector<Tracked>& trackers);

}  // namespace alibi::track
