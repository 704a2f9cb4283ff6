// SPDX-License-Identifier: Apache-2.0
// What one seed stands for: the nodes, the network and the faults, drawn before anything runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vrrp/instance.h"

namespace alibi::sim {

/// splitmix64: the same numbers on every machine and library, unlike std's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  int between(int low, int high);  ///< both included
  Duration between(Duration low, Duration high);
  bool chance(int percent) { return between(1, 100) <= percent; }

 private:
  std::uint64_t state_;
};

enum class FaultKind : std::uint8_t { Stall, OneWayCut, Isolate, CleanRestart, Crash, Track,
                                      Priority };

struct Fault {
  FaultKind kind;
  Instant begin;
  Duration length;
  std::size_t node = 0;
  std::size_t other = 0;     ///< OneWayCut: from node to other
  Priority priority{100};    ///< Priority: while it lasts
};

struct Draw {
  std::uint64_t seed = 0;
  std::vector<vrrp::Parameters> nodes;
  std::vector<wire::IpAddress> sources;
  int loss_percent = 0;
  int duplicate_percent = 0;
  Duration longest_delay{};
  std::vector<Fault> faults;
  Instant healed{};            ///< no fault and no loss from here on
  Duration bound{};            ///< within which exactly one master must be left
  Duration longest_interval{};

  std::string text() const;
};

inline constexpr Instant kBegin{1'000'000'000'000};

Draw draw(std::uint64_t seed);

}  // namespace alibi::sim
