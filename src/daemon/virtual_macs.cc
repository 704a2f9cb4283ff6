// SPDX-License-Identifier: Apache-2.0
// Names and places of virtual MAC addresses.
#include "daemon/virtual_macs.h"

#include <algorithm>

#include "wire/vrrp.h"

namespace alibi::daemon {
namespace {

using Plans = std::vector<VirtualMacPlan>;

bool taken(const Plans& plans, const std::string& name) {
  return std::any_of(plans.begin(), plans.end(), [&](const auto& p) { return p.name == name; });
}

/// keepalived's names, which firewalls and monitoring know: vrrp.51, then for IPv6 vrrp6.51, then
/// vrrp1.51, vrrp2.51, ...
std::string free_name(const Plans& plans, const std::string& prefix, const vrrp::Parameters& vrrp) {
  const std::string number = "." + std::to_string(vrrp.vrid.value);
  if (!taken(plans, prefix + number)) return prefix + number;
  const std::string sixth = prefix + "6" + number;
  if (vrrp.family == wire::Family::V6 && !taken(plans, sixth)) return sixth;
  for (int i = 1;; ++i) {
    const std::string numbered = prefix + std::to_string(i) + number;
    if (!taken(plans, numbered)) return numbered;
  }
}

/// On another interface than the instance's, and asked to have the virtual MAC there.
bool wants_own(const config::Instance& instance, const config::VirtualAddress& address) {
  if (!address.use_vmac && !instance.vmac_for_addresses) return false;
  const bool elsewhere = !address.interface.empty() && address.interface != instance.interface;
  return elsewhere || (address.use_vmac && !instance.vmac);
}

const std::string& base_of(const config::Instance& instance,
                           const config::VirtualAddress& address) {
  return address.interface.empty() ? instance.interface : address.interface;
}

const VirtualMacPlan* find(const Plans& plans, std::size_t instance, const std::string& base) {
  for (const auto& plan : plans) {
    if (plan.instance == instance && plan.base == base) return &plan;
  }
  return nullptr;
}

}  // namespace

std::vector<VirtualMacPlan> plan_virtual_macs(const config::Settings& settings) {
  Plans plans;
  const auto& global = settings.global;
  const auto& prefix = global.vmac_prefix;
  const auto& prefix_of_addresses =
      global.vmac_addr_prefix.empty() ? prefix : global.vmac_addr_prefix;
  // Names that are written down first: no generated one may take them.
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    const auto& instance = settings.instances[i];
    if (!instance.vmac || instance.vmac->name.empty()) continue;
    const auto mac = wire::virtual_mac(instance.vrrp.family, instance.vrrp.vrid);
    plans.push_back(
        {i, instance.interface, instance.vmac->name, instance.vmac->mac.value_or(mac), true});
  }
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    const auto& instance = settings.instances[i];
    const auto mac = wire::virtual_mac(instance.vrrp.family, instance.vrrp.vrid);
    if (instance.vmac && instance.vmac->name.empty()) {
      plans.push_back({i, instance.interface, free_name(plans, prefix, instance.vrrp),
                       instance.vmac->mac.value_or(mac), true});
    }
    for (const auto* list : {&instance.addresses, &*instance.excluded_addresses}) {
      for (const auto& address : *list) {
        const auto& base = base_of(instance, address);
        if (!wants_own(instance, address) || find(plans, i, base) != nullptr) continue;
        plans.push_back(
            {i, base, free_name(plans, prefix_of_addresses, instance.vrrp), mac, false});
      }
    }
  }
  return plans;
}

const VirtualMacPlan* own_virtual_mac(const Plans& plans, std::size_t instance) {
  for (const auto& plan : plans) {
    if (plan.instance == instance && plan.adverts) return &plan;
  }
  return nullptr;
}

std::string interface_of(const config::Instance& instance, std::size_t at,
                         const config::VirtualAddress& address, const Plans& plans) {
  const std::string& base = base_of(instance, address);
  // As keepalived: the other family's addresses stay below, their MAC would be of the wrong kind.
  const bool same_family = address.address.family == instance.vrrp.family;
  const auto* plan = find(plans, at, base);
  if (plan == nullptr) return base;
  if (plan->adverts) return same_family ? plan->name : base;
  return wants_own(instance, address) ? plan->name : base;
}

}  // namespace alibi::daemon
