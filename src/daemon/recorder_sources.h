// SPDX-License-Identifier: Apache-2.0
// Which source of evidence a record or a fact comes from, and what became of all that it sent.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "bpf/abi.h"
#include "evidence/event.h"

namespace alibi::daemon {

/// The probes by their alibi_source, then what the recorder reads itself.
enum Source : std::uint8_t {
  kWaits = ALIBI_SOURCES,  ///< what a stuck thread waits for
  kCgroups,
  kDisks,
  kDiskUsers,
  kMemoryCounters,
  kInterfaces,
  kLinks,        ///< links, addresses, bridge ports and neighbours, told by netlink
  kRules,        ///< of the packet filter
  kMachine,      ///< steal, pressure, backlog, clocks
  kNotes,        ///< the recorder's own: when a probe lost something
  kUnknownKind,  ///< records of a kind that no probe sends
  kSources,
};

const char* source_name(std::size_t source);
/// `record` begins with an alibi_header.
Source source_of(std::span<const std::uint8_t> record);
Source source_of(const evidence::Fact& fact);

/// Since the start: taken = still there + passed_over + evicted.
struct SourceTotals {
  std::uint64_t taken = 0;
  std::uint64_t passed_over = 0;  ///< left out on purpose: older than the window, or foreign
  std::uint64_t evicted = 0;      ///< forced out by the memory bound
};
using SourceTable = std::array<SourceTotals, kSources>;

}  // namespace alibi::daemon
