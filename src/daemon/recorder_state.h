// SPDX-License-Identifier: Apache-2.0
// The parts a recorder is joined from; private to recorder*.cc.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "bpf/loader.h"
#include "daemon/config_watch.h"
#include "daemon/recorder.h"
#include "daemon/recorder_counters.h"
#include "daemon/recorder_disk_users.h"
#include "daemon/recorder_host.h"
#include "daemon/recorder_log.h"
#include "daemon/recorder_memory.h"
#include "daemon/recorder_path.h"
#include "daemon/recorder_taps.h"
#include "daemon/recorder_waits.h"
#include "daemon/recorder_watch.h"
#include "os/clocks.h"
#include "os/host_facts.h"
#include "os/kallsyms.h"
#include "os/link_monitor.h"
#include "os/ruleset_monitor.h"

namespace alibi::daemon {

struct Recorder::State {
  State(RecorderOptions given, RecorderTaps opened)
      : options(std::move(given)), taps(std::move(opened)),
        log(options.window, options.max_bytes) {}

  RecorderOptions options;
  RecorderTaps taps;
  RecorderLog log;
  os::ClockOffsets offsets;
  os::Kallsyms symbols;
  std::vector<std::string> drop_reasons;
  std::unique_ptr<bpf::Probes> probes;   ///< null without host evidence
  std::unique_ptr<WatchList> watch;      ///< null without host evidence
  ConfigWatch configs;
  /// The samplers of a host, with host evidence only.
  struct Samplers {
    Samplers(WatchList& watch, const RecorderTaps& taps, RecorderLog& log, bpf::Probes& probes)
        : waits(watch, taps.namespaces(), log, probes.has(ALIBI_SOURCE_SCHED)), cgroups(log),
          disks(log), memory(log), disk_users(probes, log), interfaces(log), host(log),
          path(taps.namespaces(), log) {}
    WaitSampler waits;
    CgroupSampler cgroups;
    DiskSampler disks;
    MemorySampler memory;
    DiskUserSampler disk_users;
    InterfaceSampler interfaces;
    HostSampler host;
    PathSampler path;
  };
  std::unique_ptr<Samplers> samplers;
  struct Links {
    std::uint64_t netns = 0;
    os::LinkMonitor monitor;
    std::optional<os::RulesetMonitor> rules;  ///< not everybody may hear of them
    std::vector<evidence::SourceLoss> losses() const;
  };
  std::vector<Links> links;
  os::HostDescription description;
  std::vector<evidence::SourceLoss> start_losses;
  Instant started;
  Instant now;
  Instant rest_until;                    ///< until then frames wake nobody
  Instant next_frozen;
  Instant next_sample;
  Instant next_scan;
  std::array<std::uint64_t, ALIBI_SOURCES> lost{};  ///< as of `lost_read`
  Instant lost_read;
  std::uint64_t sample_rounds = 0;
  std::uint64_t late_samples = 0;        ///< sample times that passed while nobody polled

  Result<void> wait(Duration timeout, int wake_fd);
  void take_in(Instant moment);
  void sample(Instant moment);
  /// An error when neither a tap nor a probe could be opened: which right would give what.
  Result<void> check_rights() const;
  void listen();               ///< probes, watch list, samplers, link monitors
  void hear_links(Links& from);
  void suspect(std::span<const std::uint8_t> record);  ///< a drop by a packet filter or a queue
  void scan(Instant moment);
  /// A packet dropped in a network namespace with no tap and no watched process.
  bool is_foreign(std::span<const std::uint8_t> record) const;
  /// Counts of every source, when so many of each are kept and so many records made no sense.
  using PerSource = std::array<std::uint64_t, kSources>;
  std::vector<evidence::SourceCount> count_sources(const evidence::Recording& recording,
                                                   const PerSource& kept,
                                                   const PerSource& undecoded) const;
  /// Compares what the probes say they sent with what came; call when nothing comes any more.
  void compare_counts();
  void place_losses();         ///< tells since when a source's count of lost events moved
};

}  // namespace alibi::daemon
