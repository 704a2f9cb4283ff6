// SPDX-License-Identifier: Apache-2.0
// What an instance needs of the interfaces: its own, and those its addresses and routes name. As
// keepalived: without one of them it is in fault, or it would be a master that lacks an address.
#include <algorithm>

#include "daemon/keeper.h"

namespace alibi::daemon {
namespace keeping {

std::vector<Elsewhere> elsewhere_of(const config::Instance& instance, std::size_t at,
                                    const std::vector<VirtualMacPlan>& macs) {
  std::vector<Elsewhere> all;
  const auto* own = own_virtual_mac(macs, at);
  const auto add = [&](const std::string& name, bool tracked) {
    if (name.empty() || name == instance.interface || (own != nullptr && name == own->name)) return;
    const auto known = std::find_if(all.begin(), all.end(),
                                    [&](const auto& other) { return other.interface == name; });
    if (known == all.end()) {
      all.push_back({name, tracked});
    } else {
      known->tracked |= tracked;
    }
  };
  for (const auto* list : {&instance.addresses, &*instance.excluded_addresses}) {
    for (const auto& a : *list) add(interface_of(instance, at, a, macs), !a.no_track);
  }
  // As keepalived: next hops of a route are not tracked.
  for (const auto& route : instance.routes) {
    add(route.interface, !route.no_track);
    for (const auto& hop : route.next_hops) add(hop.interface, false);
  }
  for (const auto& rule : instance.rules) {
    if (rule.no_track) continue;
    add(rule.input_interface, true);
    add(rule.output_interface, true);
  }
  return all;
}

std::string link_trouble(const Slot& slot, const Port& port, const Links& links,
                         const CountsAsUp& counts_as_up) {
  if (!port.up && slot.settings.track_primary) {
    return "interface " + slot.settings.interface +
           (links.find(slot.settings.interface) != nullptr ? " is down" : " does not exist");
  }
  for (const auto& other : slot.elsewhere) {
    if (!other.tracked) continue;
    const auto* interface = links.find(other.interface);
    if (interface == nullptr) return "interface " + other.interface + " does not exist";
    if (!counts_as_up(*interface)) return "interface " + other.interface + " is down";
  }
  return slot.unresolved;
}

}  // namespace keeping

void Keeper::judge_links(Slot& slot) {
  const bool raised = (slot.faults >> static_cast<unsigned>(vrrp::ReasonCode::LinkDown) & 1U) != 0;
  const Port& port = ports_[slot.port];
  const auto trouble = keeping::link_trouble(slot, port, links_, [&](const os::Interface& other) {
    return delays_.heard(other.name, other.up, os::monotonic_now());
  });
  if (!trouble.empty() && !raised) {
    feed(slot, vrrp::FaultRaised{vrrp::ReasonCode::LinkDown, trouble, port.up});
  } else if (trouble.empty() && raised) {
    feed(slot, vrrp::FaultCleared{vrrp::ReasonCode::LinkDown});
  }
}

/// News of an interface that may be one that instances need beside their own. One that appeared has
/// an index of its own, perhaps another than the last of that name.
void Keeper::meet(const std::string& interface, bool appeared) {
  bool resolved = false;
  for (Slot& slot : slots_) {
    const bool used = std::any_of(slot.elsewhere.begin(), slot.elsewhere.end(),
                                  [&](const auto& other) { return other.interface == interface; });
    if (!used && slot.unresolved.empty()) continue;
    if (appeared && resolve(slot)) {
      resolved = true;
      // What is not tracked may have gone from a master with the old interface.
      if (slot.has_addresses) {
        daemon::take(slot.network, netlink_, firewall_ ? &*firewall_ : nullptr,
                     [&](const Error& error) { report(slot, error); });
      }
    }
    judge_links(slot);
  }
  if (resolved) guard_all();
}

}  // namespace alibi::daemon
