// SPDX-License-Identifier: Apache-2.0
// The heartbeats of captures surveyed while they are read: for each stream at each tap the
// interval, gaps, jitter, hand-overs, duplicates. Memory grows with what is found, not with the
// number of heartbeats.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "investigate/incident.h"
#include "investigate/sender_log.h"

namespace alibi::investigate {

/// A virtual router, or a flow of other heartbeats that the caller numbers from 1 (0: a router).
struct StreamKey {
  RouterKey router;
  std::uint32_t flow = 0;
  std::uint64_t network = 0;  ///< wire::VrrpPacket::network: one tap may see several
  /// Where the tap does not say at which interface (evidence::Tap::mixed), virtual addresses that
  /// the caller numbers from 1; else 0.
  std::uint32_t addresses = 0;
  auto operator<=>(const StreamKey&) const = default;
};

/// One heartbeat at one tap; those of a tap are taken in order of time.
struct Sighting {
  evidence::TapId tap = 0;
  StreamKey stream;
  wire::IpAddress source;
  wire::MacAddress source_mac;
  Beat beat;
  bool reordered = false;  ///< in the capture it stands behind later ones
};

/// The time between two successive heartbeats of a stream at a tap, whoever sent them.
struct Gap {
  std::size_t from = 0, until = 0;  ///< indices into StreamSurvey::senders
  Beat before, after;
  Duration expected{0};            ///< the interval of `from` then
  std::uint64_t capture_lost = 0;  ///< frames that the capture itself lost in it
  bool capture_absent = false;     ///< the interface was gone for some of it
  /// What the capture lost or did not see cannot make up all of it, or the identifications say that
  /// nothing was sent.
  bool proven = true;
  Duration length() const { return after.at - before.at; }
};

struct SenderSurvey {
  wire::IpAddress source;
  wire::MacAddress source_mac;  ///< of the first heartbeat
  std::uint64_t beats = 0, duplicates = 0, reordered = 0;
  std::uint64_t out_of_order = 0;  ///< in the capture; taken in order of time
  Beat first, last;
  Priority lowest{0}, highest{0};
  Duration advertised{0};  ///< 0: heartbeats of this kind do not say
  Duration learned{0};     ///< the usual time since `advertised` changed; 0: too few to tell
  Duration interval{0};    ///< by which gaps are judged
  Identification identification = Identification::None;
  Cadence cadence;
};

/// An incident and the packets of the capture that show it.
struct SurveyedIncident {
  Incident incident;
  std::uint64_t last_packet = 0;  ///< the last heartbeat of `from`
  std::uint64_t packet = 0;       ///< the one that ended it; 0: none did
};

/// A run of heartbeats of one sender without a break over one and a half intervals.
struct Run {
  std::size_t sender = 0;
  Instant begin, end;
};

struct StreamSurvey {
  evidence::TapId tap = 0;
  StreamKey key;
  std::vector<SenderSurvey> senders;  ///< in order of their first heartbeat
  std::vector<Gap> gaps;              ///< in order of time
  std::uint64_t gaps_left_out = 0;    ///< beyond the first most_gaps
  /// Hand-overs and near misses; `from` and `to` index `senders`.
  std::vector<SurveyedIncident> incidents;
  std::uint64_t hand_overs_left_out = 0, near_misses_left_out = 0;  ///< of a watch (gap_watch.h)
  std::vector<Run> runs;
};

/// Adverts that a sender whose identifications count sent in the gap, and nobody saw at this tap;
/// nothing where that cannot be told.
std::optional<unsigned> sent_in(const StreamSurvey& stream, const Gap& gap);

class GapSurvey {
 public:
  static constexpr std::size_t kMostGaps = 100'000;    ///< listed, of each stream
  static constexpr std::size_t kMostSenders = 65'536;  ///< of all streams
  struct Settings {
    std::optional<Duration> longer_than;  ///< else one and a half intervals
    Duration interval{0};                 ///< of flows; 0: learned
    std::size_t most_gaps = kMostGaps;    ///< listed, of each stream
    std::size_t most_senders = kMostSenders;
    bool watched = false;  ///< somebody asks for take_news() again and again
  };
  using Key = std::pair<evidence::TapId, StreamKey>;

  explicit GapSurvey(Settings settings) : settings_(settings) {}
  void take(const Sighting& sighting);
  /// Before finish(): what the capture at the tap lost, and does not say when.
  void lose(evidence::TapId tap, std::uint64_t unplaced, std::uint64_t at_end);
  /// `ends[tap]`: the last moment of any packet there. By tap, then stream.
  std::vector<StreamSurvey> finish(std::span<const Instant> ends);
  /// Heartbeats of senders beyond most_senders, which were left out.
  std::uint64_t left_out() const { return left_out_; }

  /// For a watch (gap_watch.h): what ended and where something irregular was since the last call.
  struct News {
    std::vector<std::pair<Key, Gap>> gaps;
    std::set<Key> irregular;
  };
  News take_news() { return std::exchange(news_, {}); }
  /// A stream's last heartbeat, where the next one is known to be due.
  struct Latest {
    const Key& key;
    wire::IpAddress source;
    Beat beat;
    Duration expected, limit;        ///< a longer time is a gap
    std::uint64_t capture_lost = 0;  ///< frames that the tap is known to have lost since
    bool capture_absent = false;
  };
  void each_latest(const std::function<void(const Latest&)>& each) const;
  /// One stream as finish() would tell it now.
  StreamSurvey so_far(const Key& key, Instant end) const;
  /// Heartbeats held for incidents to come; those up to `before` are given up but for the last one
  /// of each sender.
  std::size_t held(const Key& key) const;
  void forget(const Key& key, Instant before);

 private:
  struct Sender {
    wire::IpAddress source;
    wire::MacAddress source_mac;
    SenderLog log;
    std::uint64_t out_of_order = 0;
    std::uint64_t absences = 0;  // of the tap when this one was heard
    std::size_t first_gap = 0;   // of the log's, since its interval changed
  };
  struct Log {
    std::vector<Sender> senders;
    std::vector<Gap> gaps;
    std::uint64_t gaps_left_out = 0;
    std::optional<std::size_t> last_sender;
    std::uint64_t lost = 0;  // frames that the tap had lost when it was heard
    std::uint64_t absences = 0;
    std::vector<Gap> unjudged;  // while the interval of a flow is not known
  };
  std::optional<std::size_t> sender_of(Log& log, const Sighting& sighting);
  void judge(Log& log, const Gap& gap);
  static void expect(Log& log, std::size_t sender, Duration interval);
  StreamSurvey survey(evidence::TapId tap, const StreamKey& key, Log& log, Instant end) const;

  Settings settings_;
  std::map<Key, Log> logs_;
  Log* latest_ = nullptr;
  Key latest_key_;
  News news_;
  std::vector<std::uint64_t> lost_;      // frames that each tap lost so far
  std::vector<std::uint64_t> absences_;  // how often the interface of each had gone so far
  std::vector<BlindTimes> blind_;        // of each tap
  std::size_t senders_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace alibi::investigate
