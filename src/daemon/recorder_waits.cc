// SPDX-License-Identifier: Apache-2.0
// Who has not been given a CPU between two samples, is off it for 100 ms. Waiting for work is not
// reported while the probes tell the same better.
#include "daemon/recorder_waits.h"

#include <fcntl.h>

#include "bpf/syscall_names.h"
#include "os/proc_fs.h"

namespace alibi::daemon {
namespace {

using Role = evidence::ProcessFound::Role;

std::string thread_file(std::int32_t pid, std::int32_t tid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/" + name;
}

os::Fd open_file(const std::string& path) {
  return os::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

/// How often the thread was given a CPU: the third number of schedstat.
std::uint64_t times_run(const os::Fd& schedstat) {
  const std::string text = os::read_again(schedstat);
  const auto words = os::split_words(text, " \n");
  return words.size() < 3 ? 0 : os::to_number(words[2]);
}

/// In it a frozen (cgroup version 2) or stopped task looks like one that sleeps.
bool is_freezer(const std::string& wchan) {
  return wchan.find("freez") != std::string::npos || wchan == "get_signal" ||
         wchan == "do_signal_stop" || wchan == "do_freezer_trap";
}

}  // namespace

void WaitSampler::sample_thread(Instant now, std::int32_t pid, std::int32_t tid) {
  const auto [entry, fresh] = seen_.try_emplace(tid);
  Seen& seen = entry->second;
  if (fresh) {
    seen.stat = open_file(thread_file(pid, tid, "stat"));
    seen.schedstat = open_file(thread_file(pid, tid, "schedstat"));
  }
  const auto stat = os::parse_stat(os::read_again(seen.stat));
  if (!stat) return;
  if (stat->state == 'D') stuck_ = now;
  const std::uint64_t switches = times_run(seen.schedstat);
  seen.at = now;
  if (fresh || seen.switches != switches) {
    seen.switches = switches;
    seen.idle = false;
    if (has_probes_) return;  // it ran a moment ago
  }
  if (stat->state == 'R' && has_probes_) return;
  if (seen.idle && stat->state == 'S') return;
  evidence::WaitTarget target = describer_.describe(now, pid, tid, stat->state);
  seen.idle = has_probes_ && stat->state == 'S' && bpf::is_idle_wait(target.syscall_name) &&
              !is_freezer(target.wchan);
  if (seen.idle) return;
  if (target.reader_pid > 0) watch_.add_reader(now, target.reader_pid);
  log_.add_fact(now, std::move(target));
}

void WaitSampler::list_threads(Instant now) {
  threads_.clear();
  threads_until_ = now + 1s;
  std::vector<std::int32_t> readers;
  for (const auto& [pid, process] : watch_.processes()) {
    const Role role = process.found.role;
    const bool daemon = role == Role::Heartbeat || role == Role::Parent;
    if (!daemon && role != Role::Watched) continue;
    // A proxy may have a hundred thousand descriptors: whom it logs to is asked once it waits.
    if (daemon) {
      const auto more = describer_.log_readers(now, pid);
      readers.insert(readers.end(), more.begin(), more.end());
    }
    for (const std::int32_t tid : os::list_threads(pid)) threads_.push_back({pid, tid});
  }
  for (const std::int32_t reader : readers) watch_.add_reader(now, reader);
  std::erase_if(seen_, [now](const auto& entry) { return entry.second.at + 2s < now; });
}

void WaitSampler::sample(Instant now) {
  if (now >= threads_until_ || watched_ != watch_.changes()) list_threads(now);
  watched_ = watch_.changes();
  for (const Thread& thread : threads_) sample_thread(now, thread.pid, thread.tid);
}

}  // namespace alibi::daemon
