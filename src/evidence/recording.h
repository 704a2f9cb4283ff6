// SPDX-License-Identifier: Apache-2.0
// What was recorded, as plain values: taps and the heartbeats seen at them, timed events of the
// hosts, and every loss. The one thing recorder and investigator share; a case file holds exactly
// this, and a capture file becomes one with packets only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/instant.h"
#include "evidence/event.h"
#include "wire/frame.h"

namespace alibi::evidence {

/// Index into Recording::taps.
using TapId = std::uint16_t;

/// A point where packets are captured. Taps of one path stand in path order, first to last.
struct Tap {
  std::string label;        ///< "A", or the interface, or the file name
  std::string host;         ///< name for people, e.g. "loadbalancer01"
  std::uint64_t netns = 0;  ///< inode of the network namespace; 0 unknown (capture file)
  std::string interface;
  int ifindex = 0;
  /// received = written + dropped, always. `received`: frames the kernel's filter passed.
  std::uint64_t received = 0;
  std::uint64_t written = 0;    ///< frames that reached this recording (or were read and decoded)
  std::uint64_t dropped = 0;    ///< lost in the kernel's ring or evicted here, never silently
  std::uint64_t undecoded = 0;  ///< of `written`: neither VRRP nor ARP, or with a defect
  /// Of `dropped`, in capture files: a total at the end that does not say when; and what was lost
  /// behind the last frame.
  std::uint64_t unplaced = 0, lost_at_end = 0;
  Instant begin{}, end{};  ///< of a capture file: its first and last packet of any kind; else 0
  /// A cooked capture that may be of several interfaces, and does not say of which (LINUX_SLL).
  bool mixed = false;
};

enum class Direction : std::uint8_t { Unknown, In, Out };

/// One advertisement at one tap.
struct Heartbeat {
  Instant at;  ///< monotonic (live) or the capture's clock (file)
  TapId tap = 0;
  Direction direction = Direction::Unknown;
  wire::VrrpPacket packet;
  /// Frames of this tap lost between the previous heartbeat and this one (pcapng epb_dropcount).
  std::uint64_t dropped_before = 0;
  std::uint64_t packet_number = 0;  ///< 1-based in its capture file; 0 live
  bool absent_before = false;       ///< the interface of a capture file had gone meanwhile
};

/// An ARP or gratuitous ARP at a tap.
struct ArpSeen {
  Instant at;
  TapId tap = 0;
  Direction direction = Direction::Unknown;
  wire::ArpPacket packet;
};

/// REALTIME - MONOTONIC at a moment, to print wall-clock times and to see clock steps.
struct ClockOffset {
  Instant at;
  std::int64_t realtime_minus_monotonic_ns = 0;
};

/// A source of evidence that was absent or lost something. An empty list means all were whole.
struct SourceLoss {
  std::string source;      ///< "sched", "signal", "block", "samples", "ring", ...
  std::uint64_t lost = 0;  ///< events lost; 0 when absent altogether
  std::string why;         ///< "no BTF in this kernel", "ring full"
};

/// What became of everything that a source sent since the recorder was started:
/// received = kept + lost + passed_over.
struct SourceCount {
  std::string source;  ///< as in SourceLoss, "tap LABEL" of a tap
  std::uint64_t received = 0;
  std::uint64_t kept = 0;  ///< in this recording
  std::uint64_t lost = 0;  ///< no room in the kernel's ring, or forced out of memory
  /// Left out on purpose: older than the recording's begin, or a drop where nobody is watched.
  std::uint64_t passed_over = 0;
};

struct Recording {
  std::vector<Tap> taps;
  std::vector<Heartbeat> heartbeats;  ///< ordered by `at`
  std::vector<ArpSeen> arps;          ///< ordered by `at`
  std::vector<Event> events;          ///< ordered by `at`
  std::vector<ClockOffset> clock;     ///< ordered by `at`; empty: Instants are Unix time
  std::vector<SourceLoss> losses;
  std::vector<SourceCount> sources;  ///< of a live recording only
  /// The window in which the recorder was watching: first and last moment of evidence.
  Instant begin;
  Instant end;
  /// True when host events were recorded at all (false for capture files).
  bool has_host_evidence = false;

  /// Unix nanoseconds of a moment, by the clock offsets.
  std::int64_t unix_ns(Instant at) const;
  /// The first moment at which the clock showed these Unix nanoseconds; where it was set past them,
  /// the moment of that.
  Instant at_unix_ns(std::int64_t unix_ns) const;
};

}  // namespace alibi::evidence
