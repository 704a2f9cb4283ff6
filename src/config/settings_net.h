// SPDX-License-Identifier: Apache-2.0
// Addresses, routes, rules and interfaces as keepalived.conf names them, typed. Names of interfaces
// and tables stay names: the daemon resolves them where it runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/rare.h"
#include "config/place.h"
#include "wire/address.h"

namespace alibi::config {

/// One address line of virtual_ipaddress, virtual_ipaddress_excluded or static_ipaddress.
struct VirtualAddress {
  wire::IpAddress address;
  int prefix_length = 32;  ///< keepalived's default: /32, /128
  std::string interface;   ///< `dev`, empty: the instance's (static: default_interface)
  Rare<std::string> label;
  Rare<std::string> scope;
  std::optional<wire::IpAddress> broadcast;
  std::optional<wire::IpAddress> peer;
  bool use_vmac = false;                           ///< on a VMAC over `interface`
  bool home = false;                               ///< IFA_F_HOMEADDRESS
  bool nodad = true;                               ///< IFA_F_NODAD; `-nodad` takes it away
  bool manage_temporary = false;                   ///< mngtmpaddr
  bool no_prefix_route = false;                    ///< noprefixroute
  bool auto_join = false;                          ///< autojoin
  bool no_track = false;                           ///< its loss is nobody's business
  std::optional<std::uint32_t> preferred_seconds;  ///< preferred_lft; 0xffffffff: forever
  Rare<std::string> track_group;                   ///< static only
  Place place;
  bool operator==(const VirtualAddress&) const = default;
};

/// A network, or "default" (length 0).
struct Network {
  wire::IpAddress address;
  int length = 0;
  bool operator==(const Network&) const = default;
};

struct NextHop {
  std::optional<wire::IpAddress> via;
  std::string interface;
  int weight = 1;
  bool onlink = false;
  std::string realms;
  bool operator==(const NextHop&) const = default;
};

/// One metric of a route (RTAX_*), e.g. mtu, hoplimit, advmss; `lock` as `mtu lock 1400`.
struct RouteMetric {
  std::string name;
  std::uint32_t value = 0;
  bool lock = false;
  bool operator==(const RouteMetric&) const = default;
};

/// One line of virtual_routes or static_routes.
struct Route {
  wire::Family family = wire::Family::V4;
  std::string type = "unicast";  ///< unicast, blackhole, unreachable, prohibit, throw, local, ...
  Network destination;
  std::optional<Network> source_network;    ///< `from` (IPv6)
  std::optional<wire::IpAddress> source;    ///< `src`
  std::optional<wire::IpAddress> via;       ///< may be of the other family
  std::string interface;                    ///< dev, oif
  std::optional<std::uint32_t> metric;      ///< metric, priority, preference
  std::string table, protocol, scope, tos;  ///< names or numbers, empty: default
  std::string realms, preference_level;     ///< `pref low|medium|high`
  bool onlink = false;
  std::optional<std::uint32_t> expires_seconds;
  std::vector<RouteMetric> metrics;
  std::string congestion_control;
  bool congestion_lock = false;
  bool quickack = false;
  bool ecn = false;  ///< features ecn
  std::optional<bool> ttl_propagate;
  std::vector<NextHop> next_hops;
  enum class Change : std::uint8_t { Replace, Add, Append, Prepend } change = Change::Replace;
  bool no_track = false;
  std::string track_group;
  std::vector<std::string> words;  ///< the line as written, for logs and dumps
  Place place;
  bool operator==(const Route&) const = default;
};

/// One line of virtual_rules or static_rules.
struct Rule {
  wire::Family family = wire::Family::V4;
  bool negate = false;  ///< `not`
  std::optional<Network> from, to;
  std::string input_interface, output_interface;
  std::string table;                      ///< lookup; empty with another action
  std::string action = "lookup";          ///< lookup, goto, nop, blackhole, unreachable, prohibit
  std::optional<std::uint32_t> priority;  ///< absent: given from 16384 downwards
  std::optional<std::uint32_t> goto_priority;
  std::optional<std::uint32_t> mark, mark_mask;  ///< fwmark
  std::string tos, realms, protocol, ip_protocol;
  std::optional<std::pair<std::uint16_t, std::uint16_t>> source_port, destination_port;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> uid_range;
  std::optional<std::uint64_t> tunnel_id;
  std::optional<std::uint32_t> suppress_prefix_length, suppress_group;
  bool l3mdev = false;
  bool no_track = false;
  std::string track_group;
  std::vector<std::string> words;
  Place place;
  bool operator==(const Rule&) const = default;
};

/// track_group: instances whose state static addresses, routes and rules may depend on.
struct TrackGroup {
  std::string name;
  std::vector<std::string> members;
  Place place;
  bool operator==(const TrackGroup&) const = default;
};

/// garp_group: interfaces that share one pace.
struct GarpGroup {
  std::optional<Duration> garp_interval, gna_interval;
  std::vector<std::string> interfaces;
  Place place;
  bool operator==(const GarpGroup&) const = default;
};

/// interface_up_down_delays: a change counts when it has lasted that long.
struct UpDownDelay {
  std::string interface;
  Duration down{};
  Duration up{};
  Place place;
  bool operator==(const UpDownDelay&) const = default;
};

}  // namespace alibi::config
