// SPDX-License-Identifier: Apache-2.0
// /proc and /sys of the machine: CPUs, disks, pressure, clock.
#include <sys/timex.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <thread>

#include "os/doctor_read.h"
#include "os/proc_fs.h"
#include "os/proc_fs_mounts.h"

namespace alibi::os {
namespace {

using doctor::Number;

std::string line_of(const std::string& path) {
  const std::string text = read_text(path, 4096);
  return text.substr(0, text.find_last_not_of(" \n") + 1);
}

std::vector<std::string> entries(const std::string& directory, const std::string& prefix) {
  std::error_code error;
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

struct CpuTime {
  std::uint64_t all = 0, steal = 0;
};

/// "cpu user nice system idle iowait irq softirq steal guest guest_nice"; guests are in user.
CpuTime cpu_time() {
  const std::string text = read_text("/proc/stat", 4096);
  const auto words = split_words(std::string_view(text).substr(0, text.find('\n')));
  CpuTime time;
  for (std::size_t i = 1; i < std::min<std::size_t>(words.size(), 9); ++i) {
    time.all += to_number(words[i]);
  }
  if (words.size() > 8) time.steal = to_number(words[8]);
  return time;
}

Number permille(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<std::int64_t>(part * 1000 / whole);
}

/// "12.34" in hundredths.
std::int64_t hundredths(std::string_view text) {
  const auto dot = text.find('.');
  std::int64_t value = static_cast<std::int64_t>(to_number(text)) * 100;
  if (dot != std::string_view::npos) {
    value += static_cast<std::int64_t>(to_number(text.substr(dot + 1, 2)));
  }
  return value;
}

void read_pressure(doctor::Facts& facts) {
  std::string missing;
  for (const char* resource : {"cpu", "memory", "io"}) {
    const std::string text = read_text(std::string("/proc/pressure/") + resource);
    if (text.empty()) {
      missing += (missing.empty() ? "" : ", ") + std::string(resource);
      continue;
    }
    doctor::Pressure pressure{resource, 0, 0};
    for (const std::string_view line : split_words(text, "\n")) {
      for (const std::string_view word : split_words(line)) {
        if (!word.starts_with("avg60=")) continue;
        (line.starts_with("some") ? pressure.some_avg60 : pressure.full_avg60) =
            hundredths(word.substr(6));
      }
    }
    facts.pressure.push_back(pressure);
  }
  if (!missing.empty()) {
    facts.unread.push_back({"pressure of " + missing,
                            "/proc/pressure is not there or not readable (kernel without PSI, or "
                            "booted with psi=0)"});
  }
}

void read_cpus(doctor::Facts& facts) {
  doctor::Cpus& cpus = facts.cpus;
  const std::string base = "/sys/devices/system/cpu/";
  for (const std::string& cpu : entries(base, "cpu")) {
    const std::string governor = line_of(cpu + "/cpufreq/scaling_governor");
    if (governor.empty()) continue;
    cpus.driver = line_of(cpu + "/cpufreq/scaling_driver");
    if (std::find(cpus.governors.begin(), cpus.governors.end(), governor) == cpus.governors.end()) {
      cpus.governors.push_back(governor);
    }
  }
  if (cpus.governors.empty()) {
    facts.unread.push_back({"frequency governors",
                            "no cpufreq below " + base + " (usual in a guest: look at its host)"});
  }
  for (const std::string& state : entries(base + "cpu0/cpuidle", "state")) {
    const std::string disabled = line_of(state + "/disable");
    cpus.idle_states.push_back(
        {line_of(state + "/name"), number_in(state + "/latency").value_or(0), disabled == "1"});
  }
  cpus.isolated = line_of(base + "isolated");
}

void read_clock(doctor::Facts& facts) {
  const std::string base = "/sys/devices/system/clocksource/clocksource0/";
  facts.clock.source = line_of(base + "current_clocksource");
  facts.clock.available = line_of(base + "available_clocksource");
  timex asked{};
  if (::adjtimex(&asked) >= 0) facts.clock.unsynchronised = (asked.status & STA_UNSYNC) != 0;
}

std::map<std::string, DiskStats> disks_now() {
  std::map<std::string, DiskStats> disks;
  for (DiskStats& disk : parse_disk_stats(read_text("/proc/diskstats"))) {
    disks[disk.device] = disk;
  }
  return disks;
}

}  // namespace

Number number_in(const std::string& path) {
  const std::string text = read_text(path, 4096);
  const auto words = split_words(text, " \t\n");
  if (words.empty()) return std::nullopt;
  const bool negative = words[0].starts_with("-");
  const std::string_view digits = words[0].substr(negative ? 1 : 0);
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  const auto value = static_cast<std::int64_t>(to_number(digits));
  return negative ? -value : value;
}

Number status_number(std::string_view text, std::string_view key) {
  for (const std::string_view line : split_words(text, "\n")) {
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ':') continue;
    const auto words = split_words(line.substr(key.size() + 1), " \t");
    if (!words.empty()) return static_cast<std::int64_t>(to_number(words[0]));
  }
  return std::nullopt;
}

void read_machine(doctor::Facts& facts, std::chrono::milliseconds sample) {
  const auto disks = disks_now();
  const CpuTime before = cpu_time();
  facts.cpus.steal_permille = permille(before.steal, before.all);
  std::this_thread::sleep_for(sample);
  const CpuTime after = cpu_time();
  facts.sampled_ms = sample.count();
  facts.cpus.steal_permille_now = permille(after.steal - before.steal, after.all - before.all);
  for (const auto& [device, now] : disks_now()) {
    const auto then = disks.find(device);
    if (then == disks.end() || sample.count() == 0) continue;
    const auto busy = static_cast<std::int64_t>(now.io_ticks_ms - then->second.io_ticks_ms);
    facts.disks.push_back(
        {device, std::clamp<std::int64_t>(busy * 1000 / sample.count(), 0, 1000), now.in_flight});
  }
  read_cpus(facts);
  read_pressure(facts);
  read_clock(facts);
  const std::string memory = read_text("/proc/meminfo");
  facts.swap_total_kb = status_number(memory, "SwapTotal");
  facts.swap_free_kb = status_number(memory, "SwapFree");
  facts.log_queue = number_in("/proc/sys/net/unix/max_dgram_qlen");
  std::error_code error;
  facts.vhost_net_device = std::filesystem::exists("/dev/vhost-net", error);
  facts.vhost_net_loaded = std::filesystem::exists("/sys/module/vhost_net", error);
}

}  // namespace alibi::os
