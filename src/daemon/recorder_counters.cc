// SPDX-License-Identifier: Apache-2.0
// A first reading is told only where later ones need a base to be compared with.
#include "daemon/recorder_counters.h"

#include <unistd.h>

namespace alibi::daemon {

void CgroupSampler::add(Levels& to, const Levels& known, const os::CgroupLevel& level,
                        std::int32_t pid) {
  auto [entry, fresh] = to.try_emplace(level.name);
  if (fresh) {
    const auto before = known.find(level.name);
    if (before != known.end()) entry->second = before->second;
    entry->second.level = level;
    entry->second.pids.clear();
  }
  entry->second.pids.push_back(pid);
}

void CgroupSampler::follow(const std::map<std::int32_t, WatchedProcess>& processes) {
  const auto mounts = os::mounts_of(getpid());
  Levels freezers, cpus;
  for (const auto& [pid, process] : processes) {
    for (const auto& level : os::cgroup_levels(mounts, process.cgroups, "freezer"))
      add(freezers, freezers_, level, pid);
    for (const auto& level : os::cgroup_levels(mounts, process.cgroups, "cpu"))
      add(cpus, cpus_, level, pid);
  }
  freezers_ = std::move(freezers);
  cpus_ = std::move(cpus);
}

void CgroupSampler::sample_frozen(Instant now) {
  for (auto& [name, level] : freezers_) {
    const auto frozen = os::cgroup_frozen(level.level);
    if (!frozen || *frozen == level.frozen) continue;
    level.frozen = *frozen;
    log_.add_fact(now, evidence::CgroupFrozen{name, *frozen, level.pids});
  }
}

void CgroupSampler::sample_cpu(Instant now) {
  for (auto& [name, level] : cpus_) {
    const auto cpu = os::cgroup_cpu(level.level);
    if (!cpu || (level.cpu_told && *cpu == level.cpu)) continue;
    // A group that never had a quota needs no base.
    const bool worth = cpu->quota_us >= 0 || cpu->throttled_count > 0 || level.cpu_told;
    level.cpu = *cpu;
    if (!worth) continue;
    level.cpu_told = true;
    log_.add_fact(now, evidence::CgroupThrottled{name, cpu->quota_us, cpu->period_us,
                                                 cpu->throttled_count, cpu->throttled_ns,
                                                 level.pids});
  }
}

void DiskSampler::sample(Instant now) {
  for (const os::DiskStats& disk : os::parse_disk_stats(os::read_text("/proc/diskstats"))) {
    bool& busy = busy_[disk.device];
    if (disk.in_flight == 0 && !busy) continue;
    busy = disk.in_flight > 0;
    auto backing = backing_.find(disk.device);
    if (backing == backing_.end())
      backing = backing_.emplace(disk.device, os::loop_backing(disk.device)).first;
    log_.add_fact(now, evidence::BlockDevice{disk.device, disk.reads, disk.writes, disk.in_flight,
                                             disk.io_ticks_ms, backing->second,
                                             disk.read_sectors, disk.write_sectors, disk.read_ms,
                                             disk.write_ms, disk.queue_ms});
    // A loop device may get another file once it is idle.
    if (!busy) backing_.erase(backing);
  }
}

void InterfaceSampler::sample(Instant now, const std::vector<evidence::Tap>& taps,
                              const std::vector<WatchList::Tables>& tables) {
  for (const WatchList::Tables& netns : tables) {
    const auto lines = netns.tables.interfaces();
    for (std::size_t i = 0; i < taps.size(); ++i) {
      if (taps[i].netns != netns.netns) continue;
      for (const os::InterfaceLine& line : lines) {
        if (line.name != taps[i].interface) continue;
        const auto id = static_cast<evidence::TapId>(i);
        const evidence::InterfaceCounters counters{id, line.rx_packets, line.tx_packets,
                                                   line.rx_dropped, line.tx_dropped};
        const auto [last, fresh] = last_.try_emplace(id, counters);
        const bool same = last->second.rx_packets == counters.rx_packets &&
                          last->second.tx_packets == counters.tx_packets &&
                          last->second.rx_dropped == counters.rx_dropped &&
                          last->second.tx_dropped == counters.tx_dropped;
        if (same && !fresh) continue;
        last->second = counters;
        log_.add_fact(now, counters);
      }
    }
  }
}

}  // namespace alibi::daemon
