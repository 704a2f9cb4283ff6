// SPDX-License-Identifier: Apache-2.0
// One reading of a daemon at a time; what comes meanwhile is one more afterwards.
#include "daemon/config_watch.h"

#include <algorithm>
#include <set>
#include <utility>

#include "os/clocks.h"
#include "os/process_files.h"

namespace alibi::daemon {
namespace {

using Role = evidence::ProcessFound::Role;

/// A process that is not done by then is told as hanging.
constexpr Duration kPatience = 5s;
constexpr std::size_t kMostReadings = 64;
/// A start is known to a clock tick less, and a daemon needs longer to come to its configuration.
constexpr std::int64_t kStartSlackNs = 20'000'000;

}  // namespace

void ConfigWatch::follow(Instant now, const std::map<std::int32_t, WatchedProcess>& processes) {
  daemon_of_.clear();
  std::set<std::int32_t> present;
  for (const auto& [pid, process] : processes) {
    if (process.found.role != Role::Heartbeat) continue;
    const auto parent = processes.find(process.found.parent);
    const bool led = parent != processes.end() && parent->second.found.role == Role::Parent;
    const std::int32_t reader = led ? parent->first : pid;
    daemon_of_[pid] = reader;
    present.insert(reader);
    const auto [daemon, fresh] = daemons_.try_emplace(reader);
    if (!fresh) continue;
    const std::int64_t started = os::started_unix_ns(reader);
    daemon->second.wanted =
        Wanted{Instant{started - os::realtime_minus_monotonic_ns()}, started + kStartSlackNs};
  }
  for (auto& [pid, daemon] : daemons_)
    if (!present.contains(pid))
      daemon.gone = std::min(daemon.gone, now);
    else
      daemon.gone = kNever;
}

void ConfigWatch::told(Instant at, std::int32_t pid) {
  const auto led = daemon_of_.find(pid);
  const auto daemon = daemons_.find(led == daemon_of_.end() ? pid : led->second);
  if (daemon == daemons_.end()) return;
  // A parent passes the signal on to its workers: that is one reading.
  const Instant since = daemon->second.wanted ? daemon->second.wanted->since : at;
  daemon->second.wanted = Wanted{since, at.ns + os::realtime_minus_monotonic_ns()};
}

void ConfigWatch::collect(Instant now) {
  for (auto& [pid, daemon] : daemons_) {
    if (daemon.job.runs()) {
      auto read = daemon.job.take();
      if (!read) {
        hangs_ |= now - daemon.started > kPatience;
        continue;
      }
      keep(pid, daemon, std::move(*read), now);
    }
    if (daemon.wanted && daemon.gone == kNever) start(pid, daemon, now);
  }
}

void ConfigWatch::start(std::int32_t pid, Daemon& daemon, Instant now) {
  daemon.reading = *daemon.wanted;
  daemon.wanted.reset();
  daemon.started = now;
  const std::int64_t until = daemon.reading.until_unix_ns;
  if (daemon.job.start([pid, until] { return read_process_config(pid, until); })) return;
  keep(pid, daemon, ProcessConfig{{}, "no thread to read it in", {}, {}}, now);
}

void ConfigWatch::keep(std::int32_t pid, Daemon& daemon, ProcessConfig read, Instant now) {
  for (std::size_t i = 0; i < read.routers.size(); ++i)
    read.routers[i].settings = number_of(read.settings[i]);
  Reading reading{now,
                  {pid, daemon.reading.since.ns, std::move(read.file), std::move(read.unknown), {}},
                  nullptr};
  const bool same = !daemon.readings.empty() && *daemon.readings.back().routers == read.routers;
  reading.routers = same ? daemon.readings.back().routers
                         : std::make_shared<const Routers>(std::move(read.routers));
  daemon.readings.push_back(std::move(reading));
  if (daemon.readings.size() <= kMostReadings) return;
  daemon.readings.pop_front();
  ++forgotten_;
}

std::int32_t ConfigWatch::number_of(std::uint64_t settings) {
  const auto next = static_cast<std::int32_t>(numbers_.size() + 1);
  return numbers_.try_emplace(settings, next).first->second;
}

void ConfigWatch::forget(Instant before) {
  for (auto& [pid, daemon] : daemons_)
    while (daemon.readings.size() > 1 && daemon.readings[1].head.since_ns < before.ns)
      daemon.readings.pop_front();
  std::erase_if(daemons_, [before](const auto& entry) {
    return entry.second.gone < before && !entry.second.job.runs();
  });
}

std::vector<evidence::Event> ConfigWatch::events(Instant begin) const {
  std::vector<evidence::Event> out;
  for (const auto& [pid, daemon] : daemons_) {
    for (const Reading& reading : daemon.readings) {
      evidence::ConfigRead read = reading.head;
      read.routers = *reading.routers;
      out.push_back({std::max(reading.at, begin), std::move(read)});
    }
  }
  return out;
}

std::vector<evidence::SourceLoss> ConfigWatch::losses() const {
  std::vector<evidence::SourceLoss> losses;
  if (forgotten_ > 0)
    losses.push_back({"configuration", forgotten_, "a daemon was told to read it that often"});
  if (hangs_)
    losses.push_back({"configuration", 0, "the file of a daemon could not be read within 5 s"});
  return losses;
}

}  // namespace alibi::daemon
