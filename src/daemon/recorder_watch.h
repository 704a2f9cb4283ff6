// SPDX-License-Identifier: Apache-2.0
// Which processes are watched: found, not configured. Whoever holds a raw socket for protocol 112
// in a tap's namespace, its parent, what it forks, and what its scripts look for. And beside those
// whatever is asked for.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/loader.h"
#include "daemon/recorder_log.h"
#include "daemon/recorder_taps.h"
#include "daemon/watch_target.h"
#include "os/proc_fs.h"
#include "os/proc_fs_net.h"

namespace alibi::daemon {

struct WatchedProcess {
  evidence::ProcessFound found;
  Instant since;
  Instant until = kNever;   ///< noticed as gone
  std::uint64_t start_ticks = 0;
  std::uint64_t pid_namespace = 0;
  std::vector<os::CgroupLine> cgroups;
};

/// The process names that a command line asks for: `killall -0 NAME`, `pidof NAME`, `pgrep NAME`,
/// `pkill -0 NAME`, also inside `sh -c "..."`. A killall that really kills names nobody.
std::vector<std::string> service_names(std::string_view command_line);

class WatchList {
 public:
  /// A namespace whose tables cannot be read is a loss, not an error.
  WatchList(const std::vector<RecorderTaps::Namespace>& namespaces,
            const std::vector<WatchTarget>& targets, bpf::Probes& probes, RecorderLog& log);

  /// Looks for new processes of every kind; forgets those that are gone. About 1 ms.
  void scan(Instant now);
  /// A record of a fork, exec or exit: true when a scan should follow at once.
  bool handle(Instant now, std::span<const std::uint8_t> record);
  /// Who should read what a watched process writes; its signals and end are evidence too.
  void add_reader(Instant now, std::int32_t pid);

  const std::map<std::int32_t, WatchedProcess>& processes() const { return processes_; }
  /// Ended, but maybe within the window: for ProcessFound of a snapshot.
  const std::vector<WatchedProcess>& ended() const { return ended_; }
  /// Goes up with every process that joins or leaves.
  std::uint64_t changes() const { return changes_; }
  void forget_ended(Instant before);
  const std::vector<evidence::SourceLoss>& losses() const { return losses_; }

  /// The targets that no process is of just now.
  std::vector<std::string> unfound() const;

  /// Called for every newly found process (to tell the user).
  std::function<void(const evidence::ProcessFound&)> on_found;

  struct Tables {
    std::uint64_t netns = 0;
    std::string name;
    os::NetTables tables;
    std::map<std::uint64_t, std::int32_t> holders;  ///< socket inode -> pid
    std::map<std::uint64_t, std::uint64_t> drops;   ///< socket inode -> last count
  };
  const std::vector<Tables>& tables() const { return tables_; }

 private:
  using Role = evidence::ProcessFound::Role;
  void scan_namespace(Instant now, Tables& tables);
  void scan_names(Instant now);
  bool is_service(std::string_view comm) const;
  bool is_target(std::int32_t pid, std::string_view comm) const;
  void judge_target(Instant now, std::int32_t pid);
  void add_heartbeat(Instant now, std::int32_t pid);
  bool add(Instant now, std::int32_t pid, Role role);
  void remove(Instant now, std::int32_t pid);
  void sample_drops(Instant now, Tables& tables, const std::vector<os::RawSocket>& sockets);

  bpf::Probes& probes_;
  RecorderLog& log_;
  std::vector<WatchTarget> targets_;
  std::vector<Tables> tables_;
  std::map<std::int32_t, WatchedProcess> processes_;
  std::vector<WatchedProcess> ended_;
  std::set<std::string> services_;
  std::uint64_t changes_ = 0;
  std::uint64_t scans_ = 0;
  std::vector<evidence::SourceLoss> losses_;
};

}  // namespace alibi::daemon
