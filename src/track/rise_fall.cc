// SPDX-License-Identifier: Apache-2.0
// Counting successes and failures in a row.
#include "track/track.h"

#include <algorithm>

namespace alibi::track {

RiseFall::RiseFall(int rise, int fall, bool init_fail)
    : rise_(std::max(rise, 1)), fall_(std::max(fall, 1)), up_(false), known_(init_fail) {}

void RiseFall::resume(bool up, int streak) {
  known_ = true;
  up_ = up;
  streak_ = std::max(streak, 0);
}

RiseFall::Change RiseFall::result(bool success) {
  if (!known_) {
    known_ = true;
    up_ = success;
    return success ? Change::WentUp : Change::WentDown;
  }
  if (success == up_) {
    streak_ = 0;
    return Change::None;
  }
  const int needed = up_ ? fall_ : rise_;
  if (++streak_ < needed) return Change::None;
  streak_ = 0;
  up_ = success;
  return up_ ? Change::WentUp : Change::WentDown;
}

}  // namespace alibi::track
