// SPDX-License-Identifier: Apache-2.0
// The interfaces and addresses of this namespace as last heard, and the answers a VRRP router needs
// from them. Values only; os::Netlink and os::NetlinkMonitor feed it.
#pragma once

#include <vector>

#include "config/settings.h"
#include "daemon/virtual_macs.h"
#include "os/netlink.h"

namespace alibi::daemon {

class Links {
 public:
  Links() = default;
  Links(std::vector<os::Interface> interfaces, std::vector<os::InterfaceAddress> addresses)
      : interfaces_(std::move(interfaces)), addresses_(std::move(addresses)) {}
  static Result<Links> read(os::Netlink& netlink);

  void apply(const os::Interface& news);
  void apply(const os::InterfaceAddress& news);

  const std::vector<os::Interface>& interfaces() const { return interfaces_; }
  const os::Interface* find(std::string_view name) const;
  const os::Interface* find(IfIndex index) const;
  bool has(const os::AddressSpec& spec) const { return has(spec.index, spec.address); }
  bool has(IfIndex index, const wire::IpAddress& address) const;

  /// The first address of `family` that is none of `virtual_ones`: any but loopback scope for IPv4,
  /// a link-local one for IPv6 (RFC 9568 section 5.1.2.1), and never one that duplicate address
  /// detection has not passed. Unspecified when there is none.
  wire::IpAddress primary(IfIndex index, wire::Family family,
                          const std::vector<wire::IpAddress>& virtual_ones) const;

 private:
  std::vector<os::Interface> interfaces_;
  std::vector<os::InterfaceAddress> addresses_;
};

/// Where the adverts of an instance that does not speak unicast go: mcast_dst_ip, else
/// vrrp_mcast_group4/6, else the group of the RFC.
wire::IpAddress group_of(const config::Settings& settings, const config::Instance& instance);
/// kernel_rx_buf_size, else what vrrp_rx_bufs_policy says.
std::optional<unsigned> receive_bytes_of(const config::Settings& settings,
                                         const config::Instance& instance, unsigned mtu);

/// Every virtual address of every instance: never a source address.
std::vector<wire::IpAddress> all_virtual_addresses(const config::Settings& settings);

/// What to add for one instance, interfaces resolved. An interface that is not there is an error.
Result<std::vector<os::AddressSpec>> address_specs(const config::Instance& instance,
                                                   std::size_t at,
                                                   const std::vector<VirtualMacPlan>& macs,
                                                   const Links& links);
/// The same for one address line, on the interface of that name.
Result<os::AddressSpec> address_spec(const config::VirtualAddress& address,
                                     const std::string& interface, const Links& links);

}  // namespace alibi::daemon
