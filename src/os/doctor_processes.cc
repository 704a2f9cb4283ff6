// SPDX-License-Identifier: Apache-2.0
// Keepers, guests, readers of the log and other programs, from /proc.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>

#include "os/doctor_read.h"
#include "os/proc_fs.h"
#include "os/proc_fs_cgroup.h"
#include "os/proc_fs_fds.h"
#include "os/proc_fs_mounts.h"
#include "os/proc_fs_net.h"

namespace alibi::os {
namespace {

using doctor::Number;

constexpr std::uint32_t kVrrp = 112;

std::string proc(int pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

/// Field `number` of /proc/PID/stat (proc(5) counts from 1; the third is behind the name).
Number stat_field(std::string_view stat, std::size_t number) {
  const auto end = stat.rfind(')');
  if (end == std::string_view::npos) return std::nullopt;
  const auto words = split_words(stat.substr(end + 1), " \n");
  if (words.size() < number - 2) return std::nullopt;
  const std::string_view word = words[number - 3];
  const bool negative = word.starts_with("-");
  const auto value = static_cast<std::int64_t>(to_number(word.substr(negative ? 1 : 0)));
  return negative ? -value : value;
}

/// "/autogroup-25 nice 0"; it counts only while autogroups are on.
Number autogroup_nice(int pid) {
  if (number_in("/proc/sys/kernel/sched_autogroup_enabled").value_or(0) != 1) return std::nullopt;
  const std::string text = read_text(proc(pid, "autogroup"));
  const auto words = split_words(text, " \n");
  if (words.size() < 3) return std::nullopt;
  const bool negative = words[2].starts_with("-");
  const auto value = static_cast<std::int64_t>(to_number(words[2].substr(negative ? 1 : 0)));
  return negative ? -value : value;
}

doctor::CgroupLimits& limits_of(std::vector<doctor::CgroupLimits>& all, const std::string& name) {
  for (doctor::CgroupLimits& each : all) {
    if (each.name == name) return each;
  }
  all.push_back({});
  all.back().name = name;
  return all.back();
}

std::vector<doctor::CgroupLimits> cgroup_limits(int pid) {
  static const std::vector<Mount> mounts = mounts_of(::getpid());
  const auto lines = parse_cgroups(read_text(proc(pid, "cgroup")));
  std::vector<doctor::CgroupLimits> all;
  for (const CgroupLevel& level : cgroup_levels(mounts, lines, "cpu")) {
    const auto cpu = cgroup_cpu(level);
    if (!cpu || cpu->quota_us < 0) continue;
    doctor::CgroupLimits& limits = limits_of(all, level.name);
    limits.quota_us = cpu->quota_us;
    limits.period_us = cpu->period_us;
    limits.throttled_count = static_cast<std::int64_t>(cpu->throttled_count);
  }
  for (const CgroupLevel& level : cgroup_levels(mounts, lines, "memory")) {
    // "max" is no number; version 1 has a huge one instead.
    const Number high = level.version2 ? number_in(level.directory + "/memory.high") : Number{};
    const Number most =
        number_in(level.directory + (level.version2 ? "/memory.max" : "/memory.limit_in_bytes"));
    const Number limit = high && most ? std::min(high, most) : high ? high : most;
    if (!limit || *limit > (std::int64_t{1} << 60)) continue;
    doctor::CgroupLimits& limits = limits_of(all, level.name);
    limits.memory_limit = limit;
    limits.memory_used = number_in(level.directory +
                                   (level.version2 ? "/memory.current" : "/memory.usage_in_bytes"));
  }
  return all;
}

/// Behind -f or --use-file of keepalived's or alibi's command line.
std::string config_of(int pid, const std::string& comm) {
  const std::string arguments = command_line(pid);
  const auto words = split_words(arguments);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "-f" || words[i] == "--use-file") return std::string(words[i + 1]);
  }
  for (const std::string_view word : words) {
    if (word.starts_with("-f/")) return std::string(word.substr(2));
    if (word.starts_with("--use-file=")) return std::string(word.substr(11));
  }
  return comm == "keepalived" ? "/etc/keepalived/keepalived.conf" : "";
}

/// keepalived(8): -l, alone or among other letters (-nlD); what takes a value ends a word's
/// letters.
bool logs_to_console(int pid, const std::string& comm) {
  if (comm != "keepalived") return false;
  const std::string arguments = command_line(pid);
  for (const std::string_view word : split_words(arguments)) {
    if (word == "--log-console") return true;
    if (word.size() < 2 || word[0] != '-' || word[1] == '-') continue;
    const std::string_view letters = word.substr(1, word.find_first_of("fSprcbTsimMgGuAa", 1) - 1);
    if (letters.find('l') != std::string_view::npos) return true;
  }
  return false;
}

doctor::Keeper keeper_of(int pid, std::uint64_t netns) {
  doctor::Keeper keeper;
  keeper.pid = pid;
  keeper.comm = comm_of(pid);
  keeper.netns = netns;
  const std::string stat = read_text(proc(pid, "stat"));
  keeper.nice = stat_field(stat, 19);
  keeper.rt_priority = stat_field(stat, 40);
  keeper.policy = stat_field(stat, 41);
  const std::string status = read_text(proc(pid, "status"));
  keeper.locked_kb = status_number(status, "VmLck");
  keeper.resident_kb = status_number(status, "VmRSS");
  keeper.swapped_kb = status_number(status, "VmSwap");
  keeper.oom_score_adj = number_in(proc(pid, "oom_score_adj"));
  keeper.autogroup_nice = autogroup_nice(pid);
  keeper.cgroups = cgroup_limits(pid);
  keeper.logs_to_console = logs_to_console(pid, keeper.comm);
  keeper.standard_error = link_text(proc(pid, "fd/2"));
  keeper.config = config_of(pid, keeper.comm);
  return keeper;
}

std::vector<std::uint64_t> vrrp_sockets(const std::string& table) {
  std::vector<std::uint64_t> inodes;
  for (const RawSocket& socket : parse_raw_sockets(read_text(table))) {
    if (socket.protocol == kVrrp) inodes.push_back(socket.inode);
  }
  return inodes;
}

void add_keepers(const std::vector<std::uint64_t>& inodes, std::uint64_t netns,
                 bool doctor::Keeper::*family, doctor::Facts& facts) {
  for (const OpenDescriptor& holder : socket_holders(inodes, netns)) {
    const auto known = std::find_if(
        facts.keepers.begin(), facts.keepers.end(),
        [&](const doctor::Keeper& k) { return k.pid == holder.pid && k.netns == netns; });
    if (known == facts.keepers.end()) {
      facts.keepers.push_back(keeper_of(holder.pid, netns));
      facts.keepers.back().*family = true;
    } else {
      (*known).*family = true;
    }
  }
}

bool is_qemu(const std::string& comm) {
  return comm.starts_with("qemu-system") || comm.starts_with("qemu-kvm") || comm == "kvm";
}

/// "-name guest=lb1,debug-threads=on", "-name lb1".
std::string guest_name(const std::vector<std::string_view>& words) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] != "-name") continue;
    std::string_view name = words[i + 1].substr(0, words[i + 1].find(','));
    if (name.starts_with("guest=")) name.remove_prefix(6);
    return std::string(name);
  }
  return "";
}

