// SPDX-License-Identifier: Apache-2.0
// What this machine is: kernel, distribution, hypervisor, CPUs, limits. Read once for a case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace alibi::os {

struct HostDescription {
  std::string name;
  std::string kernel;          ///< release and machine
  std::string distribution;    ///< PRETTY_NAME
  std::string virtualisation;  ///< "kvm", "tcg", ...; "other"; empty: no hypervisor seen
  std::string container;       ///< what runs PID 1 in a container; empty: none seen
  std::int32_t cpus = 0;       ///< online
  std::uint64_t memory_kib = 0;
  std::int32_t cgroup_version = 0;  ///< 1, 2; 3 for both, 0 for none
  std::string clock_source;
  bool counts_steal = false;
  std::vector<std::string> limits;  ///< "kernel.sched_rt_runtime_us 950000"
};

/// What cannot be read stays empty or 0.
HostDescription describe_host();

/// The PRETTY_NAME of os-release(5), without its quotes; empty when it has none.
std::string pretty_name(std::string_view os_release);
/// A hypervisor's signature in CPUID leaf 0x40000000 (12 octets) as a word; "other" if it is not
/// known.
std::string hypervisor_name(std::string_view signature);

}  // namespace alibi::os
