// SPDX-License-Identifier: Apache-2.0
// Captures of several hosts on one time line: how far each tap's clock is from the first one's,
// found from the adverts that both saw. A live recording has one clock and needs none of this.
#pragma once

#include <vector>

#include "evidence/recording.h"

namespace alibi::investigate {

struct TapClock {
  Duration ahead{0};     ///< of the first tap's clock; taken off this tap's times
  Duration measured{0};  ///< the same, however small
  Duration error{0};     ///< both are right to within this
  bool known = true;     ///< false: no adverts could be matched, `ahead` is 0
  bool capture = false;  ///< from a capture file, which begins and ends by itself
  /// First and last packet of any kind at this tap, on the common time line.
  Instant first;
  Instant last;
};

/// A clock for each tap of the recording. Adverts are the same at two taps when source, router,
/// priority, IP identification and, where known, the sender's MAC address agree; the lag that most
/// of them share is the clocks' difference and includes the way between the taps. Differences of at
/// most 20 ms are left alone.
std::vector<TapClock> tap_clocks(const evidence::Recording& recording);

}  // namespace alibi::investigate
