// SPDX-License-Identifier: Apache-2.0
// Matches threads on a CPU with adverts leaving the first tap.
#include "investigate/sender.h"

#include <algorithm>
#include <map>
#include <set>

namespace alibi::investigate {
namespace {

using evidence::ProcessFound;

struct Candidate {
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  int hits = 0;
};

/// The last few adverts before `until`. Those of priority 0 do not count: another process may send
/// them in the name of one that has died.
std::vector<Instant> recent(const TapBeats& tap, Instant until) {
  constexpr std::size_t kEnough = 12;
  std::vector<Instant> times;
  for (auto it = tap.beats.rbegin(); it != tap.beats.rend() && times.size() < kEnough; ++it) {
    if (it->at <= until && it->priority.value != 0) times.push_back(it->at);
  }
  std::reverse(times.begin(), times.end());
  return times;
}

/// How many of `times` fall into moments in which each thread of `pids` was on a CPU.
std::map<std::int32_t, Candidate> hits_by_thread(const evidence::Recording& recording,
                                                 const std::set<std::int32_t>& pids,
                                                 const std::vector<Instant>& times) {
  constexpr Duration kSlack = 1ms;  // the stamp is taken within the send, a little off either way
  std::map<std::int32_t, Candidate> threads;
  std::map<std::int32_t, Instant> running;
  const auto count = [&](std::int32_t tid, Instant on, Instant off) {
    threads[tid].hits +=
        static_cast<int>(std::upper_bound(times.begin(), times.end(), off + kSlack) -
                         std::lower_bound(times.begin(), times.end(), on - kSlack));
  };
  for (const evidence::Event& event : recording.events) {
    if (!times.empty() && event.at > times.back() + 1s) break;
    if (const auto* on = std::get_if<evidence::ThreadOn>(&event.fact)) {
      if (!pids.contains(on->pid)) continue;
      threads[on->tid].pid = on->pid;
      threads[on->tid].tid = on->tid;
      running[on->tid] = event.at;
    } else if (const auto* off = std::get_if<evidence::ThreadOff>(&event.fact)) {
      const auto since = running.find(off->tid);
      if (since == running.end()) continue;
      count(off->tid, since->second, event.at);
      running.erase(since);
    }
  }
  for (const auto& [tid, since] : running) count(tid, since, recording.end);
  return threads;
}

/// By every configuration that it is known to have read it does not serve this router.
bool serves_others(const evidence::Recording& recording, const ProcessFound& holder,
                   const RouterKey& router) {
  bool known = false;
  for (const evidence::Event& event : recording.events) {
    const auto* read = std::get_if<evidence::ConfigRead>(&event.fact);
    if (read == nullptr || (read->pid != holder.pid && read->pid != holder.parent)) continue;
    if (!read->unknown.empty()) return false;
    known = true;
    const std::int32_t family = router.family == wire::Family::V4 ? 4 : 6;
    for (const evidence::ConfiguredRouter& each : read->routers) {
      if (each.vrid == router.vrid.value && each.family == family) return false;
    }
  }
  return known;
}

/// The sender, its parent of the same program, and that parent's other workers (one of which may
/// run the scripts). Another daemon in the namespace has a parent of its own. Script runs are no
/// family: they are children of a worker, not of the parent.
void find_family(const evidence::Recording& recording, Sender& sender) {
  std::int32_t parent = 0;
  std::set<std::int32_t> parents;
  const auto each_found = [&](const auto& take) {
    for (const evidence::Event& event : recording.events) {
      const auto* found = std::get_if<ProcessFound>(&event.fact);
      if (found != nullptr && found->netns == sender.netns) take(*found);
    }
  };
  each_found([&](const ProcessFound& found) {
    if (found.pid == sender.pid && found.role == ProcessFound::Role::Heartbeat) {
      parent = found.parent;
    }
    if (found.role == ProcessFound::Role::Parent) parents.insert(found.pid);
  });
  std::set<std::int32_t> family{sender.pid};
  if (parents.contains(parent)) {
    sender.parent = parent;
    family.insert(parent);
    each_found([&](const ProcessFound& found) {
      const bool worker =
          found.role == ProcessFound::Role::Child || found.role == ProcessFound::Role::Heartbeat;
      if (worker && found.parent == parent) family.insert(found.pid);
    });
  }
  sender.family.assign(family.begin(), family.end());
}

}  // namespace

bool Sender::in_family(std::int32_t p) const {
  return std::find(family.begin(), family.end(), p) != family.end();
}

std::optional<Sender> find_sender(const evidence::Recording& recording, const Stream& stream,
                                  Instant until) {
  const std::uint64_t netns = recording.taps[stream.origin().tap].netns;
  if (netns == 0) return std::nullopt;
  std::map<std::int32_t, const ProcessFound*> holders;
  for (const evidence::Event& event : recording.events) {
    const auto* found = std::get_if<ProcessFound>(&event.fact);
    if (found != nullptr && found->netns == netns && found->role == ProcessFound::Role::Heartbeat &&
        event.at <= until) {
      holders[found->pid] = found;
    }
  }
  // Gone before the stream's last advert: cannot have sent it.
  const std::vector<Instant> times = recent(stream.origin(), until);
  for (const evidence::Event& event : recording.events) {
    const auto* exit = std::get_if<evidence::ProcessExit>(&event.fact);
    if (exit != nullptr && !times.empty() && event.at < times.back()) holders.erase(exit->pid);
  }
  if (holders.empty()) return std::nullopt;
  // Several daemons all wake for each advert; what they are configured for tells them apart.
  auto serving = holders;
  std::erase_if(serving, [&](const auto& holder) {
    return serves_others(recording, *holder.second, stream.router);
  });
  if (!serving.empty()) holders = std::move(serving);
  std::set<std::int32_t> pids;
  for (const auto& [pid, found] : holders) pids.insert(pid);
  Candidate best;
  int others = 0;  // the most hits of a thread of another process
  const auto threads = hits_by_thread(recording, pids, times);
  for (const auto& [tid, candidate] : threads) {
    if (candidate.pid != 0 && candidate.hits > best.hits) best = candidate;
  }
  for (const auto& [tid, candidate] : threads) {
    if (candidate.pid != best.pid) others = std::max(others, candidate.hits);
  }
  // Two daemons that are both on a CPU when adverts leave are not told apart by that.
  if (holders.size() != 1 && (best.hits == 0 || others * 2 > best.hits)) return std::nullopt;
  if (best.hits == 0) best = {holders.begin()->first, holders.begin()->first, 0};
  Sender sender{best.pid, best.tid, 0, holders[best.pid]->comm, netns, {}};
  find_family(recording, sender);
  return sender;
}

}  // namespace alibi::investigate
