// SPDX-License-Identifier: Apache-2.0
// Most cgroups have no limit and cost a look a second; /proc/vmstat is dear: twice a second.
#include "daemon/recorder_memory.h"

#include <unistd.h>

namespace alibi::daemon {

void MemorySampler::follow(const std::map<std::int32_t, WatchedProcess>& processes) {
  const auto mounts = os::mounts_of(getpid());
  std::map<std::string, Level> limited;
  std::map<std::string, bool> has_limit;
  for (const auto& [pid, process] : processes) {
    for (const auto& level : os::cgroup_levels(mounts, process.cgroups, "memory")) {
      const auto [known, fresh] = has_limit.try_emplace(level.name);
      if (fresh) known->second = os::cgroup_memory(level).has_value();
      if (!known->second) continue;
      Level& entry = limited[level.name];
      entry.level = level;
      entry.pids.push_back(pid);
    }
  }
  for (auto& [name, level] : limited) {
    const auto before = limited_.find(name);
    if (before != limited_.end()) level.told = before->second.told;
  }
  limited_ = std::move(limited);
}

void MemorySampler::sample(Instant now) {
  for (auto& [name, level] : limited_) {
    const auto memory = os::cgroup_memory(level.level);
    if (!memory) continue;
    const bool same = level.told && level.told->at_limit == memory->at_limit &&
                      level.told->over_high == memory->over_high;
    if (same) continue;
    level.told = memory;
    log_.add_fact(now, evidence::MemoryLimit{name, memory->limit, memory->high, memory->usage,
                                             memory->at_limit, memory->over_high, level.pids});
  }
  sample_machine(now);
}

void MemorySampler::sample_machine(Instant now) {
  constexpr Duration kEvery = 500ms;
  if (now < next_machine_) return;
  next_machine_ = now + kEvery;
  const os::VmStat stat = os::parse_vmstat(os::read_text("/proc/vmstat"));
  if (machine_ && *machine_ == stat) return;
  machine_ = stat;
  log_.add_fact(now, evidence::MemoryCounters{stat.scanned, stat.stolen, stat.stalls,
                                              stat.swapped_in, stat.swapped_out});
}

}  // namespace alibi::daemon
