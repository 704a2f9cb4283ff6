// SPDX-License-Identifier: Apache-2.0
// From capture files to their survey: what is a heartbeat, of which stream, and which are asked
// for.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "evidence/capture_scan.h"
#include "evidence/packet_filter.h"
#include "evidence/time_order.h"
#include "investigate/gap_survey.h"
#include "investigate/presence.h"

namespace alibi::investigate {

/// Heartbeats other than VRRP that go by a name.
struct KnownHeartbeat {
  std::string_view name;        ///< "bfd"
  std::string_view expression;  ///< pcap-filter(7)
};
/// bfd, hsrp, carp, corosync.
std::span<const KnownHeartbeat> known_heartbeats();

struct GapReport {
  std::vector<evidence::Tap> taps;
  std::vector<Instant> first, last;      ///< of any packet, beside `taps`
  std::vector<std::uint64_t> defective;  ///< adverts that are none by their checksum or form
  std::vector<std::uint64_t> excluded;   ///< heartbeats that were not asked for
  std::vector<StreamSurvey> streams;
  std::vector<std::string> flows;      ///< names of the flows 1, 2, ...
  std::vector<std::string> addresses;  ///< what StreamKey::addresses numbers
  GapSurvey::Settings settings;
  std::uint64_t left_out = 0;      ///< heartbeats of too many senders or flows
  std::vector<TapClock> clocks;    ///< with several taps of files, beside `taps`
  std::vector<Presence> presence;  ///< with several taps
  /// Of what was seen since then; unset: of all.
  std::optional<Instant> presence_since;
  std::vector<KeptApart> apart;  ///< the same
  std::vector<std::string> warnings;
};

/// Heartbeats outside of [since, until] are left out, but for the last before it and the first
/// after it of each stream at each tap: a gap may begin before the window and end after it.
struct TimeWindow {
  Instant since{INT64_MIN};
  Instant until = kNever;
};

struct SurveyRequest {
  GapSurvey::Settings settings;
  std::set<std::uint8_t> vrids;  ///< empty: all
  /// The window, given the time of the first heartbeat; none: all.
  std::function<TimeWindow(Instant)> window;
  /// Heartbeats are what this passes, instead of VRRP; a name of known_heartbeats() or an
  /// expression.
  std::optional<std::string> filter;
};

class CaptureSurvey {
 public:
  /// `several` files are compared with each other; interfaces of one file are in any case.
  static Result<CaptureSurvey> create(const SurveyRequest& request, bool several);
  /// See evidence::CaptureScan::read().
  Result<void> read(std::span<const std::string> paths);
  /// Live, instead of read(): the taps, then their frames, each taken at once as it comes. GapWatch
  /// does the rest.
  void begin(std::vector<evidence::Tap> taps, evidence::CaptureScan::PortName name);
  void feed(const evidence::CapturedFrame& frame);
  GapReport finish();

 private:
  friend class GapWatch;
  CaptureSurvey(SurveyRequest request, bool several);
  void take(const evidence::TapFrame& at);
  bool advert(const evidence::TapFrame& at, Sighting& out);
  bool flow(const evidence::TapFrame& at, Sighting& out);
  std::uint32_t number_of(const std::vector<wire::IpAddress>& addresses);
  bool asked_for(const Sighting& sighting) const;
  using Order = evidence::TimeOrder<Sighting>;
  void place(evidence::TapId tap, Order::Placed& placed);
  void finish_orders();
  /// Live: frames that are known to be lost at the tap since a heartbeat was taken there.
  std::uint64_t lost_since(evidence::TapId tap) const;
  Instant end_of(const evidence::TapSpan& span) const;
  void arrange(GapReport& out);
  void beside_window(Sighting& sighting);
  void enter(Sighting& sighting);

  SurveyRequest request_;
  bool several_;
  std::optional<evidence::PacketFilter> filter_;
  std::optional<TimeWindow> window_;
  struct Edge {
    std::optional<Sighting> before;  ///< the last before the window, until the next is taken
    bool after = false;              ///< the first after it was taken
  };
  std::map<std::pair<evidence::TapId, StreamKey>, Edge> edges_;
  evidence::CaptureScan scan_;
  GapSurvey survey_;
  PresenceLog presence_;
  std::map<std::string, std::uint32_t> flow_numbers_;
  std::vector<std::string> flows_;
  std::map<std::string, std::uint32_t> address_numbers_;
  std::vector<std::string> addresses_;
  struct TapOrder {
    Order order;
    std::vector<evidence::TapId> parts;     // the tap, and what was split off
    std::uint64_t dropped = 0, absent = 0;  // since the heartbeat before in the capture
  };
  std::vector<TapOrder> orders_;  // by tap
  std::vector<std::uint64_t> defective_, excluded_, dropped_;
  std::vector<std::uint64_t> absences_;  // of each tap's interface since a heartbeat was taken
  std::uint64_t left_out_ = 0;
  std::optional<Instant> presence_since_;
  bool live_ = false;
};

}  // namespace alibi::investigate
