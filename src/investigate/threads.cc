// SPDX-License-Identifier: Apache-2.0
// Threads are told by the scheduler's events and by looks at /proc; processes that had neither by
// what the recorder says of them.
#include "investigate/threads.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

namespace alibi::investigate {
namespace {

using evidence::ProcessFound;

struct Process {
  std::vector<std::string> names;
  bool inherited = false;  ///< its name is its parent's
  std::uint64_t netns = 0;
  std::optional<ProcessFound::Role> role;
  Instant last = kNever;
};

std::string what_is_missing(const Process& process) {
  if (process.role == ProcessFound::Role::Service)
    return "only its signals and its end are recorded: a script looks for it "
           "(`alibi record --watch` records all of it)";
  if (process.role == ProcessFound::Role::LogReader)
    return "only its signals, its end and its long waits for a CPU are recorded: it reads a log "
           "(`alibi record --watch` records all of it)";
  return {};
}

/// One walk over the events.
class Walk {
 public:
  void take(const evidence::Event& event) {
    std::visit([&](const auto& fact) { look(event.at, fact); }, event.fact);
  }

  std::vector<WatchedThread> finish(const std::vector<evidence::Tap>& taps) {
    for (const auto& [pid, at] : found_) saw(at, pid, pid);
    std::vector<WatchedThread> threads;
    for (const auto& [key, seen] : threads_) {
      const Process& process = processes_[key.first];
      WatchedThread thread;
      thread.pid = key.first;
      thread.tid = key.second;
      thread.names = process.names;
      if (!process.names.empty()) thread.comm = process.names.back();
      thread.netns = process.netns;
      for (const evidence::Tap& tap : taps) {
        if (thread.host.empty() && tap.netns != 0 && tap.netns == process.netns)
          thread.host = tap.host;
      }
      thread.incomplete = what_is_missing(process);
      thread.first = seen.begin;
      thread.last = std::min(seen.end, process.last);
      threads.push_back(std::move(thread));
    }
    std::stable_sort(threads.begin(), threads.end(), [](const auto& a, const auto& b) {
      const bool a_main = a.pid == a.tid;
      const bool b_main = b.pid == b.tid;
      return std::tie(a.pid, b_main, a.tid) < std::tie(b.pid, a_main, b.tid);
    });
    return threads;
  }

 private:
  struct Seen {
    Instant begin = kNever;
    Instant end = kNever;
  };

  template <typename Fact>
  void look(Instant, const Fact&) {}

  void look(Instant at, const evidence::ThreadOff& off) {
    Seen& seen = saw(at, off.pid, off.tid);
    if (off.state == 'X' || off.state == 'Z') seen.end = at;
  }
  void look(Instant at, const evidence::ThreadOn& on) { saw(at, on.pid, on.tid); }
  void look(Instant at, const evidence::ThreadWoken& woken) { saw(at, woken.pid, woken.tid); }
  void look(Instant at, const evidence::WaitTarget& target) { saw(at, target.pid, target.tid); }
  void look(Instant at, const ProcessFound& found) {
    Process& process = name(found.pid, found.comm);
    process.netns = found.netns;
    process.role = found.role;
    found_.try_emplace(found.pid, at);
  }
  void look(Instant, const evidence::ProcessForked& forked) {
    const Process parent = processes_[forked.parent];
    Process& child = processes_[forked.child];
    child.netns = parent.netns;
    // Its parent's, until it runs another program.
    if (!child.names.empty() || parent.names.empty()) return;
    child.names = {parent.names.back()};
    child.inherited = true;
  }
  void look(Instant, const evidence::ProcessExec& exec) {
    Process& process = processes_[exec.pid];
    if (process.inherited) process.names.clear();
    process.inherited = false;
    name(exec.pid, exec.comm);
  }
  void look(Instant at, const evidence::ProcessExit& exit) { name(exit.pid, exit.comm).last = at; }

  Seen& saw(Instant at, std::int32_t pid, std::int32_t tid) {
    Seen& seen = threads_[{pid, tid}];
    seen.begin = std::min(seen.begin, at);
    return seen;
  }

  Process& name(std::int32_t pid, const std::string& comm) {
    Process& process = processes_[pid];
    if (comm.empty()) return process;
    std::erase(process.names, comm);
    process.names.push_back(comm);
    return process;
  }

  std::map<std::int32_t, Process> processes_;
  std::map<std::int32_t, Instant> found_;
  std::map<std::pair<std::int32_t, std::int32_t>, Seen> threads_;
};

}  // namespace

std::vector<WatchedThread> watched_threads(const evidence::Recording& recording) {
  Walk walk;
  for (const evidence::Event& event : recording.events) walk.take(event);
  return walk.finish(recording.taps);
}

bool is_named(const WatchedThread& thread, std::string_view word) {
  return word == std::to_string(thread.tid) || word == std::to_string(thread.pid) ||
         std::find(thread.names.begin(), thread.names.end(), word) != thread.names.end();
}

bool lived_in(const WatchedThread& thread, Instant begin, Instant end) {
  return thread.first <= end && thread.last > begin;
}

ThreadAccount account_of_thread(const evidence::Recording& recording, const WatchedThread& thread,
                                Instant begin, Instant end) {
  Sender sender{thread.pid, thread.tid, 0, thread.comm, thread.netns, {}};
  ThreadAccount result{thread, account_of(recording, sender, begin, end, end, Duration{0})};
  Account& account = result.account;
  for (Segment& segment : account.segments) {
    if (segment.doing != Doing::Unobserved || !segment.detail.empty()) continue;
    if (!thread.incomplete.empty())
      segment.detail = thread.incomplete;
    else if (segment.begin == begin)
      segment.detail = "before the first event of it";
  }
  account.sum_lines();
  return result;
}

}  // namespace alibi::investigate
