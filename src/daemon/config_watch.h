// SPDX-License-Identifier: Apache-2.0
// What each watched daemon has read as its configuration, since when: read when the daemon is found
// and after each SIGHUP to it, in threads of their own, so that no file holds the recorder up.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "daemon/background_job.h"
#include "daemon/process_config.h"
#include "daemon/recorder_watch.h"

namespace alibi::daemon {

/// One thread's, the recorder's.
class ConfigWatch {
 public:
  ConfigWatch() = default;
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;

  /// Daemons that are new among `processes` are read, those that are gone no more.
  void follow(Instant now, const std::map<std::int32_t, WatchedProcess>& processes);
  /// SIGHUP for process `pid` at `at`.
  void told(Instant at, std::int32_t pid);
  /// Takes what was read and starts what is to be read. Call every 100 ms.
  void collect(Instant now);
  /// Forgets what was in force no more at `before`.
  void forget(Instant before);

  /// ConfigRead of all that was in force at `begin` or later, none before it.
  std::vector<evidence::Event> events(Instant begin) const;
  std::vector<evidence::SourceLoss> losses() const;

 private:
  using Routers = std::vector<evidence::ConfiguredRouter>;
  /// What is to be read: in force since `since`, if the files are no newer than `until_unix_ns`.
  struct Wanted {
    Instant since;
    std::int64_t until_unix_ns = 0;
  };
  struct Reading {
    Instant at;
    evidence::ConfigRead head;  ///< without its routers
    std::shared_ptr<const Routers> routers;
  };
  struct Daemon {
    std::optional<Wanted> wanted;
    Wanted reading;
    Instant started;  ///< the job
    BackgroundJob<ProcessConfig> job;
    std::deque<Reading> readings;
    Instant gone = kNever;
  };

  void start(std::int32_t pid, Daemon& daemon, Instant now);
  void keep(std::int32_t pid, Daemon& daemon, ProcessConfig read, Instant now);
  std::int32_t number_of(std::uint64_t settings);

  std::map<std::int32_t, Daemon> daemons_;          ///< by process that reads for all
  std::map<std::int32_t, std::int32_t> daemon_of_;  ///< by heartbeat process
  std::unordered_map<std::uint64_t, std::int32_t> numbers_;
  std::uint64_t forgotten_ = 0;
  bool hangs_ = false;
};

}  // namespace alibi::daemon
