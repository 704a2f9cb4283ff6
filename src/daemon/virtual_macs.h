// SPDX-License-Identifier: Apache-2.0
// Which interfaces with virtual MAC addresses a configuration asks for, and where each virtual
// address therefore goes. Values only; network_setup.h makes the interfaces.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace alibi::daemon {

struct VirtualMacPlan {
  std::size_t instance = 0;
  std::string base;  ///< the interface below
  std::string name;  ///< of the interface to be made
  wire::MacAddress mac;
  bool adverts = false;  ///< the instance's own: its adverts leave here; else for addresses only
};

/// use_vmac of instances, use_vmac and use_vmac_addr of addresses, in the order of the
/// configuration. Names as keepalived gives them: PREFIX.VRID, when that is taken PREFIX4.VRID or
/// PREFIX6.VRID, then with a number at the end.
std::vector<VirtualMacPlan> plan_virtual_macs(const config::Settings& settings);

/// The instance's own, or null.
const VirtualMacPlan* own_virtual_mac(const std::vector<VirtualMacPlan>& plans,
                                      std::size_t instance);

/// Name of the interface that `address` of instance number `at` goes to.
std::string interface_of(const config::Instance& instance, std::size_t at,
                         const config::VirtualAddress& address,
                         const std::vector<VirtualMacPlan>& plans);

}  // namespace alibi::daemon
