// SPDX-License-Identifier: Apache-2.0
// One route to add, remove or hear of: RTM_NEWROUTE, RTM_DELROUTE. All names are numbers by now.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "os/netlink.h"

namespace alibi::os {

struct RouteHop {
  std::optional<wire::IpAddress> via;
  IfIndex index{0};
  int weight = 1;
  bool onlink = false;
  std::uint32_t realms = 0;
  bool operator==(const RouteHop&) const = default;
};

struct RouteSpec {
  wire::Family family = wire::Family::V4;
  std::uint8_t type = 1;  ///< RTN_*
  wire::IpAddress destination;
  int length = 0;
  std::optional<wire::IpAddress> from;
  int from_length = 0;
  std::optional<wire::IpAddress> source;  ///< preferred
  std::optional<wire::IpAddress> via;     ///< may be of the other family
  IfIndex index{0};
  std::optional<std::uint32_t> metric;
  std::uint32_t table = 254;
  std::uint8_t protocol = 18;         ///< RTPROT_KEEPALIVED
  std::optional<std::uint8_t> scope;  ///< absent: what fits the type
  std::uint8_t tos = 0;
  std::uint32_t realms = 0;
  std::optional<std::uint8_t> preference;  ///< RTA_PREF
  bool onlink = false;
  std::optional<std::uint32_t> expires;
  std::vector<std::pair<int, std::uint32_t>> metrics;  ///< RTAX_*
  std::string congestion_control;
  std::optional<bool> ttl_propagate;
  std::vector<RouteHop> hops;
  int flags = 0;        ///< NLM_F_REPLACE, NLM_F_EXCL, NLM_F_APPEND beside NLM_F_CREATE
  bool tracked = true;  ///< its loss is to be noticed
  bool operator==(const RouteSpec&) const = default;
};

/// One that is there, or not there, already is success.
Result<void> add_route(Netlink& netlink, const RouteSpec& route);
Result<void> remove_route(Netlink& netlink, const RouteSpec& route);

/// What identifies a route in notifications.
struct RouteKey {
  wire::IpAddress destination;
  int length = 0;
  std::uint32_t table = 0;
  std::uint32_t metric = 0;
  std::uint8_t tos = 0;
  bool deleted = false;
};
std::optional<RouteKey> parse_route(const nlmsghdr* header);
bool is_of(const RouteKey& key, const RouteSpec& route);
/// Adding `route` puts it in the place of `other`.
bool replaces(const RouteSpec& route, const RouteSpec& other);

struct RoutesFound {
  std::vector<bool> there;  ///< of each; one that could not be asked for counts as there
  bool complete = true;     ///< all could be asked for
};
/// Asks the kernel, over sockets of its own: a dump for each table and protocol, which the kernel
/// filters, so that a full table costs no more than its walk. A route that is not found is looked
/// for once more whatever its protocol: another may have put it there before us. Ends after
/// `patience`.
RoutesFound find_routes(std::span<const RouteSpec* const> routes, Duration patience);
bool has_route(const RouteSpec& route, Duration patience);

}  // namespace alibi::os