bool may_list_descriptors(int pid) {
  std::error_code error;
  std::filesystem::directory_iterator listed(proc(pid, "fd"), error);
  return !error;
}

doctor::Guest guest_of(int pid, const std::string& comm, std::int64_t kernel_threads) {
  doctor::Guest guest;
  guest.pid = pid;
  guest.comm = comm;
  const std::string arguments = command_line(pid);
  guest.name = guest_name(split_words(arguments));
  guest.asks_tap = arguments.find("-netdev tap") != std::string::npos ||
                   arguments.find("\"type\":\"tap\"") != std::string::npos ||
                   arguments.find("-nic tap") != std::string::npos;
  guest.asks_vhost = arguments.find("vhost=on") != std::string::npos ||
                     arguments.find("vhost\":true") != std::string::npos ||
                     arguments.find("vhostfd") != std::string::npos;
  std::int64_t threads = kernel_threads;
  for (const std::int32_t tid : list_threads(pid)) {
    const auto stat = read_thread_stat(pid, tid);
    if (stat && stat->comm == "vhost-" + std::to_string(pid)) ++threads;
  }
  guest.threads = threads;
  if (!may_list_descriptors(pid)) return guest;
  guest.taps = 0;
  guest.vhost_net = 0;
  for (const OpenDescriptor& open : descriptors_of(pid)) {
    if (open.target == "/dev/net/tun") ++*guest.taps;
    if (open.target == "/dev/vhost-net") ++*guest.vhost_net;
  }
  return guest;
}

/// Files of a reader of the log that are on a disk, and these disks.
void add_files(doctor::LogReader& reader) {
  std::set<std::string> devices;
  for (const OpenDescriptor& open : descriptors_of(reader.pid)) {
    const bool file = open.target.starts_with("/") && !open.target.starts_with("/dev/") &&
                      !open.target.starts_with("/proc/") && !open.target.starts_with("/sys/");
    if (!file || !open.writable) continue;
    const FilePlace place = place_of_descriptor(reader.pid, open.fd);
    if (place.device.empty() || place.filesystem == "tmpfs") continue;
    reader.files.push_back(open.target);
    devices.insert(place.device);
  }
  reader.devices.assign(devices.begin(), devices.end());
}

