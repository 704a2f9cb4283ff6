// SPDX-License-Identifier: Apache-2.0
// Counters of memory: limits of the cgroups above watched processes, and the machine's reclaim.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/recorder_log.h"
#include "daemon/recorder_watch.h"
#include "os/proc_fs_memory.h"

namespace alibi::daemon {

class MemorySampler {
 public:
  explicit MemorySampler(RecorderLog& log) : log_(log) {}
  /// Call after every change of the watched processes, and every second: a limit may be set later.
  void follow(const std::map<std::int32_t, WatchedProcess>& processes);
  /// Call every 100 ms.
  void sample(Instant now);

 private:
  struct Level {
    os::CgroupLevel level;
    std::vector<std::int32_t> pids;
    std::optional<os::CgroupMemory> told;
  };
  void sample_machine(Instant now);

  RecorderLog& log_;
  std::map<std::string, Level> limited_;  ///< levels with a limit, by name
  std::optional<os::VmStat> machine_;
  Instant next_machine_;
};

}  // namespace alibi::daemon
