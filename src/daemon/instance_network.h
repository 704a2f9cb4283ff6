// SPDX-License-Identifier: Apache-2.0
// What moves with an instance: addresses, routes, rules, and the firewall's silence at addresses
// that are not to be reached. The keeper takes it and gives it back; when it dies, the last will
// does.
#pragma once

#include <functional>
#include <vector>

#include "base/rare.h"
#include "config/settings.h"
#include "daemon/links.h"
#include "daemon/routes.h"
#include "daemon/virtual_macs.h"
#include "os/netlink_address.h"
#include "os/nftables.h"

namespace alibi::daemon {

struct InstanceNetwork {
  std::vector<os::AddressSpec> addresses;  ///< virtual_ipaddress first, then _excluded
  Rare<std::vector<os::RouteSpec>> routes;
  Rare<std::vector<os::RuleSpec>> rules;
  Rare<std::vector<os::BlockedAddress>> blocked;
  bool operator==(const InstanceNetwork&) const = default;
};

/// no_accept, and not the owner of its addresses (RFC 9568 section 6.4.3 (650)).
bool silent(const config::Instance& instance);
bool any_silent(const config::Settings& settings);
/// How the table of no_accept is named and set up. keepalived's own default name is not used: its
/// table may be there.
os::FirewallOptions firewall_options(const config::Settings& settings);

/// Names to numbers. Reads iproute2's files when it is made, nothing later.
class Resolver {
 public:
  explicit Resolver(const config::Settings& settings);

  const std::vector<VirtualMacPlan>& macs() const { return macs_; }
  /// An interface that is not there is the error.
  Result<InstanceNetwork> instance(std::size_t at, const Links& links) const;
  /// The same without what an interface is missing for: to give back.
  InstanceNetwork rest_of(std::size_t at, const Links& links) const;
  Result<InstanceNetwork> statics(const Links& links) const;
  InstanceNetwork rest_of_statics(const Links& links) const;
  /// Routes and rules with a name (a table, a scope) that this host does not know, and why: they
  /// are in none of the above, as in keepalived.
  std::vector<std::string> left_out() const;

 private:
  Result<void> add_routes(const std::vector<config::Route>& routes, const Links& links,
                          InstanceNetwork& to) const;
  void add_rules(const std::vector<config::Rule>& rules,
                 const std::vector<std::uint32_t>& priorities, InstanceNetwork& to) const;

  const config::Settings& settings_;
  std::vector<VirtualMacPlan> macs_;
  os::RouteNames names_;
  std::vector<std::uint32_t> static_priorities_;
  std::vector<std::vector<std::uint32_t>> priorities_;
};

using OnError = std::function<void(const Error&)>;

/// What `from` has and `other` has not. Addresses are the same on one interface, however they are
/// labelled.
InstanceNetwork lacking(InstanceNetwork from, const InstanceNetwork& other);
/// The addresses of `from` that `other` has as well, but not in all the same.
std::vector<os::AddressSpec> altered(const InstanceNetwork& from, const InstanceNetwork& other);
/// Both have the same, however it is ordered.
bool same(const InstanceNetwork& one, const InstanceNetwork& other);
void append(InstanceNetwork& to, const InstanceNetwork& more);

/// Silence first, then addresses, routes, rules. `firewall` may be null when nothing is blocked.
void take(const InstanceNetwork& network, os::Netlink& netlink, os::Firewall* firewall,
          const OnError& failed);
/// In reverse. What is gone already is no error.
void give_back(const InstanceNetwork& network, os::Netlink& netlink, os::Firewall* firewall,
               const OnError& failed);

}  // namespace alibi::daemon
