// SPDX-License-Identifier: Apache-2.0
// Faults of the CPU: starved by others, throttled by a quota.
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include <atomic>

#include "lab/cgroups.h"
#include "lab/command.h"
#include "lab/faults.h"

namespace alibi::lab {
namespace {

constexpr int kHogs = 4;

Result<void> set_v1(const std::string& group, const std::string& file, const std::string& value) {
  const auto path = v1_file("cpu", group, file);
  if (!path) return fail("the cpu controller (cgroup v1) is not mounted here");
  return write_file(*path, value);
}

std::vector<std::string> cpu_hog(int cpu) { return {"hog", "--cpu", std::to_string(cpu)}; }

// A group of share 2 against 8192 waits about 3 ms * 8192 / 2 for its next turn: longer than the
// backup does. The rest of the lab runs on other CPUs, and the rest of the machine competes with
// the lab as a whole.
Result<Injected> starve(const Lab& lab, const std::string& hogs, const std::string& victim) {
  auto set = make_group(hogs);
  if (set) set = set_v1(hogs, "cpu.shares", "8192");
  if (set) set = set_v1(victim, "cpu.shares", "2");
  if (!set) return tl::unexpected(set.error());
  for (int i = 0; i < kHogs; ++i) {
    auto started = start_hog(fmt::format("{}/{}", hogs, i), cpu_hog(lab.vm_cpu));
    if (!started) return tl::unexpected(started.error());
  }
  return Injected{fmt::format("{} hogs on CPU {}, shares 2 for {}", kHogs, lab.vm_cpu, victim), {}};
}

}  // namespace

int burn_cpu(int cpu, int owner) {
  ::prctl(PR_SET_NAME, "cpu-hog");
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  ::sched_setaffinity(0, sizeof set, &set);
  // A lab that was killed heals nothing: its hogs must see for themselves that it is gone.
  do {
    for (std::atomic<unsigned> turns = 0; turns < 10'000'000U;) ++turns;
  } while (::kill(owner, 0) == 0);
  return 0;
}

// The whole VM: its syslog daemon waits for the CPU as well, and the keeper may wait for that.
Result<Injected> starve_cpu(Lab& lab, const std::string& host, Draw&) {
  return starve(lab, lab.name + "/hogs", lab.name + "/" + host);
}

Result<Injected> starve_keeper(Lab& lab, const std::string& host, Draw&) {
  const std::string group = lab.name + "/" + host;
  return starve(lab, group + "/hogs", group + "/keeper");
}

// The quota alone would not hurt a process that needs so little: others of its group use it up.
Result<Injected> throttle_cpu(Lab& lab, const std::string& host, Draw&) {
  const std::string group = lab.name + "/" + host;
  auto set = make_group(group + "/burner");
  if (set) set = set_v1(group + "/keeper", "cpu.shares", "2");
  if (set) set = set_v1(group + "/burner", "cpu.shares", "262144");
  if (set) set = set_v1(group, "cpu.cfs_period_us", "1000000");
  if (set) set = set_v1(group, "cpu.cfs_quota_us", "1000");
  if (!set) return tl::unexpected(set.error());
  if (auto started = start_hog(group + "/burner", cpu_hog(lab.vm_cpu)); !started) {
    return tl::unexpected(started.error());
  }
  return Injected{"quota 1 ms of 1 s for " + group, {}};
}

void heal_cpu(Lab& lab) {
  for (const auto& host : lab.hosts) {
    const std::string group = lab.name + "/" + host.name;
    // The quota first: a throttled hog would not even die.
    (void)set_v1(group, "cpu.cfs_quota_us", "-1");
    (void)set_v1(group, "cpu.cfs_period_us", "100000");
    (void)set_v1(group, "cpu.shares", "1024");
    (void)set_v1(group + "/keeper", "cpu.shares", "1024");
    for (const char* burning : {"/burner", "/hogs"}) {
      for (const pid_t pid : members(group + burning)) ::kill(pid, SIGKILL);
    }
  }
  for (const pid_t pid : members(lab.name + "/hogs")) ::kill(pid, SIGKILL);
}

}  // namespace alibi::lab
