// SPDX-License-Identifier: Apache-2.0
// The hypervisor names itself to the CPUID instruction; where there is none, its firmware does.
#include "os/host_facts.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "os/proc_fs.h"
#include "os/proc_fs_host.h"

namespace alibi::os {
namespace {

std::string line_of(const std::string& path) {
  const std::string text = read_text(path, 4096);
  return text.substr(0, text.find_last_not_of(" \n") + 1);
}

#if defined(__x86_64__)
std::string virtualisation() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kHypervisorBit = 1U << 31;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kHypervisorBit) == 0) return "";
  __cpuid(0x40000000U, a, b, c, d);
  char signature[12];
  std::memcpy(signature, &b, 4);
  std::memcpy(signature + 4, &c, 4);
  std::memcpy(signature + 8, &d, 4);
  return hypervisor_name({signature, sizeof signature});
}
#else
std::string virtualisation() {
  const std::string vendor = line_of("/sys/class/dmi/id/sys_vendor");
  for (const auto& [part, word] : {std::pair{"QEMU", "qemu"},
                                   {"Amazon EC2", "amazon"},
                                   {"VMware", "vmware"},
                                   {"Microsoft", "hyper-v"},
                                   {"Google", "google"}})
    if (vendor.find(part) != std::string::npos) return word;
  return "";
}
#endif

/// systemd and the container engines leave a word for those inside.
std::string container() {
  if (const std::string word = line_of("/run/systemd/container"); !word.empty()) return word;
  const std::string environment = read_text("/proc/1/environ", 65536);
  for (const std::string_view variable : split_words(environment, std::string_view("\0", 1)))
    if (variable.starts_with("container=")) return std::string(variable.substr(10));
  if (access("/.dockerenv", F_OK) == 0) return "docker";
  return access("/run/.containerenv", F_OK) == 0 ? "podman" : "";
}

std::int32_t cgroup_version() {
  bool one = false, two = false;
  for (const CgroupLine& line : parse_cgroups(read_text("/proc/self/cgroup")))
    (line.controllers.empty() ? two : one) = true;
  return one && two ? 3 : one ? 1 : two ? 2 : 0;
}

std::uint64_t memory_kib() {
  const std::string text = read_text("/proc/meminfo");
  for (const std::string_view line : split_words(text, "\n"))
    if (line.starts_with("MemTotal:")) return to_number(split_words(line)[1]);
  return 0;
}

std::vector<std::string> limits() {
  std::vector<std::string> all;
  for (const auto& [name, path] :
       {std::pair{"kernel.sched_rt_runtime_us", "/proc/sys/kernel/sched_rt_runtime_us"},
        {"kernel.threads-max", "/proc/sys/kernel/threads-max"},
        {"fs.file-max", "/proc/sys/fs/file-max"},
        {"net.core.rmem_default", "/proc/sys/net/core/rmem_default"},
        {"net.core.netdev_max_backlog", "/proc/sys/net/core/netdev_max_backlog"}})
    if (const std::string value = line_of(path); !value.empty())
      all.push_back(std::string(name) + " " + value);
  return all;
}

}  // namespace

std::string pretty_name(std::string_view os_release) {
  constexpr std::string_view kKey = "PRETTY_NAME=";
  for (std::string_view line : split_words(os_release, "\n")) {
    if (!line.starts_with(kKey)) continue;
    line.remove_prefix(kKey.size());
    const bool quoted = line.size() > 1 && (line[0] == '"' || line[0] == '\'');
    return std::string(quoted ? line.substr(1, line.size() - 2) : line);
  }
  return "";
}

std::string hypervisor_name(std::string_view signature) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 9> kNames = {{
      {"KVMKVMKVM", "kvm"},
      {"Linux KVM Hv", "kvm"},
      {"TCGTCGTCGTCG", "tcg"},
      {"VMwareVMware", "vmware"},
      {"Microsoft Hv", "hyper-v"},
      {"XenVMMXenVMM", "xen"},
      {"bhyve bhyve ", "bhyve"},
      {"VBoxVBoxVBox", "virtualbox"},
      {"ACRNACRNACRN", "acrn"},
  }};
  for (const auto& [prefix, word] : kNames)
    if (signature.starts_with(prefix)) return word;
  return "other";
}

HostDescription describe_host() {
  HostDescription host;
  utsname names{};
  if (uname(&names) == 0) {
    host.name = names.nodename;
    host.kernel = std::string(names.release) + " " + names.machine;
  }
  host.distribution = pretty_name(read_text("/etc/os-release", 65536));
  if (host.distribution.empty())
    host.distribution = pretty_name(read_text("/usr/lib/os-release", 65536));
  host.virtualisation = virtualisation();
  host.container = container();
  host.cpus = static_cast<std::int32_t>(sysconf(_SC_NPROCESSORS_ONLN));
  host.memory_kib = memory_kib();
  host.cgroup_version = cgroup_version();
  host.clock_source = line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  for (const CpuSteal& cpu : parse_steal(read_text("/proc/stat")))
    host.counts_steal |= cpu.ticks > 0;
  host.limits = limits();
  return host;
}

}  // namespace alibi::os
