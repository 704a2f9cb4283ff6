// SPDX-License-Identifier: Apache-2.0
// Book-keeping of links and addresses.
#include "daemon/links.h"

#include <linux/if_addr.h>

#include <algorithm>

#include "wire/vrrp.h"

namespace alibi::daemon {
namespace {

bool same(const os::InterfaceAddress& a, const os::InterfaceAddress& b) {
  return a.index == b.index && a.address == b.address;
}

bool link_local(const wire::IpAddress& address) {
  return address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
}

}  // namespace

Result<Links> Links::read(os::Netlink& netlink) {
  auto interfaces = netlink.interfaces();
  if (!interfaces) return tl::unexpected(interfaces.error());
  auto addresses = netlink.addresses();
  if (!addresses) return tl::unexpected(addresses.error());
  return Links(std::move(*interfaces), std::move(*addresses));
}

void Links::apply(const os::Interface& news) {
  std::erase_if(interfaces_, [&](const os::Interface& i) { return i.index == news.index; });
  if (!news.deleted) interfaces_.push_back(news);
}

void Links::apply(const os::InterfaceAddress& news) {
  const auto found = std::find_if(addresses_.begin(), addresses_.end(),
                                  [&](const auto& known) { return same(known, news); });
  if (news.deleted) {
    if (found != addresses_.end()) addresses_.erase(found);
  } else if (found == addresses_.end()) {
    addresses_.push_back(news);
  } else {
    *found = news;  // in place: the order decides who is primary
  }
}

const os::Interface* Links::find(std::string_view name) const {
  for (const auto& i : interfaces_) {
    if (i.name == name) return &i;
  }
  return nullptr;
}

const os::Interface* Links::find(IfIndex index) const {
  for (const auto& i : interfaces_) {
    if (i.index == index) return &i;
  }
  return nullptr;
}

bool Links::has(IfIndex index, const wire::IpAddress& address) const {
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const auto& known) {
    return known.index == index && known.address == address;
  });
}

wire::IpAddress Links::primary(IfIndex index, wire::Family family,
                               const std::vector<wire::IpAddress>& virtual_ones) const {
  for (const auto& known : addresses_) {
    if (known.index != index || known.address.family != family || !known.usable) continue;
    if (family == wire::Family::V6 && !link_local(known.address)) continue;
    if (std::find(virtual_ones.begin(), virtual_ones.end(), known.address) != virtual_ones.end()) {
      continue;
    }
    return known.address;
  }
  return {family, {}};
}

wire::IpAddress group_of(const config::Settings& settings, const config::Instance& instance) {
  if (instance.group) return *instance.group;
  const auto family = instance.vrrp.family;
  const auto& all = family == wire::Family::V4 ? settings.global.group4 : settings.global.group6;
  return all.value_or(wire::vrrp_group(family));
}

std::optional<unsigned> receive_bytes_of(const config::Settings& settings,
                                         const config::Instance& instance, unsigned mtu) {
  const auto& buffers = settings.global.buffers;
  if (instance.receive_buffer) return instance.receive_buffer;
  if (buffers.receive) return buffers.receive;
  if (buffers.receive_policy.empty()) return std::nullopt;
  const bool v4 = instance.vrrp.family == wire::Family::V4;
  const auto addresses = static_cast<unsigned>(instance.vrrp.addresses.size());
  // IP header, VRRP header, addresses, and version 2's authentication.
  const unsigned advert = v4 ? 20 + 8 + 4 * addresses + 8 : 40 + 8 + 16 * addresses;
  const unsigned each = buffers.receive_policy == "MTU" ? std::max(mtu, advert) : advert;
  return each * static_cast<unsigned>(buffers.receive_multiplier);
}

std::vector<wire::IpAddress> all_virtual_addresses(const config::Settings& settings) {
  std::vector<wire::IpAddress> all;
  for (const auto& instance : settings.instances) {
    for (const auto& a : instance.addresses) all.push_back(a.address);
    for (const auto& a : instance.excluded_addresses) all.push_back(a.address);
  }
  return all;
}

Result<os::AddressSpec> address_spec(const config::VirtualAddress& a, const std::string& name,
                                     const Links& links) {
  const auto* interface = links.find(name);
  if (interface == nullptr) {
    return fail("interface " + name + " does not exist, needed for address " + a.address.text());
  }
  const auto scope = os::parse_scope(a.scope);
  if (!scope) return fail("unknown scope '" + *a.scope + "' of address " + a.address.text());
  os::AddressSpec spec;
  spec.index = interface->index;
  spec.address = a.address;
  spec.prefix_length = a.prefix_length;
  spec.scope = *scope;
  spec.label = a.label;
  spec.broadcast = a.broadcast;
  spec.peer = a.peer;
  spec.preferred_seconds = a.preferred_seconds;
  spec.tracked = !a.no_track;
  const bool v6 = a.address.family == wire::Family::V6;
  if (v6 && a.nodad) spec.flags |= IFA_F_NODAD;
  if (v6 && a.home) spec.flags |= IFA_F_HOMEADDRESS;
  if (v6 && a.manage_temporary) spec.flags |= IFA_F_MANAGETEMPADDR;
  if (a.no_prefix_route) spec.flags |= IFA_F_NOPREFIXROUTE;
  if (a.auto_join) spec.flags |= IFA_F_MCAUTOJOIN;
  return spec;
}

Result<std::vector<os::AddressSpec>> address_specs(const config::Instance& instance, std::size_t at,
                                                   const std::vector<VirtualMacPlan>& macs,
                                                   const Links& links) {
  std::vector<os::AddressSpec> specs;
  for (const auto* list : {&instance.addresses, &*instance.excluded_addresses}) {
    for (const auto& a : *list) {
      auto spec = address_spec(a, interface_of(instance, at, a, macs), links);
      if (!spec) return tl::unexpected(spec.error());
      specs.push_back(std::move(*spec));
    }
  }
  return specs;
}

}  // namespace alibi::daemon
