// SPDX-License-Identifier: Apache-2.0
// A survey while its heartbeats come in: each gap, hand-over and pair of masters is told when it
// happens, a gap also while it lasts. The rules are those of files; what was told long ago is kept
// in counters and short lists, so that memory does not grow with time.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "investigate/capture_survey.h"

namespace alibi::investigate {

struct GapEvent {
  enum class What : std::uint8_t {
    Overdue,   ///< the next heartbeat is: the gap goes on
    Gap,       ///< ended
    HandOver,  ///< and which one: `incident`
    NearMiss,  ///< near miss or silence for good: `incident`
    Both,      ///< two masters, for longer than an advert is on its way
    OneAgain,  ///< two masters no more
  };
  What what = What::Overdue;
  evidence::TapId tap = 0;
  StreamKey stream;
  Instant at;                      ///< when it happened, or became known to last
  wire::IpAddress from, to;        ///< of the heartbeats before and after; equal where there is one
  Instant since;                   ///< the heartbeat before; Both, OneAgain: the first of `to`
  Duration length{0};              ///< from `since`, so far or in all
  Duration expected{0};            ///< the interval of `from`
  std::uint64_t capture_lost = 0;  ///< frames in it that the capture itself lost, as far as known
  bool capture_absent = false;     ///< the interface was gone for some of it
  std::optional<unsigned> sent_unseen;          ///< Gap: sent_in()
  std::uint64_t packet_before = 0, packet = 0;  ///< numbers, 0: none
  std::optional<Incident> incident;
};
std::string_view text(GapEvent::What what);  // "overdue", "gap", ...

/// Heartbeats in, events out. One thread; reads no clock: moments are those of the frames.
class GapWatch {
 public:
  /// Heartbeats held for incidents to come, of each stream; what was told of each for the report;
  /// heartbeats held to compare taps by, of all.
  static constexpr std::size_t kMostHeld = 256;
  static constexpr std::size_t kMostTold = 1000;
  static constexpr std::size_t kMostCompared = 131'072;
  static constexpr std::size_t kMostSenders = 4096;

  /// What the capture of a tap itself knows; asked of the given ones.
  struct TapState {
    std::uint64_t untold = 0;  ///< frames lost that none has told of
    bool absent = false;       ///< the interface is gone
  };
  using State = std::function<TapState(evidence::TapId)>;

  /// The interfaces behind the `any` device become taps of their own, after those given, when
  /// something is heard there; `name` tells their names.
  static Result<GapWatch> create(SurveyRequest request, std::vector<evidence::Tap> taps,
                                 evidence::CaptureScan::PortName name = {});
  /// `frame.interface` is the tap, `frame.number` counts them all.
  void take(const evidence::CapturedFrame& frame) { survey_.feed(frame); }
  /// All frames up to `now` were taken: what happened since the last call, in order of time.
  std::vector<GapEvent> look(Instant now, const State& state);
  /// When to look again, though no frame comes; kNever: not needed.
  Instant next_look() const { return std::min(overdue_next_, again_next_); }
  /// As of files, up to `now`. `dropped`: all frames that each tap lost. Ends the watch.
  GapReport finish(Instant now, const State& state, std::span<const std::uint64_t> dropped);
  const std::vector<evidence::Tap>& taps() const { return survey_.scan_.taps; }
  /// Heartbeats of a stream held for incidents to come.
  std::size_t held(const GapSurvey::Key& stream) const { return survey_.survey_.held(stream); }
  const std::vector<std::string>& flows() const { return survey_.flows_; }
  const std::vector<std::string>& addresses() const { return survey_.addresses_; }

 private:
  using Key = GapSurvey::Key;
  struct HandOver {
    bool both_told = false;
    bool settled = false;  // two masters no more
    Instant next{};        // look at it
  };
  struct Stream {
    Instant since = kNever;  // its last heartbeat when it was found to be overdue
    bool overdue_told = false;
    bool put_off = false;  // a look at it would come too soon after the last
    Instant not_before{INT64_MIN};
    std::vector<Gap> ended;  // to be told
    bool unproven = false;   // the capture may have lost what is missing
    Instant silent_next = kNever;
    Instant silenced = kNever;  // told: silent for good since then
    std::map<std::pair<Instant, std::size_t>, HandOver> hand_overs;  // told: when, to whom
    std::set<std::pair<Instant, std::size_t>> near_misses;           // told: until when, who
    Instant forgotten{INT64_MIN};  // what happened until then is in these
    std::vector<SurveyedIncident> told;
    std::uint64_t hand_overs_left_out = 0, near_misses_left_out = 0;
    std::vector<Run> runs;
  };
  explicit GapWatch(CaptureSurvey survey) : survey_(std::move(survey)) {}
  void look_at(const Key& key, Stream& stream, Instant now, std::vector<GapEvent>& out);
  void look_for_overdue(Instant now, const State& state, std::set<Key>& open,
                        std::vector<GapEvent>& out);
  static void tell_gap(const StreamSurvey& survey, const Gap& gap, std::vector<GapEvent>& out);
  void tell_incidents(Stream& stream, const StreamSurvey& survey, Instant now,
                      std::vector<GapEvent>& out);
  static void settle(HandOver& hand_over, const StreamSurvey& survey, const SurveyedIncident& found,
                     Instant now, std::vector<GapEvent>& out);
  void forget(const Key& key, const StreamSurvey& survey, Instant now);
  void bound_comparison(Instant now);

  CaptureSurvey survey_;
  std::map<Key, Stream> streams_;
  std::set<Key> again_;
  Instant overdue_next_ = kNever, again_next_ = kNever;
};

}  // namespace alibi::investigate
