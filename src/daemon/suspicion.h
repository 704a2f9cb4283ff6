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
  void take(const evidence::Heartbeat& heartbeat);

  /// True from the first sign of trouble until `kLinger` after the last.
  bool aroused(Instant now);

  /// How long a finished incident may still bring evidence: the verdict is settled by then.
  static constexpr Duration kLinger = 12s;

 private:
  using Router = std::tuple<std::uint8_t, wire::Family, std::uint8_t>;  // VRID, family, version
  struct Seen {
    wire::IpAddress master;      ///< last source heard
    Instant last;                ///< its last advert, at any tap
    Duration interval = 1s;
    bool resigned = false;
  };
  std::map<Router, Seen> routers_;
  Instant until_{INT64_MIN};
};

}  // namespace alibi::daemon
