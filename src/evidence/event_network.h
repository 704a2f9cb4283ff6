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

/// A port of a bridge changed its state (RTM_NEWLINK of family AF_BRIDGE, IFLA_BRPORT_STATE), or
/// left its bridge.
struct BridgePortChange {
  std::uint64_t netns = 0;
  int ifindex = 0;
  std::string interface;
  int bridge = 0;                   ///< ifindex of the bridge
  std::string state;                ///< "disabled", "listening", "learning", "forwarding",
                                    ///< "blocking", "removed"
};

/// The kernel learned another MAC address for a neighbour, gave the question up, or has an answer
/// again (RTM_NEWNEIGH, IPv4 and IPv6).
struct NeighbourChange {
  std::uint64_t netns = 0;
  int ifindex = 0;
  std::string interface;
  wire::IpAddress address;
  wire::MacAddress mac{};           ///< zero when it failed
  bool failed = false;              ///< NUD_FAILED
};

/// A queueing discipline of a tap (RTM_GETQDISC), looked at every 5 s and, while adverts are
/// dropped, once a second: told at first, and when it moved. Cumulative.
struct QdiscCounters {
  std::uint16_t tap = 0;
  std::string kind;                 ///< "fq_codel", "tbf"
  std::string handle;               ///< "8001:", as tc(8) prints it
  std::uint64_t dropped = 0, overlimits = 0;
  std::uint32_t queued_packets = 0, queued_bytes = 0;  ///< at this moment
};

/// Somebody committed another nftables ruleset (NFT_MSG_NEWGEN).
struct RulesetChange {
  std::uint64_t netns = 0;
  std::uint32_t generation = 0;
  std::int32_t pid = 0;             ///< of the committing process
  std::string process;              ///< its comm
};

/// A rule of nftables that may have dropped adverts, read after the kernel said that a packet
/// filter did: it matches VRRP, or its counter moved since it was read before.
struct DroppingRule {
  std::uint64_t netns = 0;
  std::string chain;                ///< "inet filter output"
  std::string hook;                 ///< "output", "input", "forward", ...
  std::int64_t handle = 0;          ///< as nft -a prints it; 0: the chain's policy
  bool names_vrrp = false;          ///< protocol 112 or its groups
  std::int64_t packets = -1;        ///< by its counter, cumulative; -1: it has none
};

}  // namespace alibi::evidence
