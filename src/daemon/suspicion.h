// SPDX-License-Identifier: Apache-2.0
// Decides when a look at the whole recording is worth its cost: a heartbeat is overdue, a new
// source advertises, a master resigns. Sees heartbeats and the time, keeps a few bytes a stream.
#pragma once

#include <map>
#include <tuple>

#include "evidence/recording.h"

namespace alibi::daemon {

class Suspicion {
 public:
  void take(Instant at, evidence::TapId tap, const wire::VrrpPacket& packet);

  /// True from the first sign of trouble until `kLinger` after the last.
  bool aroused(Instant now);

  /// How long a finished incident may still bring evidence: the verdict is settled by then.
  static constexpr Duration kLinger = 12s;

 private:
  /// Tap, VRID, family, version: one VRID on two interfaces is two routers, and two that take turns
  /// would be suspicious for ever.
  using Router = std::tuple<evidence::TapId, std::uint8_t, wire::Family, std::uint8_t>;
  struct Seen {
    wire::IpAddress master;      ///< last source heard
    Instant last;                ///< its last advert
    Duration interval = 1s;
    bool resigned = false;
  };
  static Instant overdue_at(const Seen& seen);

  std::map<Router, Seen> routers_;
  Instant calm_until_{INT64_MIN};   ///< before this none is overdue that was not found so
  Instant until_{INT64_MIN};
};

}  // namespace alibi::daemon
