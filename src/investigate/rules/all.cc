// SPDX-License-Identifier: Apache-2.0
// The rules in the order they are asked.
#include <array>

#include "investigate/rules/rules.h"

namespace alibi::investigate::rules {

std::span<const Rule> of_resignation() {
  static constexpr std::array<Rule, 5> kRules = {process_crashed, process_killed, admin_stopped,
                                                 service_down, link_down};
  return kRules;
}

std::span<const Rule> all() {
  static constexpr std::array<Rule, 18> kRules = {
      process_crashed, process_killed, admin_stopped, service_down, link_down,     process_stopped,
      process_frozen,  cpu_throttled,  cpu_starved,   io_log,       io_filesystem, io_disk,
      process_busy,    peer_held,      peer_overflow, peer_busy,    network_cut,   network_loss};
  return kRules;
}

}  // namespace alibi::investigate::rules
