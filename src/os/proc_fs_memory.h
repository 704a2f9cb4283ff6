// SPDX-License-Identifier: Apache-2.0
// Memory as the kernel counts it: limits of control groups, version 1 and 2, and /proc/vmstat.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "os/proc_fs_cgroup.h"

namespace alibi::os {

struct CgroupMemory {
  std::int64_t limit = -1;  ///< octets; -1: none
  std::int64_t high = -1;   ///< version 2 only
  std::uint64_t usage = 0;
  std::uint64_t at_limit = 0;  ///< memory.failcnt, or `max` of memory.events
  std::uint64_t over_high = 0;
};
/// Nothing when the files are gone, or when this level has no limit of either kind.
std::optional<CgroupMemory> cgroup_memory(const CgroupLevel& level);

/// Of /proc/vmstat, in pages.
struct VmStat {
  std::uint64_t scanned = 0, stolen = 0;  ///< by kswapd and by those in want
  std::uint64_t stalls = 0;
  std::uint64_t swapped_in = 0, swapped_out = 0;
  bool operator==(const VmStat&) const = default;
};
VmStat parse_vmstat(std::string_view text);

}  // namespace alibi::os
