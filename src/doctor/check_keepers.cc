// SPDX-License-Identifier: Apache-2.0
// The processes that send adverts: what the scheduler, memory and their cgroups do to them; the
// reader of their log.
#include <fmt/format.h>

#include <algorithm>

#include "doctor/checks.h"

namespace alibi::doctor {
namespace {

constexpr int kOther = 0, kBatch = 3, kIdle = 5;  // SCHED_*, sched(7)
constexpr std::int64_t kMemoryNearPercent = 90;
constexpr std::int64_t kTightQuotaPercent = 20;  // of one CPU
constexpr std::int64_t kBusyDiskPermille = 800;
constexpr std::int64_t kShortLogQueue = 64;

bool shares_cpu(const Keeper& keeper) {
  return keeper.policy == kOther || keeper.policy == kBatch || keeper.policy == kIdle;
}

std::string keeper_name(const Keeper& keeper) { return process_name(keeper.comm, keeper.pid); }

void check_scheduling(const Keeper& keeper, Findings& out) {
  if (!shares_cpu(keeper)) return;
  out.push_back(
      {"keeper.not_realtime", Sure::Certain, keeper_name(keeper),
       fmt::format("/proc/{}/stat: scheduling policy {}", keeper.pid,
                   keeper.policy == kOther   ? "SCHED_OTHER"
                   : keeper.policy == kBatch ? "SCHED_BATCH"
                                             : "SCHED_IDLE"),
       keeper.comm == "keepalived"
           ? "vrrp_rt_priority 50 in global_defs; now: chrt -r -p 50 " + std::to_string(keeper.pid)
           : "chrt -r -p 50 " + std::to_string(keeper.pid)});
  const std::int64_t nice = keeper.nice.value_or(0);
  const std::int64_t group = keeper.autogroup_nice.value_or(0);
  if (nice <= 0 && group <= 0) return;
  out.push_back({"keeper.nice", Sure::Certain, keeper_name(keeper),
                 fmt::format("nice {}, autogroup {}", nice,
                             keeper.autogroup_nice ? std::to_string(group) : "none"),
                 fmt::format("renice -n 0 -p {}", keeper.pid)});
}

void check_memory(const Facts& facts, const Keeper& keeper, Findings& out) {
  if (keeper.oom_score_adj.value_or(0) > 0) {
    out.push_back({"keeper.oom", Sure::Certain, keeper_name(keeper),
                   fmt::format("/proc/{}/oom_score_adj: {}", keeper.pid, *keeper.oom_score_adj),
                   ""});
  }
  const std::int64_t total = facts.swap_total_kb.value_or(0);
  if (total == 0 || !keeper.locked_kb || *keeper.locked_kb > 0) return;
  const std::int64_t used = total - facts.swap_free_kb.value_or(total);
  const std::int64_t own = keeper.swapped_kb.value_or(0);
  if (used <= 0 && own <= 0) return;  // swap that nothing uses has hurt nobody yet
  out.push_back({"keeper.swappable", own > 0 ? Sure::Certain : Sure::Possible, keeper_name(keeper),
                 fmt::format("VmLck 0; VmSwap {} kB; {} of {} kB of swap in use", own, used, total),
                 ""});
}

void check_cgroup(const Keeper& keeper, const CgroupLimits& group, Findings& out) {
  if (group.quota_us && group.period_us.value_or(0) > 0) {
    const std::int64_t percent = *group.quota_us * 100 / *group.period_us;
    const std::int64_t throttled = group.throttled_count.value_or(0);
    const Sure sure = throttled > 0                  ? Sure::Likely
                      : percent < kTightQuotaPercent ? Sure::Likely
                                                     : Sure::Possible;
    out.push_back({"keeper.cpu_quota", sure, keeper_name(keeper),
                   fmt::format("{}: {} us in {} us ({} % of a CPU), throttled {} times so far",
                               group.name, *group.quota_us, *group.period_us, percent, throttled),
                   ""});
  }
  if (!group.memory_limit || !group.memory_used || *group.memory_limit <= 0) return;
  // Not used * 100: a limit of version 1 that means "none" is near 2^63.
  const std::int64_t near = *group.memory_limit / 100 * kMemoryNearPercent;
  if (*group.memory_used < near) return;
  out.push_back(
      {"keeper.memory_limit", Sure::Likely, keeper_name(keeper),
       fmt::format("{}: {} of {} octets used", group.name, *group.memory_used, *group.memory_limit),
       ""});
}

/// A file or /dev/null takes what is written; a pipe or terminal waits for its reader.
void check_output(const Keeper& keeper, Findings& out) {
  const std::string& to = keeper.standard_error;
  const bool waits = to.starts_with("pipe:") || to.starts_with("/dev/pts/") ||
                     to.starts_with("/dev/tty") || to == "/dev/console";
  if (!keeper.logs_to_console || !waits) return;
  out.push_back({"keeper.log_blocks", Sure::Certain, keeper_name(keeper),
                 fmt::format("it logs to its console, and /proc/{}/fd/2 is {}", keeper.pid, to),
                 ""});
}

}  // namespace

void check_keepers(const Facts& facts, Findings& out) {
  for (const Keeper& keeper : facts.keepers) {
    check_scheduling(keeper, out);
    check_memory(facts, keeper, out);
    // Real-time threads are not subject to the quota of the fair scheduler.
    for (CgroupLimits group : keeper.cgroups) {
      if (!shares_cpu(keeper)) group.quota_us.reset();
      check_cgroup(keeper, group, out);
    }
    check_output(keeper, out);
  }
}

void check_log(const Facts& facts, Findings& out) {
  const bool logs = std::any_of(facts.keepers.begin(), facts.keepers.end(),
                                [](const Keeper& k) { return k.comm == "keepalived"; });
  if (!logs) return;
  for (const LogReader& reader : facts.log_readers) {
    for (const std::string& setting : reader.synchronous) {
      out.push_back({"log.sync", Sure::Likely, process_name(reader.comm, reader.pid), setting, ""});
    }
    for (const Disk& disk : facts.disks) {
      const bool its = std::find(reader.devices.begin(), reader.devices.end(), disk.device) !=
                       reader.devices.end();
      if (!its || disk.busy_permille < kBusyDiskPermille) continue;
      out.push_back({"log.busy_disk", Sure::Likely, process_name(reader.comm, reader.pid),
                     fmt::format("{} busy {} % of {} ms, {} requests in flight", disk.device,
                                 disk.busy_permille / 10, facts.sampled_ms, disk.in_flight),
                     ""});
    }
  }
  if (!facts.log_readers.empty() && facts.log_queue && *facts.log_queue < kShortLogQueue) {
    out.push_back({"log.short_queue", Sure::Possible, "",
                   fmt::format("net.unix.max_dgram_qlen {}", *facts.log_queue), ""});
  }
}

}  // namespace alibi::doctor
