// SPDX-License-Identifier: Apache-2.0
// Book-keeping of links and addresses.
#include "daemon/links.h"

#include <algorithm>

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

bool Links::has(const os::AddressSpec& spec) const {
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const auto& known) {
    return known.index == spec.index && known.address == spec.address;
  });
}

wire::IpAddress Links::primary(IfIndex index, wire::Family family,
                               const std::vector<wire::IpAddress>& virtual_ones) const {
  for (const auto& known : addresses_) {
    if (known.index != index || known.address.family != family) continue;
    if (family == wire::Family::V6 && !link_local(known.address)) continue;
    if (std::find(virtual_ones.begin(), virtual_ones.end(), known.address) != virtual_ones.end()) {
      continue;
    }
    return known.address;
  }
  return {family, {}};
}

std::vector<wire::IpAddress> all_virtual_addresses(const config::Settings& settings) {
  std::vector<wire::IpAddress> all;
  for (const auto& instance : settings.instances) {
    for (const auto& a : instance.addresses) all.push_back(a.address);
    for (const auto& a : instance.excluded_addresses) all.push_back(a.address);
  }
  return all;
}

Result<std::vector<os::AddressSpec>> address_specs(const config::Instance& instance,
                                                   const Links& links) {
  std::vector<os::AddressSpec> specs;
  for (const auto* list : {&instance.addresses, &instance.excluded_addresses}) {
    for (const auto& a : *list) {
      const std::string& name = a.interface.empty() ? instance.interface : a.interface;
      const auto* interface = links.find(name);
      if (interface == nullptr) {
        return fail("interface " + name + " does not exist, needed for address " +
                    a.address.text());
      }
      const auto scope = os::parse_scope(a.scope);
      if (!scope) return fail("unknown scope '" + a.scope + "' of address " + a.address.text());
      specs.push_back(
          {interface->index, a.address, a.prefix_length, *scope, a.label, a.broadcast});
    }
  }
  return specs;
}

}  // namespace alibi::daemon
