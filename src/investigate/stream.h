// SPDX-License-Identifier: Apache-2.0
// Heartbeats sorted into streams: one sender of one virtual router, seen at its taps in the order
// the packets pass them. Reads recordings only.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "evidence/recording.h"
#include "investigate/tap_clocks.h"

namespace alibi::investigate {

/// The number of a virtual router, which several segments may use (segments.h); version 2 and 3 of
/// one VRID do not hear each other.
struct RouterKey {
  Vrid vrid;
  wire::Family family = wire::Family::V4;
  std::uint8_t version = 2;
  auto operator<=>(const RouterKey&) const = default;
};

/// One advert of a stream at one tap.
struct Beat {
  Instant at;
  Priority priority;
  Duration interval{};  ///< as advertised; in a stream the usual one where that is plainly longer
  evidence::Direction direction = evidence::Direction::Unknown;
  std::uint64_t dropped_before = 0;  ///< capture losses between the previous beat and this one
  std::uint64_t packet_number = 0;
  std::uint16_t ip_id = 0;  ///< 0: none
  /// Beats between the previous one in the list and this one that were left out of it, all in time
  /// and of the same priority (sender_log.h); 0 in a list that is whole.
  std::uint64_t in_time_before = 0;
  bool absent_before = false;  ///< since the previous one the tap's interface had been gone
  std::uint32_t content = 0;   ///< content_of() what it says (networks.h)
};

/// The same advert a second time: a mirror port, a capture of all interfaces, a tunnel's port or
/// the network itself shows it twice. `recent` are the few of its sender seen before, in order.
bool seen_already(std::span<const Beat> recent, const Beat& beat);

struct TapBeats {
  evidence::TapId tap = 0;
  std::vector<Beat> beats;  ///< ordered by time, never empty; on the common time line
  TapClock clock{};
  std::set<std::uint64_t> networks{};  ///< in which it was seen there (wire::VrrpPacket::network)
  bool mixed = false;                  ///< evidence::Tap::mixed
};

/// All adverts of one source for one router in one network (networks.h). `taps` stand sender first.
struct Stream {
  RouterKey router;
  wire::IpAddress source;
  std::vector<TapBeats> taps;
  wire::MacAddress source_mac;  ///< of the first advert
  /// The interval between adverts: what is advertised, or the median seen where that is longer; the
  /// shortest it ever was.
  Duration interval = 1s;
  std::vector<wire::IpAddress> addresses{};  ///< all virtual addresses advertised, sorted
  /// Other networks with the same source that may be this one, for all that was seen; a line each.
  std::vector<std::string> undecided{};
  /// The first tap is on the sender's host, which was watched: that tells more of a silence than
  /// what a tap lost.
  bool watched = false;

  const TapBeats& origin() const { return taps.front(); }
  const TapBeats& far_end() const { return taps.back(); }
  /// By what it is known at the first tap that sees it in a VLAN or tunnel; 0: nowhere in one.
  std::uint64_t network() const;
  /// The beats at one tap; nullptr if this stream never passed there.
  const TapBeats* at_tap(evidence::TapId tap) const;
  /// Latest beat of `tap_beats` at or before / first beat after `t`; nullptr if none.
  static const Beat* last_until(const TapBeats& tap_beats, Instant t);
  static const Beat* first_after(const TapBeats& tap_beats, Instant t);
};

/// The middle one, the upper of two; 0 of none.
Duration median(std::vector<Duration> values);

/// Skew time and master-down interval of a backup with `priority` (RFC 3768 section 6.1, RFC 9568
/// section 6.1); `adverts` is normally 3.
Duration skew_time(const RouterKey& router, Priority priority, Duration interval);
Duration master_down_interval(const RouterKey& router, Priority priority, Duration interval);

/// Streams by router; within a router ordered by their first beat. Only adverts without defect.
std::map<RouterKey, std::vector<Stream>> streams_of(const evidence::Recording& recording);

}  // namespace alibi::investigate
