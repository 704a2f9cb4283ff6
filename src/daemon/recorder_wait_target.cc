// SPDX-License-Identifier: Apache-2.0
// From "write to descriptor 2" to "a pipe that rsyslogd, itself stuck on loop3, does not read".
#include <unistd.h>

#include <algorithm>

#include "bpf/syscall_names.h"
#include "daemon/recorder_waits.h"
#include "os/namespaces.h"
#include "os/proc_fs.h"
#include "os/proc_fs_mounts.h"

namespace alibi::daemon {
namespace {

using Kind = evidence::WaitTarget::Kind;

constexpr Duration kReaderKept = 1s;

std::string proc_text(std::int32_t pid, std::int32_t tid, const char* name) {
  std::string text = os::read_text("/proc/" + std::to_string(pid) + "/task/" +
                                   std::to_string(tid) + "/" + name);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text == "0" ? std::string() : text;
}

Kind kind_of(const std::string& target, const std::string& wchan) {
  if (target.empty()) return Kind::None;
  if (target.starts_with("pipe:[")) return Kind::Pipe;
  if (target.starts_with("socket:[")) return Kind::OtherSocket;
  if (target.starts_with("/dev/pts/") || target.starts_with("/dev/tty") ||
      target == "/dev/console")
    return Kind::Terminal;
  // A named pipe shows its path; what it is shows where the thread waits.
  if (wchan.find("pipe_") != std::string::npos || wchan == "wait_for_partner") return Kind::Pipe;
  if (target.starts_with("/") && !target.starts_with("/dev/")) return Kind::File;
  return Kind::Other;
}

bool is_log_path(const std::string& path) {
  return path.ends_with("/dev/log") || path.find("/systemd/journal/") != std::string::npos ||
         path.ends_with("/syslog");
}

/// Prefers somebody else than the program that writes, and its init that only passes it on.
std::int32_t best_holder(const std::vector<os::OpenDescriptor>& holders, std::int32_t writer) {
  const std::string own = os::executable_of(writer);
  std::int32_t best = 0;
  int best_rank = 0;
  for (const os::OpenDescriptor& holder : holders) {
    if (holder.pid == writer || holder.pid == getpid() || !holder.readable) continue;
    const int rank = holder.pid == 1 ? 1 : os::executable_of(holder.pid) == own ? 2
                                     : holder.writable                         ? 3
                                                                               : 4;
    if (rank <= best_rank) continue;
    best_rank = rank;
    best = holder.pid;
  }
  return best;
}

/// The process that has the master side of /dev/pts/N.
std::int32_t terminal_holder(const std::string& target, std::int32_t writer) {
  const std::string number = target.substr(target.rfind('/') + 1);
  std::vector<os::OpenDescriptor> masters = os::holders_of("/dev/ptmx");
  const auto more = os::holders_of("/dev/pts/ptmx");
  masters.insert(masters.end(), more.begin(), more.end());
  std::erase_if(masters, [&number](const os::OpenDescriptor& master) {
    const std::string info = os::read_text("/proc/" + std::to_string(master.pid) + "/fdinfo/" +
                                           std::to_string(master.fd));
    const std::size_t at = info.find("tty-index:");
    if (at == std::string::npos) return true;
    const auto words = os::split_words(std::string_view(info).substr(at + 10), " \t\n");
    return words.empty() || words[0] != number;
  });
  return best_holder(masters, writer);
}

}  // namespace

WaitDescriber::WaitDescriber(const std::vector<RecorderTaps::Namespace>& namespaces) {
  for (const auto& netns : namespaces)
    if (auto diag = os::UnixDiag::open(netns.fd)) diags_.push_back(std::move(*diag));
  // The log daemon's socket mostly belongs to the namespace this runs in.
  if (const auto own = os::open_network_namespace(""))
    if (auto diag = os::UnixDiag::open(*own)) diags_.push_back(std::move(*diag));
}

evidence::WaitTarget WaitDescriber::describe(Instant now, std::int32_t pid, std::int32_t tid,
                                             char state) {
  evidence::WaitTarget target;
  target.pid = pid;
  target.tid = tid;
  target.state = state;
  target.wchan = proc_text(pid, tid, "wchan");
  const os::ProcSyscall call = os::parse_syscall(proc_text(pid, tid, "syscall"));
  target.syscall_name = bpf::syscall_name(call.number);
  if (!bpf::takes_descriptor(target.syscall_name)) return target;
  target.fd = static_cast<std::int32_t>(call.first_argument);
  describe_descriptor(now, target);
  return target;
}

void WaitDescriber::describe_descriptor(Instant now, evidence::WaitTarget& target) {
  target.fd_target = os::descriptor(target.pid, target.fd).target;
  target.kind = kind_of(target.fd_target, target.wchan);
  const bool writing = bpf::writes(target.syscall_name);
  target.is_log = writing && (target.fd == 1 || target.fd == 2);
  if (target.kind == Kind::OtherSocket) {
    const std::uint64_t inode = os::bracket_number(target.fd_target);
    const bool known = std::any_of(diags_.begin(), diags_.end(), [inode](const auto& diag) {
      return diag.find(inode).has_value();
    });
    if (known) target.kind = Kind::UnixSocket;
  }
  if (target.kind == Kind::File) {
    const os::FilePlace place = os::place_of_descriptor(target.pid, target.fd);
    target.filesystem = place.filesystem;
    target.device = place.device;
    target.mount_point = place.mount_point;
  }
  if (!writing || (target.kind != Kind::Pipe && target.kind != Kind::UnixSocket &&
                   target.kind != Kind::Terminal))
    return;
  const Reader& reader = reader_of(now, target);
  target.peer_path = reader.peer_path;
  target.is_log = target.is_log || is_log_path(reader.peer_path);
  target.reader_pid = reader.pid;
  if (reader.pid > 0) describe_reader(target);
}

void WaitDescriber::describe_reader(evidence::WaitTarget& target) const {
  const std::int32_t pid = target.reader_pid;
  const auto stat = os::read_stat(pid);
  if (!stat) return;
  target.reader_comm = stat->comm;
  target.reader_state = stat->state;
  // Of many threads the one that is stuck tells; the first one otherwise.
  std::int32_t tid = pid;
  for (const std::int32_t other : os::list_threads(pid)) {
    const auto thread = os::read_thread_stat(pid, other);
    if (thread && thread->state == 'D') {
      tid = other;
      target.reader_state = 'D';
      break;
    }
  }
  target.reader_wchan = proc_text(pid, tid, "wchan");
  const os::ProcSyscall call = os::parse_syscall(proc_text(pid, tid, "syscall"));
  target.reader_syscall = bpf::syscall_name(call.number);
  if (!bpf::takes_descriptor(target.reader_syscall)) return;
  const auto fd = static_cast<std::int32_t>(call.first_argument);
  target.reader_fd_target = os::descriptor(pid, fd).target;
  if (kind_of(target.reader_fd_target, target.reader_wchan) != Kind::File) return;
  const os::FilePlace place = os::place_of_descriptor(pid, fd);
  target.reader_filesystem = place.filesystem;
  target.reader_device = place.device;
}

std::vector<std::int32_t> WaitDescriber::log_readers(Instant now, std::int32_t pid) {
  constexpr Duration kAskAgain = 5s;  // looking for a reader goes through all processes
  std::vector<std::int32_t> readers;
  for (const os::OpenDescriptor& open : os::descriptors_of(pid)) {
    const bool standard = open.fd == 1 || open.fd == 2;
    evidence::WaitTarget target;
    target.pid = pid;
    target.fd_target = open.target;
    target.kind = kind_of(open.target, {});
    if (target.kind != Kind::OtherSocket && !(standard && target.kind == Kind::Pipe) &&
        !(standard && target.kind == Kind::Terminal))
      continue;
    const auto [entry, fresh] = logs_.try_emplace(open.target);
    Log& log = entry->second;
    log.seen = now;
    const bool lost = log.is_log && !os::read_stat(log.reader) && now - log.asked > kAskAgain;
    if (fresh || lost) {
      const Reader reader = find_reader(target);
      log.is_log = standard || is_log_path(reader.peer_path);
      log.reader = reader.pid;
      log.asked = now;
    }
    if (log.is_log && log.reader > 0) readers.push_back(log.reader);
  }
  std::erase_if(logs_, [now](const auto& entry) { return entry.second.seen + 10s < now; });
  return readers;
}

const WaitDescriber::Reader& WaitDescriber::reader_of(Instant now,
                                                      const evidence::WaitTarget& target) {
  std::erase_if(readers_, [now](const auto& entry) { return entry.second.until < now; });
  const auto known = readers_.find(target.fd_target);
  if (known != readers_.end()) return known->second;
  Reader reader = find_reader(target);
  reader.until = now + kReaderKept;
  return readers_.emplace(target.fd_target, std::move(reader)).first->second;
}

WaitDescriber::Reader WaitDescriber::find_reader(const evidence::WaitTarget& target) const {
  Reader reader;
  if (target.kind == Kind::Terminal) {
    reader.pid = terminal_holder(target.fd_target, target.pid);
  } else if (target.kind == Kind::Pipe) {
    reader.pid = best_holder(os::holders_of(target.fd_target), target.pid);
  } else {
    const std::uint64_t inode = os::bracket_number(target.fd_target);
    for (const os::UnixDiag& diag : diags_)
      if (const auto own = diag.find(inode); own && own->peer != 0)
        return find_socket_reader(own->peer);
  }
  return reader;
}

WaitDescriber::Reader WaitDescriber::find_socket_reader(std::uint64_t peer) const {
  Reader reader;
  reader.pid = best_holder(os::holders_of("socket:[" + std::to_string(peer) + "]"), 0);
  for (const os::UnixDiag& diag : diags_)
    if (const auto other = diag.find(peer)) {
      reader.peer_path = other->path;
      return reader;
    }
  // The other end lives in a namespace that is not watched: ask there.
  const auto netns = os::open_network_namespace("pid:" + std::to_string(reader.pid));
  if (reader.pid == 0 || !netns) return reader;
  if (const auto diag = os::UnixDiag::open(*netns))
    if (const auto other = diag->find(peer)) reader.peer_path = other->path;
  return reader;
}

}  // namespace alibi::daemon
