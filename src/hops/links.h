// SPDX-License-Identifier: Apache-2.0
// The interfaces of a host and what joins them, as plain values: what netlink says of every network
// namespace there. Collected by os/link_facts, carried between hosts as JSON, searched for a path.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/address.h"

namespace alibi::hops {

/// An interface, on one host: its network namespace (the inode of its file) and its index there.
/// Negative indices are given to what Open vSwitch alone knows: nothing can be captured there.
struct LinkId {
  std::uint64_t netns = 0;
  int index = 0;  ///< 0: none
  auto operator<=>(const LinkId&) const = default;
};

/// VXLAN, Geneve or GRE: frames of the interface travel inside packets between two addresses.
struct Tunnel {
  std::uint32_t id = 0;  ///< VNI, or the key of GRE
  bool any_id = false;   ///< Open vSwitch's flows choose it
  std::optional<wire::IpAddress> local;
  /// Where it sends to: the one address it was given, or those of its forwarding entries.
  std::vector<wire::IpAddress> remotes;
  LinkId under;  ///< its packets leave here; index 0: wherever the routes of that namespace say
};

struct Link {
  LinkId id;
  std::string name;
  std::string kind;  ///< as `ip -d link` shows it, "ovs-bridge", "ovs-patch"; empty: hardware
  wire::MacAddress mac;
  unsigned mtu = 0;
  bool up = false;         ///< IFF_UP and IFF_RUNNING
  bool forwarding = true;  ///< a bridge port that spanning tree has not blocked or disabled
  int vlan = 0;            ///< access VLAN of an Open vSwitch port; 0: all
  int master = 0;          ///< the bridge, bond, ... it is a port of, in its own namespace
  /// veth: the other end; VLAN, macvlan, ipvlan: the interface below. Index 0: there is none, or it
  /// is in a namespace that was not seen.
  LinkId other;
  std::optional<Tunnel> tunnel;
  std::vector<wire::IpAddress> addresses;
  std::string holder;  ///< tun, tap: the program at its other end, "qemu-system-x86 (pid 7)"
  std::vector<wire::MacAddress> behind;  ///< a bridge port: addresses learned there
};

struct Namespace {
  std::uint64_t inode = 0;
  /// As os::open_network_namespace takes it: "" the one that asked, a name of /run/netns, "pid:7".
  std::string name;
};

/// What one host told.
struct Host {
  std::string name;
  std::vector<Namespace> namespaces;
  std::vector<Link> links;
  std::vector<std::string> unseen;  ///< what could not be read, and why
};

}  // namespace alibi::hops
