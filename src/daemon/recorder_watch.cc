// SPDX-License-Identifier: Apache-2.0
// A process is known by pid and start time: a pid alone may be somebody else a moment later.
#include "daemon/recorder_watch.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "os/proc_fs_fds.h"
#include "wire/vrrp.h"

namespace alibi::daemon {
namespace {

using Role = evidence::ProcessFound::Role;

alibi_role role_number(Role role) {
  switch (role) {
    case Role::Heartbeat: return ALIBI_ROLE_HEARTBEAT;
    case Role::Parent: return ALIBI_ROLE_PARENT;
    case Role::Child: return ALIBI_ROLE_CHILD;
    case Role::Service: return ALIBI_ROLE_SERVICE;
    case Role::LogReader: return ALIBI_ROLE_READER;
    case Role::Watched: return ALIBI_ROLE_WATCHED;
  }
  return ALIBI_ROLE_CHILD;
}

/// Of two roles of one process the lower counts: of those up to Watched everything is recorded.
int rank(Role role) {
  switch (role) {
    case Role::Heartbeat: return 0;
    case Role::Parent: return 1;
    case Role::Child: return 2;
    case Role::Watched: return 3;
    case Role::Service: return 4;
    case Role::LogReader: return 5;
  }
  return 5;
}

/// Going through all processes takes a few microseconds for each.
constexpr std::uint64_t kNameScans = 5;

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// Options of pgrep and pkill that take a value of their own.
bool takes_value(std::string_view option) {
  static constexpr std::array<std::string_view, 10> kOptions = {
      "-u", "-U", "-g", "-G", "-P", "-s", "-t", "--ns", "--parent", "--signal"};
  return std::find(kOptions.begin(), kOptions.end(), option) != kOptions.end();
}

/// The names behind one killall, pidof, pgrep or pkill; `words` start behind the program's name.
void names_behind(std::string_view program, std::span<const std::string_view> words,
                  std::vector<std::string>& names) {
  const bool kills = program == "killall" || program == "pkill";
  bool harmless = !kills;
  std::vector<std::string> found;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "-0" || word == "-SIG0" || word == "--signal=0") harmless = true;
    if ((word == "-s" || word == "--signal") && i + 1 < words.size() && words[i + 1] == "0")
      harmless = true;
    if (word.starts_with("-")) {
      if (takes_value(word) && !(program == "pidof")) ++i;
      continue;
    }
    if (word.find_first_of("<>&|;") != std::string_view::npos) break;
    found.emplace_back(base_name(word));
    if (program != "killall" && program != "pidof") break;
  }
  if (harmless) names.insert(names.end(), found.begin(), found.end());
}

/// A process may be moved to another group at any time.
void read_cgroups(WatchedProcess& process) {
  const std::string pid = std::to_string(process.found.pid);
  process.cgroups = os::parse_cgroups(os::read_text("/proc/" + pid + "/cgroup"));
  process.found.cgroups.clear();
  for (const os::CgroupLine& line : process.cgroups)
    process.found.cgroups.push_back((line.controllers.empty() ? "unified" : line.controllers) +
                                    ":" + line.path);
}

}  // namespace

std::vector<std::string> service_names(std::string_view command_line) {
  std::vector<std::string> names;
  const auto words = os::split_words(command_line, " \t\n'\"()`$");
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view program = base_name(words[i]);
    if (program != "killall" && program != "pidof" && program != "pgrep" && program != "pkill")
      continue;
    names_behind(program, std::span(words).subspan(i + 1), names);
    break;
  }
  return names;
}

namespace {

bool may_look_into_processes() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  return syscall(SYS_capget, &header, sets.data()) == 0 &&
         (sets[0].effective >> CAP_SYS_PTRACE & 1U) != 0;
}

}  // namespace

WatchList::WatchList(const std::vector<RecorderTaps::Namespace>& namespaces,
                     const std::vector<WatchTarget>& targets, bpf::Probes& probes, RecorderLog& log)
    : probes_(probes), log_(log), targets_(targets) {
  for (const WatchTarget& target : targets_)
    for (const std::string& name : target.names()) probes_.watch_name(name);
  for (const auto& netns : namespaces) {
    auto tables = os::NetTables::open(netns.fd);
    if (tables)
      tables_.push_back({netns.inode, netns.name, std::move(*tables), {}, {}});
    else
      losses_.push_back({"processes", 0, tables.error().message});
  }
  if (!may_look_into_processes())
    losses_.push_back({"processes", 0,
                       "other users' processes may not be looked into (CAP_SYS_PTRACE is needed): "
                       "who sends heartbeats is not found"});
  // Probes speak of the initial PID namespace; from another one /proc shows other numbers.
  constexpr std::uint64_t kInitialPidNamespace = 0xEFFFFFFC;
  if (os::namespace_of(getpid(), "pid") != kInitialPidNamespace)
    losses_.push_back({"processes", 0,
                       "the recorder runs in a PID namespace of its own (a container): run it on "
                       "the host to see processes by their real numbers"});
}

