// SPDX-License-Identifier: Apache-2.0
// host.process.stopped and host.process.frozen: the thread is alive and may not run. A stop leaves
// state T and a SIGSTOP with its sender; a frozen cgroup looks like disk sleep (v1) or ordinary
// sleep (v2), so only the freezer's own state or its functions on the stack count.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"
#include "investigate/wait.h"

namespace alibi::investigate::rules {

namespace {

/// A thread that went into a freezer, and who woke it for that: freezing a group wakes its sleeping
/// tasks in the context of whoever freezes it (Linux: kernel/freezer.c freeze_task(),
/// kernel/cgroup/freezer.c cgroup_freeze_task()).
struct Freezing {
  Instant at;
  const evidence::ThreadWoken* by = nullptr;  ///< nullptr: it was not asleep
};

/// The last times that threads of these processes went into a freezer up to `until`, by thread.
std::map<std::int32_t, Freezing> freezings(const evidence::Recording& recording,
                                           const std::vector<std::int32_t>& pids, Instant until) {
  // From the freezer's wake-up a thread goes there without coming back to its own code.
  constexpr Duration kAtOnce = 1ms;
  struct Thread {
    const evidence::ThreadWoken* woken = nullptr;
    Instant on;
  };
  std::map<std::int32_t, Thread> threads;
  std::map<std::int32_t, Freezing> found;
  const auto is_one = [&](std::int32_t pid) { return std::ranges::count(pids, pid) > 0; };
  for (const evidence::Event& event : recording.events) {
    if (event.at > until) break;
    if (const auto* woken = std::get_if<evidence::ThreadWoken>(&event.fact)) {
      if (is_one(woken->pid)) threads[woken->tid].woken = woken;
    } else if (const auto* on = std::get_if<evidence::ThreadOn>(&event.fact)) {
      if (is_one(on->pid)) threads[on->tid].on = event.at;
    } else if (const auto* off = std::get_if<evidence::ThreadOff>(&event.fact)) {
      if (!is_one(off->pid)) continue;
      Thread& thread = threads[off->tid];
      const bool known = thread.woken != nullptr && thread.woken->waker_pid != 0 &&
                         event.at - thread.on <= kAtOnce;
      if (classify_wait(*off) == Doing::Frozen)
        found[off->tid] = {event.at, known ? thread.woken : nullptr};
      thread.woken = nullptr;
    }
  }
  return found;
}

/// Who froze the sender's group, when those of it that were asleep agree about it; nullptr else,
/// and when several groups that it is in were frozen: it goes into the freezer for the first alone.
const evidence::ThreadWoken* frozen_by(const Scene& scene, Instant until) {
  constexpr Duration kTogether = 50ms;
  std::vector<std::int32_t> group = {scene.sender->pid};
  std::set<std::string> frozen;
  for (const evidence::Event& event : scene.recording.events) {
    if (event.at > until) break;
    const auto* change = std::get_if<evidence::CgroupFrozen>(&event.fact);
    if (change == nullptr || std::ranges::count(change->pids, scene.sender->pid) == 0) continue;
    group.insert(group.end(), change->pids.begin(), change->pids.end());
    if (change->frozen && event.at >= scene.account->begin) frozen.insert(change->cgroup);
  }
  if (frozen.size() > 1) return nullptr;
  const auto all = freezings(scene.recording, group, until);
  const auto own = all.find(scene.sender->tid);
  if (own == all.end() || own->second.by == nullptr) return nullptr;
  for (const auto& [tid, other] : all) {
    const Duration apart = std::max(other.at, own->second.at) - std::min(other.at, own->second.at);
    if (apart > kTogether || other.by == nullptr) continue;
    if (other.by->waker_pid != own->second.by->waker_pid) return nullptr;
  }
  return own->second.by;
}

}  // namespace

std::optional<Finding> process_stopped(const Scene& scene) {
  if (!dominates(scene, Doing::Stopped)) return std::nullopt;
  Finding finding{
      "host.process.stopped", fmt::format("{} was stopped", sender_text(scene)), {}, {}};
  const Segment* stop = scene.account->longest(Doing::Stopped);
  if (stop->signal != nullptr) {
    finding.headline = fmt::format("{} was stopped: {} sent {}", sender_text(scene),
                                   signal_source(*stop->signal), signal_name(stop->signal->signal));
  }
  finding.evidence.push_back(
      fmt::format("{}: left the CPU, {}", clock_text(scene.recording, stop->begin), stop->detail));
  finding.evidence.push_back("stopped for " + share_text(scene, Doing::Stopped));
  return finding;
}

std::optional<Finding> process_frozen(const Scene& scene) {
  if (!dominates(scene, Doing::Frozen)) return std::nullopt;
  const Segment* segment = scene.account->longest(Doing::Frozen);
  Finding finding{"host.process.frozen",
                  fmt::format("{} was frozen: {}", sender_text(scene), segment->detail),
                  {},
                  {}};
  if (const evidence::ThreadWoken* by = frozen_by(scene, segment->end)) {
    finding.headline += fmt::format(", by {} (pid {})", by->waker_comm, by->waker_pid);
    finding.evidence.push_back(fmt::format("{} (pid {}) woke it straight into the freezer",
                                           by->waker_comm, by->waker_pid));
  }
  finding.evidence.push_back("frozen for " + share_text(scene, Doing::Frozen));
  return finding;
}

}  // namespace alibi::investigate::rules
