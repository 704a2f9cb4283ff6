// SPDX-License-Identifier: Apache-2.0
// Version 1 has one mount a controller (or a few together), version 2 one mount for all. A process
// may be in both; each hierarchy's files are looked for and used where they are.
#include "os/proc_fs_cgroup.h"

#include <algorithm>

namespace alibi::os {
namespace {

bool has_word(std::string_view list, std::string_view word) {
  const auto words = split_words(list, ",");
  return std::find(words.begin(), words.end(), word) != words.end();
}

void add_levels(const Mount& mount, const CgroupLine& line, const std::string& name, bool version2,
                std::vector<CgroupLevel>& levels) {
  // In a container's view the mount shows a subtree only: `root` of the mount is taken off.
  std::string path = line.path;
  if (mount.root != "/" && path.starts_with(mount.root)) path.erase(0, mount.root.size());
  while (!path.empty() && path != "/") {
    levels.push_back({name + ":" + path, mount.mount_point + path, version2});
    path.erase(path.rfind('/'));
  }
}

std::int64_t signed_number(std::string_view text) {
  if (text.starts_with("-") || text.starts_with("max")) return -1;
  return static_cast<std::int64_t>(to_number(text));
}

}  // namespace

std::vector<CgroupLevel> cgroup_levels(const std::vector<Mount>& mounts,
                                       const std::vector<CgroupLine>& lines,
                                       const std::string& controller) {
  std::vector<CgroupLevel> levels;
  for (const CgroupLine& line : lines) {
    const bool version2 = line.controllers.empty();
    if (!version2 && !has_word(line.controllers, controller)) continue;
    for (const Mount& mount : mounts) {
      if (version2 ? mount.type != "cgroup2"
                   : mount.type != "cgroup" || !has_word(mount.super_options, controller))
        continue;
      add_levels(mount, line, version2 ? "unified" : controller, version2, levels);
      break;
    }
  }
  return levels;
}

std::optional<std::uint64_t> keyed_number(std::string_view text, std::string_view key) {
  for (const std::string_view line : split_words(text, "\n")) {
    const auto words = split_words(line);
    if (words.size() == 2 && words[0] == key) return to_number(words[1]);
  }
  return std::nullopt;
}

std::optional<bool> cgroup_frozen(const CgroupLevel& level) {
  if (level.version2) {
    const auto frozen = keyed_number(read_text(level.directory + "/cgroup.events"), "frozen");
    return frozen ? std::optional(*frozen != 0) : std::nullopt;
  }
  const std::string state = read_text(level.directory + "/freezer.state");
  if (state.empty()) return std::nullopt;
  return !state.starts_with("THAWED");  // FREEZING: ordered, and in force for most of its tasks
}

std::optional<CgroupCpu> cgroup_cpu(const CgroupLevel& level) {
  const std::string stat = read_text(level.directory + "/cpu.stat");
  const auto count = keyed_number(stat, "nr_throttled");
  if (!count) return std::nullopt;
  CgroupCpu cpu;
  cpu.throttled_count = *count;
  if (level.version2) {
    cpu.throttled_ns = keyed_number(stat, "throttled_usec").value_or(0) * 1000;
    const std::string max = read_text(level.directory + "/cpu.max");
    const auto words = split_words(max, " \n");
    if (words.size() == 2) {
      cpu.quota_us = signed_number(words[0]);
      cpu.period_us = signed_number(words[1]);
    }
    return cpu;
  }
  cpu.throttled_ns = keyed_number(stat, "throttled_time").value_or(0);
  cpu.quota_us = signed_number(read_text(level.directory + "/cpu.cfs_quota_us"));
  cpu.period_us = signed_number(read_text(level.directory + "/cpu.cfs_period_us"));
  return cpu;
}

}  // namespace alibi::os
