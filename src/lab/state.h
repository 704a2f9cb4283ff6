// SPDX-License-Identifier: Apache-2.0
// What is known of one lab, kept in /run/alibi-lab/NAME/state.json: written before a resource is
// made, so that whoever comes after a SIGKILL can take it down by name.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace alibi::lab {

/// A process by id and start time: a pid that was given to another process is not it.
struct ProcessRef {
  pid_t pid = 0;
  std::uint64_t start = 0;  ///< field 22 of /proc/PID/stat, clock ticks since boot
  bool alive() const;
};
/// The process as it is now; start 0 when there is none.
ProcessRef process_ref(pid_t pid);
/// State letter of /proc/PID/stat, '\0' when there is no such process.
char process_state(pid_t pid);

enum class Keeper : std::uint8_t { Keepalived, Alibi };
/// How the keeper logs: to syslog through /dev/log, to a file or into a pipe.
enum class LogMode : std::uint8_t { Syslog, File, Pipe };
std::string_view name_of(Keeper keeper);
std::string_view name_of(LogMode mode);
Result<Keeper> keeper_named(const std::string& name);
Result<LogMode> log_mode_named(const std::string& name);

struct HostState {
  std::string name;
  ProcessRef init;
};

struct ProgramState {
  std::string host;
  std::string name;  ///< "keeper", "haproxy", "syslogd", ...
  ProcessRef process;
};

/// Code of a process that was replaced by a loop.
struct CodeLoop {
  static constexpr std::array<std::uint8_t, 2> kCode{0xeb, 0xfe};  ///< x86: jmp to itself
  ProcessRef process;
  std::uint64_t at = 0;
  std::array<std::uint8_t, 2> before{};  ///< what belongs there
};

struct Lab {
  std::string name;
  std::string topology = "story";
  std::string dir;  ///< disks, logs, mails; removed by down
  Keeper keeper = Keeper::Keepalived;
  LogMode log = LogMode::Syslog;
  /// Hosts die with the process that made them (lab run), by PDEATHSIG. Not kept in the file.
  bool foreground = false;
  int vm_cpu = 1;  ///< the CPU loadbalancer01 is pinned to
  std::vector<HostState> hosts;
  std::vector<ProgramState> programs;
  std::string fault;  ///< the fault being held, empty: none
  std::optional<CodeLoop> loop;

  const HostState* host(const std::string& host_name) const;
  ProgramState* program(const std::string& host_name, const std::string& program_name);
  /// The name `ip netns` knows a host's network namespace by.
  std::string netns(const std::string& host_name) const;
  /// What a host sees as /srv.
  std::string host_dir(const std::string& host_name) const;
};

/// 1 to 24 of a-z 0-9 and '-'.
Result<void> check_lab_name(const std::string& name);
Result<void> save(const Lab& lab);
Result<Lab> load(const std::string& name);
void forget(const std::string& name);
/// Names of all labs with a state file.
std::vector<std::string> known_labs();

}  // namespace alibi::lab
