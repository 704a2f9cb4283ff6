// SPDX-License-Identifier: Apache-2.0
// From events and /proc to counts.
#include "daemon/process_tracker.h"

#include <algorithm>

#include "os/proc_fs.h"

namespace alibi::daemon {
namespace {

constexpr Duration kLookEvery = 500ms;  // without events
constexpr int kLookShare = 10;          // ... and a tenth of the time at most
constexpr std::size_t kMostCommandLine = 65536;

track::ProcessPattern pattern_of(const config::TrackedProcess& process) {
  using From = config::TrackedProcess::Match;
  using To = track::ProcessPattern::Match;
  const To match = process.match == From::Initial   ? To::Initial
                   : process.match == From::Partial ? To::Partial
                                                    : To::Exact;
  return {process.process, process.parameters, match, process.full_command};
}

/// quorum_max 0: none may run, whatever the quorum.
int least_of(const config::TrackedProcess& process) {
  return process.quorum_max == 0 ? 0 : process.quorum;
}

std::vector<std::string> arguments_of(std::int32_t pid) {
  const std::string text =
      os::read_text("/proc/" + std::to_string(pid) + "/cmdline", kMostCommandLine);
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\0', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

Result<void> ProcessTracker::begin(os::EventLoop& loop) {
  const auto& settings = board_.settings();
  for (std::size_t i = 0; i < settings.processes.size(); ++i) {
    const auto& process = settings.processes[i];
    const auto object = board_.objects().find(TrackKind::Process, process.name);
    if (!object || !board_.objects()[*object].used) continue;
    watched_.push_back({process, *object, pattern_of(process),
                        track::Quorum(least_of(process), process.quorum_max, process.fork_delay,
                                      process.terminate_delay)});
    const TrackState last = board_.last(*object);
    if (last.health != TrackHealth::Unknown) {
      watched_.back().quorum.resume(last.health == TrackHealth::Up, last.value);
    }
    need_arguments_ = need_arguments_ || track::needs_path(watched_.back().pattern);
  }
  auto connector = events_ ? os::ProcConnector::open() : fail("proc connector: not asked for");
  if (!connector) {
    board_.say("tracked processes: looking at /proc every " + seconds_text(kLookEvery, 1) + " (" +
               connector.error().message + ")");
    return {};
  }
  connector_ = std::move(*connector);  // before the first look: no process falls in between
  return loop.add(connector_->fd(), [this] {
    connector_->drain([this](const os::ProcessEvent& event) { hear(event); });
  });
}

void ProcessTracker::hear(const os::ProcessEvent& event) {
  using Kind = os::ProcessEvent::Kind;
  switch (event.kind) {
    case Kind::Overrun:
      scan_at_ = os::monotonic_now();
      break;
    case Kind::Fork:  // a copy of its parent until it says otherwise
      for (Watched& watched : watched_) {
        if (watched.pids.contains(event.parent)) watched.pids.insert(event.pid);
      }
      break;
    case Kind::Exit:
      forget(event.pid);
      break;
    case Kind::Exec:
    case Kind::Comm:
      look_at(event.pid);
      break;
  }
}

void ProcessTracker::forget(std::int32_t pid) {
  for (Watched& watched : watched_) watched.pids.erase(pid);
}

void ProcessTracker::look_at(std::int32_t pid) {
  const auto stat = os::read_stat(pid);
  if (!stat || stat->state == 'Z' || stat->state == 'X') return forget(pid);
  track::ProcessFacts facts{stat->comm, {}, {}};
  if (need_arguments_) {
    facts.arguments = arguments_of(pid);
    facts.executable = os::executable_of(pid);
  }
  for (Watched& watched : watched_) {
    if (track::matches(watched.pattern, facts)) {
      watched.pids.insert(pid);
    } else {
      watched.pids.erase(pid);
    }
  }
}

void ProcessTracker::scan() {
  for (Watched& watched : watched_) watched.pids.clear();
  for (const std::int32_t pid : os::list_processes()) look_at(pid);
}

Instant ProcessTracker::step() {
  const Instant now = os::monotonic_now();
  if (scan_at_ <= now) {
    scan();
    // Where it takes long, among very many processes, it comes less often.
    const Duration took = os::monotonic_now() - now;
    scan_at_ = connector_ ? kNever : now + std::max(kLookEvery, took * kLookShare);
  }
  Instant next = scan_at_;
  for (Watched& watched : watched_) {
    const auto count = static_cast<int>(watched.pids.size());
    bool changed = watched.published < 0 || count != watched.quorum.processes()
                       ? watched.quorum.count(count, now)
                       : false;
    changed = watched.quorum.step(now) || changed;
    if (changed || count != watched.published) publish(watched, changed);
    next = std::min(next, watched.quorum.next());
  }
  return next;
}

void ProcessTracker::publish(Watched& watched, bool changed) {
  const auto& settings = watched.settings;
  const bool first = watched.published < 0;
  const bool up = watched.quorum.up();
  watched.published = watched.quorum.processes();
  TrackState state;
  state.health = up ? TrackHealth::Up : TrackHealth::Down;
  state.value = watched.published;
  std::string why = "process " + settings.name + ": " + std::to_string(watched.published) +
                    " running, " + std::to_string(least_of(settings)) + " needed";
  if (settings.quorum_max != INT_MAX) why += ", at most " + std::to_string(settings.quorum_max);
  state.why = why;
  board_.publish(watched.object, state);
  if (changed && !(first && up)) {
    board_.say("Quorum " + std::string(up ? "gained" : "lost") + " for tracked process " +
               settings.name + " (" + std::to_string(watched.published) + " running)");
  }
}

}  // namespace alibi::daemon
