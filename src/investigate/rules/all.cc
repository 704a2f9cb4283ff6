// SPDX-License-Identifier: Apache-2.0
// The rules in the order they are asked.
#include <array>

#include "investigate/rules/rules.h"

namespace alibi::investigate::rules {

std::span<const Rule> of_own_decision(Kind kind) {
  static constexpr std::array<Rule, 8> kResigned = {process_crashed, process_killed, admin_stopped,
                                                    admin_reloaded,  service_down,   link_down,
                                                    other_link_down, address_removed};
  static constexpr std::array<Rule, 3> kOutbid = {admin_reloaded, service_down, other_link_down};
  if (kind == Kind::Resignation) return kResigned;
  if (kind == Kind::Preemption) return kOutbid;
  return {};
}

std::span<const Rule> all() {
  static constexpr auto kRules = std::to_array<Rule>({
      process_crashed, process_killed,  admin_stopped,    service_down,    link_down,
      other_link_down, address_removed, firewall,         qdisc,           neighbour,
      advert_refused,  host_paused,     cpu_stolen,       process_stopped, process_frozen,
      cpu_throttled,   cpu_starved,     memory_swap,      memory_reclaim,  io_log,
      io_filesystem,   io_disk,         process_busy,     peer_firewall,   peer_route,
      peer_other_mac,  peer_held,       peer_overflow,    peer_busy,       admin_reloaded,
      network_cut,     network_loss,    addresses_differ,
  });
  return kRules;
}

}  // namespace alibi::investigate::rules