/// rsyslog syncs after each line where told so (rsyslog's "sync" of omfile).
void add_synchronous(doctor::LogReader& reader) {
  if (reader.comm != "rsyslogd") return;
  std::vector<std::string> files = {"/etc/rsyslog.conf"};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/etc/rsyslog.d", error)) {
    if (entry.path().extension() == ".conf") files.push_back(entry.path());
  }
  for (const std::string& file : files) {
    std::ifstream in(file);
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      std::string_view words = line;
      while (!words.empty() && (words[0] == ' ' || words[0] == '\t')) words.remove_prefix(1);
      if (words.starts_with("#")) continue;
      if (words.starts_with("$ActionFileEnableSync on") ||
          words.find("sync=\"on\"") != std::string_view::npos) {
        reader.synchronous.push_back(file + ":" + std::to_string(number) + ": " +
                                     std::string(words));
      }
    }
  }
}

}  // namespace

void read_keepers(std::uint64_t netns, const std::string& name, doctor::Facts& facts) {
  const auto v4 = vrrp_sockets("/proc/thread-self/net/raw");
  const auto v6 = vrrp_sockets("/proc/thread-self/net/raw6");
  const std::size_t before = facts.keepers.size();
  add_keepers(v4, netns, &doctor::Keeper::vrrp4, facts);
  add_keepers(v6, netns, &doctor::Keeper::vrrp6, facts);
  if (v4.empty() && v6.empty()) return;
  if (facts.keepers.size() != before) return;
  facts.unread.push_back({"who keeps addresses" + (name.empty() ? "" : " in namespace " + name),
                          "there are raw sockets of protocol 112, but the descriptors of their "
                          "holders may not be looked at; run as root"});
}

void read_guests(doctor::Facts& facts) {
  const auto processes = list_processes();
  std::vector<std::string> workers;  // kernel threads of vhost, before Linux 6.4
  std::vector<std::pair<int, std::string>> guests;
  for (const std::int32_t pid : processes) {
    const std::string comm = comm_of(pid);
    if (comm.starts_with("vhost-")) workers.push_back(comm);
    if (is_qemu(comm)) guests.emplace_back(pid, comm);
  }
  for (const auto& [pid, comm] : guests) {
    const auto threads = std::count(workers.begin(), workers.end(), "vhost-" + std::to_string(pid));
    facts.guests.push_back(guest_of(pid, comm, threads));
    if (facts.guests.back().taps) continue;
    facts.unread.push_back({"descriptors of " + comm + " (pid " + std::to_string(pid) + ")",
                            "may not be looked at; run as root"});
  }
}

void read_log_readers(doctor::Facts& facts) {
  std::error_code error;
  const std::string real = std::filesystem::canonical("/dev/log", error).string();
  std::vector<std::uint64_t> inodes;
  for (const UnixSocketPath& socket : parse_unix_sockets(read_text("/proc/self/net/unix"))) {
    if (socket.path == "/dev/log" || (!error && socket.path == real))
      inodes.push_back(socket.inode);
  }
  auto holders = socket_holders(inodes, namespace_of(::getpid(), "net"));
  // systemd made the socket and keeps it; journald reads it.
  if (holders.size() > 1) std::erase_if(holders, [](const auto& h) { return h.pid == 1; });
  for (const OpenDescriptor& holder : holders) {
    doctor::LogReader reader;
    reader.pid = holder.pid;
    reader.comm = comm_of(holder.pid);
    add_files(reader);
    add_synchronous(reader);
    facts.log_readers.push_back(std::move(reader));
  }
  if (holders.empty()) {
    facts.unread.push_back({"who reads /dev/log", inodes.empty()
                                                      ? "no socket of that name in this namespace"
                                                      : "its holder may not be looked at"});
  }
}

void read_programs(doctor::Facts& facts) {
  static constexpr std::array<std::string_view, 7> kWanted = {
      "chronyd",         "ntpd",          "openntpd", "systemd-timesyn", "ptp4l",
      "systemd-network", "NetworkManager"};
  for (const std::int32_t pid : list_processes()) {
    const std::string comm = comm_of(pid);
    const bool wanted = std::find(kWanted.begin(), kWanted.end(), comm) != kWanted.end();
    if (wanted) facts.programs.push_back({pid, comm});
  }
}

}  // namespace alibi::os