bool WatchList::add(Instant now, std::int32_t pid, Role role) {
  const auto stat = os::read_stat(pid);
  if (pid == getpid() || !stat || stat->state == 'Z') return false;
  const auto known = processes_.find(pid);
  if (known != processes_.end()) {
    const bool same = known->second.start_ticks == stat->start_ticks;
    if (same && rank(known->second.found.role) <= rank(role)) return false;
    remove(now, pid);
  }
  WatchedProcess process;
  process.since = now;
  process.start_ticks = stat->start_ticks;
  process.pid_namespace = os::namespace_of(pid, "pid");
  process.found.pid = pid;
  process.found.parent = stat->parent;
  process.found.comm = stat->comm;
  process.found.command_line = os::command_line(pid);
  process.found.netns = os::namespace_of(pid, "net");
  process.found.role = role;
  read_cgroups(process);
  probes_.watch(pid, role_number(role));
  if (on_found) on_found(process.found);
  processes_.emplace(pid, std::move(process));
  ++changes_;
  return true;
}

void WatchList::remove(Instant now, std::int32_t pid) {
  const auto known = processes_.find(pid);
  if (known == processes_.end()) return;
  known->second.until = now;
  ended_.push_back(std::move(known->second));
  processes_.erase(known);
  ++changes_;
}

void WatchList::add_heartbeat(Instant now, std::int32_t pid) {
  if (!add(now, pid, Role::Heartbeat)) return;
  const std::string executable = os::executable_of(pid);
  const auto stat = os::read_stat(pid);
  // Started by this very process (a test, a lab): its siblings are not its helpers.
  if (!stat || stat->parent == getpid() || executable.empty() ||
      os::executable_of(stat->parent) != executable)
    return;
  add(now, stat->parent, Role::Parent);
  // Siblings of the same program: its other workers, one of which may run the scripts.
  for (const std::int32_t other : os::list_processes()) {
    const auto sibling = os::read_stat(other);
    if (sibling && sibling->parent == stat->parent && other != pid &&
        os::executable_of(other) == executable)
      add(now, other, Role::Child);
  }
}

void WatchList::scan_namespace(Instant now, Tables& tables) {
  std::vector<os::RawSocket> sockets = tables.tables.raw_sockets();
  std::erase_if(sockets, [](const os::RawSocket& s) { return s.protocol != wire::kVrrpProtocol; });
  std::vector<std::uint64_t> unknown;
  std::map<std::uint64_t, std::int32_t> holders;
  for (const os::RawSocket& socket : sockets) {
    const auto known = tables.holders.find(socket.inode);
    if (known != tables.holders.end() && processes_.contains(known->second))
      holders.insert(*known);
    else
      unknown.push_back(socket.inode);
  }
  if (!unknown.empty()) {
    for (const os::OpenDescriptor& holder : os::socket_holders(unknown, tables.netns)) {
      add_heartbeat(now, holder.pid);
      for (const std::uint64_t inode : unknown)
        if (holder.target == "socket:[" + std::to_string(inode) + "]")
          holders[inode] = holder.pid;
    }
    // One entry a process is enough to watch it; the other sockets of a holder are its own too.
    for (const std::uint64_t inode : unknown)
      if (!holders.contains(inode) && !holders.empty()) holders[inode] = holders.begin()->second;
  }
  tables.holders = std::move(holders);
  sample_drops(now, tables, sockets);
}

void WatchList::sample_drops(Instant now, Tables& tables,
                             const std::vector<os::RawSocket>& sockets) {
  std::map<std::uint64_t, std::uint64_t> drops;
  for (const os::RawSocket& socket : sockets) {
    drops[socket.inode] = socket.drops;
    const auto before = tables.drops.find(socket.inode);
    if (before == tables.drops.end() || before->second == socket.drops) continue;
    const auto holder = tables.holders.find(socket.inode);
    log_.add_fact(now, evidence::SocketDrops{
                           tables.netns, holder == tables.holders.end() ? 0 : holder->second,
                           socket.drops});
  }
  tables.drops = std::move(drops);
}

bool WatchList::is_service(std::string_view comm) const {
  return std::any_of(services_.begin(), services_.end(), [&](const std::string& service) {
    return comm == service.substr(0, 15);  // the kernel keeps 15 characters
  });
}

bool WatchList::is_target(std::int32_t pid, std::string_view comm) const {
  return std::any_of(targets_.begin(), targets_.end(),
                     [&](const WatchTarget& target) { return target.matches(pid, comm); });
}

