// SPDX-License-Identifier: Apache-2.0
// Which heartbeat was seen at which tap, where several taps captured: lost, missed or late on which
// segment of the way. Holds 24 octets for each heartbeat at each tap.
#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "investigate/gap_survey.h"

namespace alibi::investigate {

/// One sender's heartbeats at the taps that saw any of them (networks.h).
struct Presence {
  StreamKey stream;  ///< its network is that of the first tap that saw it in one
  wire::IpAddress source;
  Duration interval{0};
  /// False: nothing is placed. Identifications do not give one difference between the taps' clocks,
  /// because one was set; or there are none, and the times do not lie together.
  bool comparable = true;
  bool by_identification = false;     ///< matched by IP identification; else by time alone
  std::vector<evidence::TapId> taps;  ///< in the order given, or its reverse: sender first
  std::uint64_t heartbeats = 0;       ///< while all these taps captured
  struct Row {
    std::vector<bool> seen;  ///< beside `taps`
    std::uint64_t heartbeats = 0;
    Instant first, last;  ///< on the first tap's clock
  };
  std::vector<Row> rows;  ///< most heartbeats first
  /// What happened between a tap and the one before it (the first: between sender and tap).
  struct Segment {
    std::uint64_t lost = 0;     ///< seen before it, and nowhere from it on
    std::uint64_t missed = 0;   ///< not seen at the tap, but behind it: the capture's own loss
    std::uint64_t delayed = 0;  ///< over a quarter of an interval longer under way than usual
    Duration longest_delay{0};  ///< beyond the usual time
  };
  std::vector<Segment> segments;  ///< beside `taps`
};

/// Heartbeats of one source in networks that may be one and the same, which nothing shows.
struct KeptApart {
  StreamKey stream;
  wire::IpAddress source;
  struct Place {
    evidence::TapId tap = 0;
    std::uint64_t network = 0;
  } one, other;
};

struct Presences {
  std::vector<TapClock> clocks;  ///< by tap
  std::vector<Presence> senders;
  std::vector<KeptApart> apart;
};

class PresenceLog {
 public:
  void take(const Sighting& sighting);
  /// What was tap i is now tap to[i].
  void arrange(std::span<const evidence::TapId> to);
  std::size_t held() const { return held_; }
  /// All that was seen before, at any tap; of a live capture, whose taps have one clock.
  void forget(Instant before);
  /// Of senders that several taps saw. `firsts`, `lasts`: of any packet, by tap. `one_clock`: all
  /// taps have it, as live ones do; else how far each is from the first is found.
  Presences finish(std::span<const Instant> firsts, std::span<const Instant> lasts,
                   bool one_clock = false) const;

 private:
  struct Mark {
    Instant at;
    std::uint32_t content = 0;
    std::uint16_t ip_id = 0;
    Priority priority;
    evidence::Direction direction = evidence::Direction::Unknown;
  };
  /// What one tap saw of one source in one network.
  struct Marks {
    std::set<wire::MacAddress> macs;
    std::vector<Mark> marks;
  };
  using Key = std::pair<StreamKey, wire::IpAddress>;  // the network is 0: it is in the part's key
  using Parts = std::map<std::pair<evidence::TapId, std::uint64_t>, Marks>;
  using TapMarks = std::map<evidence::TapId, std::vector<Mark>>;
  std::vector<TapClock> clocks(std::size_t taps) const;
  static Presence match(const Key& key, const TapMarks& taps, std::span<const TapClock> clocks,
                        std::span<const Instant> firsts, std::span<const Instant> lasts);
  static void compare(const Key& key, const Parts& parts, std::span<const Instant> firsts,
                      std::span<const Instant> lasts, Presences& out);
  friend class Matching;
  std::map<Key, Parts> marks_;
  std::size_t held_ = 0;
};

}  // namespace alibi::investigate
