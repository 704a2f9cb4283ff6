// SPDX-License-Identifier: Apache-2.0
// Names of the event kinds, in the order of the variant.
#include "evidence/event.h"

#include <array>

namespace alibi::evidence {

std::string_view kind_name(const Fact& fact) {
  static constexpr std::array<std::string_view, std::variant_size_v<Fact>> kNames = {
      "process_found",   "thread_off",     "thread_on",       "thread_woken",  "wait_target",
      "signal_sent",     "process_forked", "process_exec",    "process_exit",  "cgroup_frozen",
      "cgroup_throttled", "block_device",  "link_change",     "address_change",
      "interface_counters", "socket_drops", "daemon_transition", "events_lost",
      "memory_reclaimed", "memory_limit", "memory_counters", "device_use", "packet_dropped",
      "config_read", "host_facts", "cpu_silent", "cpu_stolen", "pressure", "softnet_counters",
      "clock_jump", "bridge_port_change", "neighbour_change", "qdisc_counters", "ruleset_change",
      "dropping_rule", "thread_ran"};
  return kNames[fact.index()];
}

}  // namespace alibi::evidence
