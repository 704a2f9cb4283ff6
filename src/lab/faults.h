// SPDX-License-Identifier: Apache-2.0
// The faults of the lab: how each is done, and the truth about it, which a verdict must name.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "lab/state.h"

namespace alibi::lab {

/// Draws the same numbers on every machine for a seed, which <random>'s distributions do not.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}
  /// 0 to bound - 1.
  std::size_t below(std::size_t bound) { return engine_() % bound; }
  Duration between(Duration low, Duration high);

 private:
  std::mt19937_64 engine_;
};

/// What was done, beyond the fault's name.
struct Injected {
  std::string detail;               ///< "SIGSTOP to pid 4711"
  std::vector<std::string> segment; ///< network faults: last tap that sees, first that does not
};

struct Fault {
  std::string name;
  std::string summary;
  /// Codes of the cause catalogue that name this fault; empty: nothing happens.
  std::vector<std::string> causes;
  LogMode log = LogMode::Syslog;  ///< how the keeper must log for this fault to reach it
  Duration shortest{0}, longest{0};  ///< how long to hold it so that the address moves
  Result<Injected> (*inject)(Lab& lab, const std::string& host, Draw& draw) = nullptr;
  const char* host = "loadbalancer01";  ///< where: the master's host, or the backup's
};

const std::vector<Fault>& faults();
const Fault* find_fault(const std::string& name);
/// The state (investigate::text of a Doing) in which the account of a gap has the thread while this
/// fault lasts; empty where the cause is not one of a thread's time.
std::string state_of(const Fault& fault);

/// Puts everything back that a fault may have changed (frozen, stopped, cut, killed, starved) and
/// restarts programs that are gone. Does not wait for health. Idempotent.
Result<void> heal(Lab& lab);

// One function a fault, in faults_*.cc; the table in faults.cc has them all.
Result<Injected> stop_process(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> freeze_process_v1(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> freeze_process_v2(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> crash_process(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> spin_process(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> kill_process(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> stop_keeper(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> kill_service(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> stop_service(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> starve_cpu(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> starve_keeper(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> throttle_cpu(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> stall_disk(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> freeze_filesystem(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> crowd_disk(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> swap_out(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> fill_group(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> stop_log_reader(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> stop_pipe_reader(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> lose_packets(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> cut_network(Lab& lab, const std::string& host, Draw& draw);
Result<Injected> do_nothing(Lab& lab, const std::string& host, Draw& draw);

// What heal() does, by concern.
void heal_processes(Lab& lab);
void heal_cpu(Lab& lab);
void heal_disks(Lab& lab);
void heal_network(Lab& lab);
void heal_memory(const std::string& lab_name);

/// The processes of `group` may read `device` so often a second; 0: without a limit.
Result<void> limit_reads(const std::string& group, const std::string& device, int per_second);
/// The same for bytes that they write.
Result<void> limit_writes(const std::string& group, const std::string& device, int per_second);

/// Starts this program as `lab WORDS --owner PID` in `group`, for as long as PID, this process,
/// lives; heal() kills it before.
Result<void> start_hog(const std::string& group, std::vector<std::string> words);
/// Keeps `readers` reads of `file`'s disk in flight (hidden subcommand `lab disk-hog`).
int read_disk(const std::string& file, int readers, int owner);
/// Fills its own memory cgroup: `mib` MiB on their way to `device`, the rest memory of its own
/// (hidden subcommand `lab memory-hog`).
int fill_memory(const std::string& device, int mib, int owner);

/// Uses up the CPU `cpu` until it is killed, or `owner` (a pid) is gone (hidden subcommand
/// `lab hog`).
int burn_cpu(int cpu, int owner);

}  // namespace alibi::lab
