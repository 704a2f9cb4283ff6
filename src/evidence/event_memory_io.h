// SPDX-License-Identifier: Apache-2.0
// Of the event catalogue: facts about memory and block devices. See event.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace alibi::evidence {

/// Requests in flight and finished of a block device (/sys/block/X/stat + inflight, every 100 ms
/// while something is in flight, and once when it becomes idle).
struct BlockDevice {
  std::string device;               ///< "loop3"
  std::uint64_t reads = 0, writes = 0;      ///< cumulative completed
  std::uint32_t in_flight = 0;
  std::uint64_t io_ticks_ms = 0;            ///< cumulative busy time
  std::string backing;              ///< loop devices: the file behind, and the device that is on
  std::uint64_t read_sectors = 0, write_sectors = 0;  ///< cumulative, of 512 octets
  std::uint64_t read_ms = 0, write_ms = 0;  ///< cumulative time of the completed, queueing included
  std::uint64_t queue_ms = 0;               ///< cumulative sum of requests in flight over time
};

/// A watched thread reclaimed memory from `begin_ns` to this moment (tp_btf mm_vmscan_*_begin/end).
struct MemoryReclaimed {
  std::int32_t tid = 0;
  std::int32_t pid = 0;
  std::int64_t begin_ns = 0;
  bool group = false;               ///< for the limit of a cgroup; else for the whole machine
  std::uint64_t pages = 0;          ///< got
  std::uint64_t throttled_ns = 0;   ///< of it asleep in mm_vmscan_throttled
};

/// Memory of a watched process's cgroup or one of its ancestors with a limit (every 100 ms, when
/// the limit was met again). `at_limit`: memory.failcnt, or `max` of memory.events.
struct MemoryLimit {
  std::string cgroup;
  std::int64_t limit = -1;          ///< octets; -1: none on this level
  std::int64_t high = -1;           ///< memory.high (v2)
  std::uint64_t usage = 0;
  std::uint64_t at_limit = 0;       ///< cumulative
  std::uint64_t over_high = 0;      ///< cumulative, `high` of memory.events
  std::vector<std::int32_t> pids;
};

/// /proc/vmstat, every 500 ms when it moved; cumulative, of the whole machine.
struct MemoryCounters {
  std::uint64_t scanned = 0;        ///< pgscan_direct + pgscan_kswapd
  std::uint64_t stolen = 0;         ///< pgsteal_direct + pgsteal_kswapd
  std::uint64_t stalls = 0;         ///< allocstall_*
  std::uint64_t swapped_in = 0;     ///< pages, pswpin
  std::uint64_t swapped_out = 0;
};

/// Who used a block device while a watched thread was stuck: cumulative since `since_ns`, told
/// every 100 ms when it moved (tp_btf block_io_start, or block_rq_issue, and block_rq_complete).
struct DeviceUse {
  std::string device;               ///< whole disk: "vda", "loop3"
  std::int32_t pid = 0;
  std::string comm;
  bool kernel_thread = false;
  std::string group;                ///< last part of the cgroup that the kernel charges for it
  std::uint64_t requests = 0;       ///< completed
  std::uint64_t bytes = 0;
  std::uint64_t flight_ns = 0;      ///< sum of their times in flight
  std::uint32_t in_flight = 0;
  std::int64_t since_ns = 0;
};

}  // namespace alibi::evidence
