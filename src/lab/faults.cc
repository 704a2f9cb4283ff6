// SPDX-License-Identifier: Apache-2.0
// The table of faults with the truth about each.
#include "lab/faults.h"

#include <algorithm>

#include "lab/cgroups.h"
#include "lab/programs.h"

namespace alibi::lab {
namespace {

constexpr const char* kBackup = "loadbalancer02";

}  // namespace

Duration Draw::between(Duration low, Duration high) {
  const auto span = static_cast<std::size_t>((high - low) / 1ms) + 1;
  return low + below(span) * 1ms;
}

// The backup waits 3.6 s from the last advertisement, which may be a whole second older than the
// fault, and a fault may need a second to bite: shorter ones would only sometimes move the address.
const std::vector<Fault>& faults() {
  using enum LogMode;
  static const std::vector<Fault> all{
      {"process.stop", "SIGSTOP to the VRRP process", {"host.process.stopped"}, Syslog,
       4700ms, 7s, stop_process},
      {"process.freeze", "the keeper's control group is frozen (cgroup v1)",
       {"host.process.frozen"}, Syslog, 4700ms, 7s, freeze_process_v1},
      {"process.freeze-v2", "the keeper's control group is frozen (cgroup v2)",
       {"host.process.frozen"}, Syslog, 4700ms, 7s, freeze_process_v2},
      {"process.crash", "the VRRP process runs into a memory fault of its own",
       {"host.process.crashed"}, Syslog, 5s, 7s, crash_process},
      {"process.kill", "SIGKILL to the keeper, parent and child", {"host.process.killed"}, Syslog,
       4700ms, 7s, kill_process},
      {"process.loop", "the VRRP process is caught in a loop of its own", {"host.process.busy"},
       Syslog, 5s, 7s, spin_process},
      {"cpu.starve", "busy programs outside take the CPU of the whole load balancer",
       {"host.cpu.starved"}, Syslog, 6s, 8s, starve_cpu},
      {"cpu.starve-keeper", "busy programs on the load balancer take the keeper's CPU",
       {"host.cpu.starved"}, Syslog, 6s, 8s, starve_keeper},
      {"cpu.throttle", "the load balancer's group may use 1 ms of CPU a second",
       {"host.cpu.throttled"}, Syslog, 6s, 8s, throttle_cpu},
      {"disk.stall", "the node's storage completes nothing; the keeper logs to its disk itself",
       {"host.io.disk"}, File, 5s, 7s, stall_disk},
      {"disk.rival", "a backup reads the load balancer's disk, whose storage is slow for it",
       {"host.io.disk"}, File, 6s, 8s, crowd_disk},
      {"memory.swap", "the keeper's memory was swapped out, to a slow disk", {"host.memory.swap"},
       Syslog, 7s, 9s, swap_out},
      {"memory.reclaim", "a backup fills the keeper's cgroup with what its volume does not take",
       {"host.memory.reclaim"}, Syslog, 7s, 9s, fill_group},
      {"fs.freeze", "the file system that the keeper logs to is frozen", {"host.io.filesystem"},
       File, 5s, 7s, freeze_filesystem},
      {"log.reader", "the syslog daemon is stopped, the keeper waits for it", {"host.io.log"},
       Syslog, 5s, 7s, stop_log_reader},
      {"log.disk", "the disk of the syslog daemon stalls, the keeper waits for the daemon",
       {"host.io.log"}, Syslog, 5s, 7s, stall_disk},
      {"log.pipe", "the reader of the keeper's output pipe is stopped", {"host.io.log"}, Pipe,
       8s, 10s, stop_pipe_reader},
      {"net.loss", "a bridge on the way loses nine of ten advertisements", {"network.loss"}, Syslog,
       6s, 9s, lose_packets},
      {"net.cut", "the way between the nodes is cut, all traffic", {"network.cut"}, Syslog,
       5s, 7s, cut_network},
      {"service.kill", "haproxy is killed; the address moves as it should", {"service.down"},
       Syslog, 6500ms, 8s, kill_service},
      {"service.stop", "haproxy is stopped in order", {"service.down"}, Syslog,
       6500ms, 8s, stop_service},
      {"admin.stop", "the keeper is told to end (SIGTERM)", {"admin.stopped"}, Syslog,
       3s, 5s, stop_keeper},
      {"peer.stop", "SIGSTOP to the VRRP process of the backup", {"peer.stopped"}, Syslog,
       4700ms, 7s, stop_process, kBackup},
      {"peer.freeze", "the backup's control group is frozen (cgroup v1)", {"peer.frozen"}, Syslog,
       4700ms, 7s, freeze_process_v1, kBackup},
      {"none", "nothing happens", {}, Syslog, 4s, 6s, do_nothing},
  };
  return all;
}

const Fault* find_fault(const std::string& name) {
  const auto it = std::ranges::find(faults(), name, &Fault::name);
  return it == faults().end() ? nullptr : &*it;
}

std::string state_of(const Fault& fault) {
  constexpr std::pair<std::string_view, std::string_view> kStates[] = {
      {"host.process.stopped", "stopped"},
      {"host.process.frozen", "frozen"},
      {"host.process.crashed", "gone"},
      {"host.process.killed", "gone"},
      {"host.process.busy", "running"},
      {"host.cpu.starved", "waiting for a CPU"},
      {"host.cpu.throttled", "throttled by its CPU quota"},
      {"host.io.disk", "waiting for the disk"},
      {"host.io.filesystem", "waiting for the file system"},
      {"host.io.log", "blocked writing its log"},
      {"host.memory.reclaim", "reclaiming memory"},
      {"host.memory.swap", "waiting for swapped-out memory"},
      {"peer.stopped", "stopped"},
      {"peer.frozen", "frozen"},
  };
  for (const auto& [cause, state] : kStates) {
    if (!fault.causes.empty() && fault.causes.front() == cause) return std::string(state);
  }
  return {};
}

Result<Injected> do_nothing(Lab&, const std::string&, Draw&) { return Injected{"nothing", {}}; }

Result<void> heal(Lab& lab) {
  // What blocks everybody else first.
  heal_disks(lab);
  heal_memory(lab.name);
  thaw_groups(lab.name);
  heal_cpu(lab);
  heal_network(lab);
  heal_processes(lab);
  lab.fault.clear();
  if (auto saved = save(lab); !saved) return saved;
  return start_programs(lab);
}

}  // namespace alibi::lab
