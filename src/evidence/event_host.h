// SPDX-License-Identifier: Apache-2.0
// Of the event catalogue: what the machine as a whole is and how it runs. See event.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace alibi::evidence {

/// What the recording machine is, as it was when the recording was taken.
struct HostFacts {
  std::string name;            ///< gethostname(2)
  std::string kernel;          ///< uname(2): release and machine, "6.1.0-44-cloud-amd64 x86_64"
  std::string distribution;    ///< PRETTY_NAME of os-release(5)
  std::string virtualisation;  ///< "kvm", "vmware", "other" (no vendor known); empty: none seen
  std::string container;       ///< the `container` of PID 1's environment, or a file that says so
  std::int32_t cpus = 0;       ///< online
  std::uint64_t memory_kib = 0;
  std::int32_t cgroup_version = 0;  ///< 1, 2, 0: none mounted; 3: both (hybrid)
  std::string clock_source;         ///< current_clocksource: "tsc", "kvm-clock"
  bool counts_steal = false;        ///< /proc/stat has counted stolen time since boot
  std::vector<std::string> limits;  ///< sysctls that bound: "kernel.sched_rt_runtime_us 950000"
};

/// The timer interrupt of a CPU, due every 40 ms, did not come from `since_ns` to this moment: the
/// CPU did not run, or the kernel held interrupts off (perf event cpu-clock, a BPF program on it).
struct CpuSilent {
  std::int32_t cpu = 0;
  std::int64_t since_ns = 0;
};

/// /proc/stat, every 100 ms when it moved, and at the first look after a CpuSilent: time in which
/// the hypervisor ran something else while this CPU had work (proc(5)); cumulative, in steps of a
/// clock tick.
struct CpuStolen {
  std::int32_t cpu = 0;
  std::uint64_t stolen_ms = 0;
};

/// /proc/pressure/RESOURCE, every 500 ms when it moved; cumulative (Documentation/accounting/psi).
struct Pressure {
  std::string resource;       ///< "cpu", "io", "memory"
  std::uint64_t some_us = 0;  ///< at least one task waited for it
  std::uint64_t full_us = 0;  ///< all tasks that were not idle did
};

/// /proc/net/softnet_stat of one CPU, every 500 ms when one of the two moved; cumulative.
struct SoftnetCounters {
  std::int32_t cpu = 0;
  std::uint64_t processed = 0;
  std::uint64_t dropped = 0;   ///< the backlog was full (net.core.netdev_max_backlog)
  std::uint64_t squeezed = 0;  ///< the budget was used up with packets left
};

/// A clock moved against CLOCK_MONOTONIC, by more than slewing can, between `since_ns` and this
/// moment. "realtime": it was set. "boottime": the machine was suspended. "rtc": the machine's
/// battery clock, read every second and good to one: it went on while MONOTONIC stood still, as
/// when a hypervisor stops a guest and its clocks, or it was set.
struct ClockJump {
  std::string clock;
  std::int64_t by_ns = 0;  ///< forward is positive
  std::int64_t since_ns = 0;
  std::int64_t ahead_ns = 0;  ///< of CLOCK_REALTIME, afterwards; for "rtc"
};

}  // namespace alibi::evidence
