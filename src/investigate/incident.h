// SPDX-License-Identifier: Apache-2.0
// What happened, from packets alone: hand-overs and near misses of each virtual router, classified
// by who fell silent, resigned or was outbid. Why it happened is not decided here.
#pragma once

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "investigate/blind.h"
#include "investigate/stream.h"

namespace alibi::investigate {

enum class Kind : std::uint8_t {
  Silence,      ///< the master was not heard for the successor's master-down interval
  Resignation,  ///< the master sent priority 0
  Preemption,   ///< a router of higher priority (or address) outbid a living master
  Conflict,     ///< a router began to advertise that should have yielded to the living master
  NearMiss,     ///< a gap over half the master-down interval, nobody took over
  Silenced,     ///< the master fell silent for good and nobody took over while we watched
  Unseen,       ///< another one is master, and the capture was blind when that came about
};

struct Incident {
  Kind kind = Kind::Silence;
  RouterKey router;
  /// Indices into the router's streams: who was master, who took over (equal for NearMiss).
  std::size_t from = 0;
  std::size_t to = 0;
  Instant at;                ///< the successor's first advert; NearMiss: end of the gap
  Instant silent_since;      ///< last advert of `from` as the successor could hear it
  Instant resumed = kNever;  ///< next advert of `from` there, kNever: none in the recording
  Duration interval = 1s;
  Priority from_priority{0};  ///< last advertised by `from` (before a resignation's 0)
  Priority to_priority{0};
  /// Where the priority of `from` fell before the hand-over, from what, and the first advert with
  /// the lower one; 0: it did not. In a preemption the step by which it came below the successor's,
  /// else from the highest of this reign.
  Priority fell_from{0};
  Instant fell_at = kNever;
  /// `to` had been master before, in this recording: the incident that ended it is the cause.
  bool is_return = false;
  /// How long both advertised after the hand-over.
  Duration two_masters{0};
  /// When the capture was blind between `silent_since` and `at`, where the successor listens.
  Blind blind;
};

/// Adverts up to 1.5 intervals apart belong together: one lost or late advert begins no reign. A
/// sender that was given a longer interval meanwhile is judged by what it advertised last.
inline bool breaks(const Beat& before, const Beat& after, Duration interval) {
  const Duration expected = std::max(interval, before.interval);
  return after.in_time_before == 0 && after.at - before.at > expected + expected / 2;
}

/// Of two masters with equal priority the higher address stays (RFC 9568 section 6.4.3): the
/// priority outbid nobody.
inline bool is_tie(const Incident& incident) {
  return incident.kind == Kind::Preemption && incident.from_priority == incident.to_priority;
}

/// "silence", "resignation", "preemption", ... and "tie", a preemption by address alone.
std::string_view kind_text(const Incident& incident);

/// Another source took over; else one source was not heard.
inline bool is_hand_over(const Incident& incident) {
  return incident.kind != Kind::NearMiss && incident.kind != Kind::Silenced;
}

/// Both advertised after the hand-over for longer than an advert may be on its way.
inline bool both_went_on(const Incident& incident) {
  return incident.two_masters > incident.interval + incident.interval / 2;
}

/// Incidents in order of time. `end` is the end of the recording (open gaps are judged by it);
/// `blind` is by tap, on the taps' own clocks. A gap that what the capture lost may fill is no near
/// miss, and nobody's silence.
std::vector<Incident> find_incidents(const std::vector<Stream>& streams, Instant end,
                                     std::span<const BlindTimes> blind);

}  // namespace alibi::investigate