std::vector<std::string> WatchList::unfound() const {
  std::vector<std::string> texts;
  for (const WatchTarget& target : targets_) {
    const bool found = std::any_of(processes_.begin(), processes_.end(), [&](const auto& entry) {
      return target.matches(entry.first, entry.second.found.comm);
    });
    if (!found) texts.push_back(target.text());
  }
  return texts;
}

/// The kernel watches by command name; who it is, and whether it still is, is decided here.
void WatchList::judge_target(Instant now, std::int32_t pid) {
  const std::string comm = os::comm_of(pid);
  const auto known = processes_.find(pid);
  const bool watched = known != processes_.end() && known->second.found.role == Role::Watched;
  if (!comm.empty() && is_target(pid, comm)) {
    if (watched && known->second.found.comm != comm) remove(now, pid);  // it has another name now
    add(now, pid, Role::Watched);
  } else if (watched || known == processes_.end()) {
    probes_.forget(pid);
    remove(now, pid);
  }
}

void WatchList::scan_names(Instant now) {
  if (services_.empty() && targets_.empty()) return;
  std::set<std::uint64_t> namespaces;
  for (const auto& [pid, process] : processes_)
    if (process.found.role == Role::Heartbeat) namespaces.insert(process.pid_namespace);
  for (const std::int32_t pid : os::list_processes()) {
    const auto known = processes_.find(pid);
    const bool fresh = known == processes_.end();
    if (!fresh && rank(known->second.found.role) <= rank(Role::Watched)) continue;
    const std::string comm = os::comm_of(pid);
    if (is_target(pid, comm))
      add(now, pid, Role::Watched);
    else if (fresh && is_service(comm) && namespaces.contains(os::namespace_of(pid, "pid")))
      add(now, pid, Role::Service);
  }
}

void WatchList::scan(Instant now) {
  std::vector<std::int32_t> gone;
  for (const auto& [pid, process] : processes_) {
    const auto stat = os::read_stat(pid);
    if (!stat || stat->start_ticks != process.start_ticks || stat->state == 'Z' ||
        stat->state == 'X')
      gone.push_back(pid);
  }
  for (const std::int32_t pid : gone) {
    probes_.forget(pid);
    remove(now, pid);
  }
  for (auto& [pid, process] : processes_) read_cgroups(process);
  for (Tables& tables : tables_) scan_namespace(now, tables);
  // A service that is missing is looked for at once; further workers of one can wait a little, as
  // can a target that the probes tell of when it starts.
  const bool serving = std::any_of(processes_.begin(), processes_.end(), [this](const auto& entry) {
    const evidence::ProcessFound& found = entry.second.found;
    return found.role == Role::Service || (found.role == Role::Watched && is_service(found.comm));
  });
  const bool told = targets_.empty() || probes_.has(ALIBI_SOURCE_PROCESS);
  const bool missing = (!serving && !services_.empty()) || (!told && !unfound().empty());
  if (missing || scans_++ % kNameScans == 0) scan_names(now);
}

bool WatchList::handle(Instant now, std::span<const std::uint8_t> record) {
  alibi_header header{};
  if (record.size() < sizeof header) return false;
  std::memcpy(&header, record.data(), sizeof header);
  if (header.kind == ALIBI_EXIT) {
    const bool watched = processes_.contains(header.pid);
    remove(now, header.pid);
    return watched;
  }
  if (header.kind == ALIBI_FORK && record.size() >= sizeof(alibi_fork)) {
    alibi_fork forked{};
    std::memcpy(&forked, record.data(), sizeof forked);
    if (forked.role == ALIBI_ROLE_WATCHED) judge_target(now, forked.child);
  }
  if (header.kind != ALIBI_EXEC || record.size() < sizeof(alibi_exec)) return false;
  alibi_exec exec{};
  std::memcpy(&exec, record.data(), sizeof exec);
  std::string line(exec.args, std::min<std::size_t>(exec.args_bytes, sizeof exec.args));
  std::replace(line.begin(), line.end(), '\0', ' ');
  bool fresh = false;
  for (const std::string& name : service_names(line)) fresh |= services_.insert(name).second;
  if (fresh) scan_names(now);
  if (targets_.empty()) return false;
  if (exec.role == ALIBI_ROLE_WATCHED || is_target(header.pid, os::comm_of(header.pid)))
    judge_target(now, header.pid);
  return false;
}

void WatchList::add_reader(Instant now, std::int32_t pid) {
  if (pid > 0 && !processes_.contains(pid)) add(now, pid, Role::LogReader);
}

void WatchList::forget_ended(Instant before) {
  std::erase_if(ended_, [before](const WatchedProcess& process) { return process.until < before; });
}

}  // namespace alibi::daemon
