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
  Priority priority() { return Priority{static_cast<std::uint8_t>(between(1, 254))}; }

 private:
  std::uint64_t state_;
};

enum class FaultKind : std::uint8_t { Stall, OneWayCut, Isolate, CleanRestart, Crash, Track, Link,
                                      Priority, Reload, Upgrade };
inline constexpr int kFaultKinds = 10;

struct Fault {
  FaultKind kind;
  Instant begin;
  Duration length;
  std::size_t node = 0;
  std::size_t other = 0;     ///< OneWayCut: from node to other
  std::size_t segment = 0;   ///< cuts, Track, Link: where
  Priority priority{100};    ///< Priority, Reload: while it lasts
  std::size_t variant = 0;   ///< Reload: what else changes
};

/// How a node that cannot speak is kept from answering (docs/ARCHITECTURE.md: the fence).
enum class Fence : std::uint8_t { Takeover, Lease };

struct NodeDraw {
  std::vector<vrrp::Parameters> members;  ///< one a segment; two or more are a sync group
  std::vector<wire::IpAddress> sources;
  int drift_ppm = 0;  ///< how much faster its clock runs
  int kin = 0;        ///< nodes of one number accept each other's adverts
};

struct Draw {
  std::uint64_t seed = 0;
  std::size_t segments = 1;
  Fence fence = Fence::Takeover;
  std::vector<NodeDraw> nodes;
  int loss_percent = 0;
  int duplicate_percent = 0;
  Duration longest_delay{};
  std::vector<Fault> faults;
  Instant healed{};            ///< no fault and no loss from here on
  Duration bound{};            ///< within which exactly one master must be left
  Duration longest_interval{};
  Duration shortest_interval{};

  std::string text() const;
};

inline constexpr Instant kBegin{1'000'000'000'000};

Draw draw(std::uint64_t seed);

}  // namespace alibi::sim
