// SPDX-License-Identifier: Apache-2.0
// vrrp_rt_priority, vrrp_priority, vrrp_cpu_affinity, vrrp_no_swap, vrrp_rlimit_rttime, and what
// happens without them.
#include "daemon/keeper_schedule.h"

#include "os/realtime.h"

namespace alibi::daemon {
namespace {

// The keeper of 1,000 instances at 0.1 s needs about a seventh of a core. A share, not a priority:
// a real-time program gone wild cannot take it away, and the keeper gone wild cannot take more.
constexpr Duration kRuntime = 5ms;
constexpr Duration kPeriod = 20ms;
constexpr Duration kSupervisorRuntime = 2ms;
// Above what threads of interrupts run at (50), below the kernel's own (99).
constexpr int kPriority = 60;

Result<void> schedule(const config::Scheduling& wanted) {
  if (wanted.realtime) return os::schedule_realtime(*wanted.realtime);
  if (wanted.nice) return os::schedule_nice(*wanted.nice);
  // A deadline is admitted for all CPUs of the machine or for none.
  if (wanted.cpus.empty() && os::schedule_deadline(kRuntime, kPeriod)) return {};
  return os::schedule_realtime(kPriority);
}

}  // namespace

std::vector<std::string> schedule_keeper(const config::Scheduling& wanted) {
  std::vector<std::string> refused;
  const auto note = [&](const Result<void>& result) {
    if (!result) refused.push_back(result.error().message);
  };
  if (wanted.no_swap.value_or(true)) note(os::lock_memory());
  if (!wanted.cpus.empty()) note(os::bind_to_cpus(wanted.cpus));
  if (wanted.rlimit_rttime) note(os::limit_realtime(*wanted.rlimit_rttime));
  note(schedule(wanted));
  return refused;
}

void schedule_supervisor() {
  if (!os::schedule_deadline(kSupervisorRuntime, kPeriod)) {
    static_cast<void>(os::schedule_realtime(kPriority));
  }
}

}  // namespace alibi::daemon
