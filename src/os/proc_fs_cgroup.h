// SPDX-License-Identifier: Apache-2.0
// Control groups, version 1 and 2: where a group's files are, whether it is frozen, how often its
// quota throttled it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/proc_fs.h"
#include "os/proc_fs_mounts.h"

namespace alibi::os {

/// One level of a process's group in one hierarchy: the group itself or an ancestor.
struct CgroupLevel {
  std::string name;        ///< "freezer:/a/b", "cpu:/a", "unified:/a/b"
  std::string directory;   ///< below the mount
  bool version2 = false;
};

/// Levels, innermost first, without the root (it can neither freeze nor be limited), of the
/// hierarchy that has `controller` ("freezer", "cpu"); of version 2's as well.
std::vector<CgroupLevel> cgroup_levels(const std::vector<Mount>& mounts,
                                       const std::vector<CgroupLine>& lines,
                                       const std::string& controller);

/// freezer.state or cgroup.events. Nothing when the files are gone.
std::optional<bool> cgroup_frozen(const CgroupLevel& level);

struct CgroupCpu {
  std::int64_t quota_us = -1;   ///< -1: none
  std::int64_t period_us = 0;
  std::uint64_t throttled_count = 0;
  std::uint64_t throttled_ns = 0;
  bool operator==(const CgroupCpu&) const = default;
};
/// cpu.stat with cpu.cfs_quota_us or cpu.max.
std::optional<CgroupCpu> cgroup_cpu(const CgroupLevel& level);

/// The number behind `key` in "key number" lines.
std::optional<std::uint64_t> keyed_number(std::string_view text, std::string_view key);

}  // namespace alibi::os
