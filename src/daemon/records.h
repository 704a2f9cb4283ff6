// SPDX-License-Identifier: Apache-2.0
// What the processes of `alibi run` leave in the shared page for status, dumps and metrics: plain
// records, each with one writer. The writer stores and goes on; whoever wants to know reads.
#pragma once

#include <array>
#include <cstdint>

#include "daemon/messages.h"
#include "vrrp/instance.h"
#include "wire/vrrp.h"

namespace alibi::daemon {

inline constexpr std::size_t kReasons = 32;  ///< room for codes to come
inline constexpr std::size_t kDefects = 16;

/// Of one instance, since the start of `alibi run`; written by the keeper, and carried over by one
/// that is started again.
struct Traffic {
  std::uint64_t received = 0;  ///< adverts that passed, or were ranked
  std::uint64_t sent = 0;
  std::uint64_t became_master = 0;
  std::uint64_t released_master = 0;
  std::uint64_t zero_received = 0;
  std::uint64_t zero_sent = 0;
  std::uint64_t lower_heard = 0;  ///< adverts of lower priority heard as master
  std::uint64_t send_failed = 0;
  std::uint64_t transitions = 0;
};

/// The same of what was refused.
struct Refusals {
  std::array<std::uint64_t, kReasons> rejected{};  ///< by vrrp::RejectCode
  std::array<std::uint64_t, kDefects> defects{};   ///< by wire::VrrpDefect
};

struct Counters : Traffic, Refusals {};

/// What an instance is now; written by the keeper after every input.
struct Pulse {
  vrrp::State state = vrrp::State::Init;
  std::uint8_t priority = 0;  ///< effective
  std::uint8_t master_priority = 0;
  std::uint8_t has_addresses = 0;
  std::uint32_t faults = 0;         ///< bit per vrrp::ReasonCode
  std::int64_t next_timer_ns = 0;   ///< CLOCK_MONOTONIC; kNever: none runs
  std::int64_t master_down_ns = 0;  ///< the master-down interval
  std::int64_t master_interval_ns = 0;
  wire::IpAddress source;  ///< unspecified: none
  wire::IpAddress master;  ///< last one heard, unspecified: none yet
};

/// The last transition of an instance; written by the keeper.
struct LastTransition {
  vrrp::State from = vrrp::State::Init;
  vrrp::State to = vrrp::State::Init;
  vrrp::ReasonCode reason = vrrp::ReasonCode::StartUp;
  std::uint8_t priority = 0;
  std::int64_t unix_ns = 0;
  std::int64_t monotonic_ns = 0;
  FixedText detail;
};

/// The keeper as a whole.
struct KeeperRecord {
  std::uint64_t packets = 0;
  std::uint64_t malformed = 0;  ///< no whole IP packet
  std::uint64_t unknown_vrid = 0;
  std::uint64_t late_timers = 0;   ///< expired more than a second late
  std::int64_t worst_late_ns = 0;  ///< of all timers, late or not
};

/// One of our processes; written by the supervisor.
struct ProcessRecord {
  std::int32_t pid = 0;  ///< 0: not running
  std::uint32_t restarts = 0;
  std::int64_t started_unix_ns = 0;
};

/// The processes of one `alibi run`, as the supervisor counts them.
enum class ProcessRole : std::uint8_t { Teller, Keeper, Tracker, Recorder };
inline constexpr std::size_t kProcessRoles = 4;

/// What the teller had to drop, and did. Plain counters, written by the teller.
enum class WayOut : std::uint8_t { Log, Mail, Notify, Fifo, Dump, Status };
inline constexpr std::size_t kWaysOut = 6;

}  // namespace alibi::daemon
