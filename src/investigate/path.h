// SPDX-License-Identifier: Apache-2.0
// Where a gap began: the first tap on the packets' way that shows it. Compares times between
// adverts at one tap; which gap is the same one at another tap is told by the common time line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "investigate/incident.h"

namespace alibi::investigate {

/// The time around an incident at one tap.
struct TapGap {
  evidence::TapId tap = 0;
  Instant last;                    ///< last advert before the incident at this tap
  Instant next = kNever;           ///< the next one; kNever: none in the recording
  Duration length{0};              ///< next - last, or up to the end of the recording
  bool late = false;               ///< longer than one and a half intervals
  std::uint64_t capture_lost = 0;  ///< frames the capture itself lost in this time
  std::size_t beats_in_gap = 0;    ///< adverts here while the incident's gap lasted
};

enum class Origin : std::uint8_t {
  Sender,      ///< the first tap is on the sender's host and shows the gap already
  AtOrBefore,  ///< the first tap shows it, and it is not known to be the sender's own
  Segment,     ///< between a tap without the gap and the next one with it
  Nowhere,     ///< every tap passed the adverts in time: the receiver did not act on them
  Unclear,     ///< taps contradict each other, or the capture lost frames where it matters
};

struct Where {
  Origin origin = Origin::Unclear;
  std::vector<TapGap> taps;   ///< sender first
  std::size_t first_bad = 0;  ///< index into `taps`; for Segment the end of the segment
  std::string why_unclear;
  std::vector<std::string> left_out;  ///< labels of taps whose captures begin or end in the gap
  const TapGap& bad() const { return taps[first_bad]; }
};

/// Follows the stream of `incident.from` along its taps to where `to` listens, the same stream
/// where nobody took over. Taps at other routers are left out.
Where locate(const evidence::Recording& recording, const Stream& from, const Stream& to,
             const Incident& incident);

}  // namespace alibi::investigate
