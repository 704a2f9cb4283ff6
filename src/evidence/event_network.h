// SPDX-License-Identifier: Apache-2.0
// The part of the event catalogue that is about networks: links, addresses, counters, drops.
#pragma once

#include <cstdint>
#include <string>

#include "wire/address.h"

namespace alibi::evidence {

/// rtnetlink RTM_NEWLINK/DELLINK in a watched namespace.
struct LinkChange {
  std::uint64_t netns = 0;
  int ifindex = 0;
  std::string interface;
  bool admin_up = false;            ///< IFF_UP
  bool carrier = false;             ///< IFF_LOWER_UP
  bool deleted = false, was_usable = false;  ///< the latter: up, with a carrier, before this
  wire::MacAddress mac{};           ///< zero where a link has none
};

/// rtnetlink RTM_NEWADDR/DELADDR.
struct AddressChange {
  std::uint64_t netns = 0;
  int ifindex = 0;
  std::string interface;
  wire::IpAddress address;
  bool added = false;
};

/// Interface counters of a tap, every 100 ms when they moved: does anything else get through?
struct InterfaceCounters {
  std::uint16_t tap = 0;
  std::uint64_t rx_packets = 0, tx_packets = 0, rx_dropped = 0, tx_dropped = 0;
};

/// Drops of the raw protocol-112 sockets in a namespace (/proc/net/raw), when they moved.
struct SocketDrops { std::uint64_t netns = 0; std::int32_t pid = 0; std::uint64_t drops = 0; };

/// The kernel dropped a VRRP packet and said why (tp_btf kfree_skb). NOT_SPECIFIED is not told: a
/// healthy bridge drops its own copy of every multicast frame with it.
struct PacketDropped {
  std::uint64_t netns = 0;
  int ifindex = 0;                  ///< 0: on its way out, before an interface was chosen
  std::string reason;               ///< enum skb_drop_reason without its prefix: "NETFILTER_DROP"
  std::string function;             ///< where in the kernel; may be empty
  wire::IpAddress source;
  std::uint8_t vrid = 0;
  bool outgoing = false;            ///< it belonged to a socket of this host
};

}  // namespace alibi::evidence
