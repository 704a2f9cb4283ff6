// SPDX-License-Identifier: Apache-2.0
// Live verdicts: looks at the recording while something is suspicious and hands out each verdict
// once, as soon as it is settled. Pure: recordings and time in, verdicts out.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "investigate/verdict.h"

namespace alibi::daemon {

class VerdictWatch {
 public:
  /// The verdicts of `recording` that are settled at its end and were not given before. A cause
  /// that is named is settled half a second after the hand-over; `unknown` waits for the old
  /// master to be heard again, or `kPatience`: some evidence comes only with the end of a wait.
  /// Recordings follow each other; where a later one begins later, its window has moved on, and who
  /// advertises at its beginning did so before.
  std::vector<investigate::Verdict> take(const evidence::Recording& recording);

  /// The same without waiting: the recording ends here.
  std::vector<investigate::Verdict> rest(const evidence::Recording& recording);

  std::size_t given() const { return given_.size(); }

  static constexpr Duration kSettle = 500ms;
  static constexpr Duration kPatience = 10s;

 private:
  std::vector<investigate::Verdict> fresh(const evidence::Recording& recording, bool final);
  std::set<std::string> given_;
  std::optional<Instant> begin_;  ///< of the first recording
};

}  // namespace alibi::daemon
