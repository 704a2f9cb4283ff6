// SPDX-License-Identifier: Apache-2.0
// The event catalogue: one plain struct for each kind of timed fact about a host. Process and
// thread ids are those of the initial PID namespace. Every struct says where it comes from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/instant.h"
#include "evidence/event_config.h"
#include "evidence/event_host.h"
#include "evidence/event_memory_io.h"
#include "evidence/event_network.h"
#include "evidence/event_process.h"
#include "evidence/event_thread.h"

namespace alibi::evidence {

/// freezer.state (v1) / cgroup.events (v2) of a watched process's cgroup changed.
struct CgroupFrozen {
  std::string cgroup;               ///< "freezer:/path" or "unified:/path"
  bool frozen = false;
  std::vector<std::int32_t> pids;   ///< watched processes in it
};

/// cpu.stat of a watched process's cgroup or one of its ancestors moved (sampled every 100 ms).
struct CgroupThrottled {
  std::string cgroup;
  std::int64_t quota_us = -1;       ///< -1: no limit on this level
  std::int64_t period_us = 0;
  std::uint64_t throttled_count = 0;   ///< cumulative nr_throttled
  std::uint64_t throttled_ns = 0;      ///< cumulative
  std::vector<std::int32_t> pids;
};

/// What a daemon itself says (alibi's own keeper): a transition with its reason code.
struct DaemonTransition {
  std::int32_t pid = 0;
  std::string instance;
  std::string from, to, reason, detail;
};

/// `source` (as in SourceLoss: "sched", ...) lost events between `since_ns` and this moment.
struct EventsLost { std::string source; std::uint64_t lost = 0; std::int64_t since_ns = 0; };

using Fact = std::variant<ProcessFound, ThreadOff, ThreadOn, ThreadWoken, WaitTarget, SignalSent,
                          ProcessForked, ProcessExec, ProcessExit, CgroupFrozen, CgroupThrottled,
                          BlockDevice, LinkChange, AddressChange, InterfaceCounters, SocketDrops,
                          DaemonTransition, EventsLost, MemoryReclaimed, MemoryLimit,
                          MemoryCounters, DeviceUse, PacketDropped, ConfigRead, HostFacts,
                          CpuSilent, CpuStolen, Pressure, SoftnetCounters, ClockJump,
                          BridgePortChange, NeighbourChange, QdiscCounters, RulesetChange,
                          DroppingRule, ThreadRan>;

struct Event {
  Instant at;
  Fact fact;
};

/// "thread_off", "signal_sent", ...: the name in case files and text.
std::string_view kind_name(const Fact& fact);

}  // namespace alibi::evidence
