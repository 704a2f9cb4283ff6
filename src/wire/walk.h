// SPDX-License-Identifier: Apache-2.0
// The walk down the headers of one frame, shared by the codecs behind decode_frame and private to
// wire/. Each function takes one layer off and calls the next; the number of tunnels and tags on
// the way is bounded, and with it the recursion.
#pragma once

#include "wire/frame.h"
#include "wire/reader.h"

namespace alibi::wire {

inline constexpr unsigned kMaxTunnels = 4;
inline constexpr unsigned kMaxTags = 4;
inline constexpr unsigned kMaxExtensionHeaders = 8;

inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kIpInIp = 4;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIpv6InIp = 41;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragmentHeader = 44;
inline constexpr std::uint8_t kGre = 47;
inline constexpr std::uint8_t kAuthenticationHeader = 51;
inline constexpr std::uint8_t kIcmpv6 = 58;
inline constexpr std::uint8_t kDestinationOptions = 60;

inline constexpr std::uint16_t kEtherIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherArp = 0x0806;
inline constexpr std::uint16_t kEtherIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherBridging = 0x6558;  ///< transparent Ethernet bridging

/// What the layers above know about the packet, and the frame that is being filled.
struct Walk {
  Frame frame;
  MacAddress source_mac;
  std::uint8_t tunnels = 0;
  std::uint64_t network = 0;

  void stop(FrameDefect why) { frame.defect = why; }
  /// One more encapsulation taken off, whose network has this number; false when that is one too
  /// many.
  bool enter_tunnel(std::uint32_t id = 0);
};

/// The parts of an IP header that the layers below need.
struct IpHeader {
  IpAddress source;
  IpAddress destination;
  std::uint8_t ttl = 0;
  std::uint16_t id = 0;
  bool cut = false;  ///< fewer octets were captured than the header promises
};

/// What is left of a frame behind its link header.
struct LinkHeader {
  std::uint16_t ether_type = 0;
  MacAddress source_mac;
  Bytes rest;
};
/// What is left of a tunnel's packet behind the tunnel's header; an EtherType, or kEtherBridging.
struct Inner {
  std::uint16_t type = 0;
  Bytes rest;
  std::uint32_t network = 0;  ///< VNI or key
};

// Each takes one header off and says None, or why it cannot.
FrameDefect take_link_header(Bytes bytes, LinkType link_type, LinkHeader& out);
/// `vlans`: the innermost tag's VLAN in the low 12 bits, that of the tag around it in the next 12;
/// 0 where there is none.
FrameDefect take_tags(std::uint16_t& type, std::uint32_t& vlans, Reader& reader);
FrameDefect take_udp_tunnel(Bytes bytes, Inner& out);
FrameDefect take_gre(Bytes bytes, Inner& out);

void walk_link(Walk& walk, Bytes bytes, LinkType link_type);
/// By EtherType, with VLAN tags in front of it.
void walk_ether_type(Walk& walk, std::uint16_t type, Bytes bytes);
void walk_ipv4(Walk& walk, Bytes bytes);
void walk_ipv6(Walk& walk, Bytes bytes);
void walk_arp(Walk& walk, Bytes bytes);
void walk_icmpv6(Walk& walk, const IpHeader& ip, Bytes bytes);
void walk_inner(Walk& walk, const Inner& inner);

}  // namespace alibi::wire
