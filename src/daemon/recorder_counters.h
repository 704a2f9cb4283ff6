// SPDX-License-Identifier: Apache-2.0
// Counters of the host that are read every 100 ms and told when they moved: cgroups of watched
// processes, block devices, interfaces of the taps.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/recorder_log.h"
#include "daemon/recorder_taps.h"
#include "daemon/recorder_watch.h"
#include "os/proc_fs_cgroup.h"
#include "os/proc_fs_mounts.h"

namespace alibi::daemon {

/// Freezing and throttling of every level above a watched process.
class CgroupSampler {
 public:
  explicit CgroupSampler(RecorderLog& log) : log_(log) {}
  /// Freezing alone: cheap, and the one thing that no event tells.
  void sample_frozen(Instant now);
  void sample_cpu(Instant now);
  bool has_freezers() const { return !freezers_.empty(); }
  /// The levels to look at follow the watched processes; call after every change of them.
  void follow(const std::map<std::int32_t, WatchedProcess>& processes);

 private:
  struct Level {
    os::CgroupLevel level;
    std::vector<std::int32_t> pids;
    bool frozen = false;
    bool cpu_told = false;
    os::CgroupCpu cpu;
  };
  using Levels = std::map<std::string, Level>;
  static void add(Levels& to, const Levels& known, const os::CgroupLevel& level,
                  std::int32_t pid);

  RecorderLog& log_;
  Levels freezers_;
  Levels cpus_;
};

class DiskSampler {
 public:
  explicit DiskSampler(RecorderLog& log) : log_(log) {}
  void sample(Instant now);

 private:
  RecorderLog& log_;
  std::map<std::string, bool> busy_;           ///< told with requests in flight
  std::map<std::string, std::string> backing_;
};

class InterfaceSampler {
 public:
  explicit InterfaceSampler(RecorderLog& log) : log_(log) {}
  void sample(Instant now, const std::vector<evidence::Tap>& taps,
              const std::vector<WatchList::Tables>& tables);

 private:
  RecorderLog& log_;
  std::map<evidence::TapId, evidence::InterfaceCounters> last_;
};

}  // namespace alibi::daemon
