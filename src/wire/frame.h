// SPDX-License-Identifier: Apache-2.0
// From a captured frame to the advertisement or ARP/ND message in it, through VLAN tags and the
// tunnels VXLAN, GRE and Geneve. Counts defects by reason; never reads past the capture.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/address.h"
#include "wire/vrrp.h"

namespace alibi::wire {

/// Link types a capture may have (LINKTYPE_ values of the pcap registry).
enum class LinkType : std::uint16_t { Null = 0, Ethernet = 1, Ppp = 9, PppHdlc = 50, Raw = 101,
                                      Loop = 108, LinuxSll = 113, Ipv4 = 228, Ipv6 = 229,
                                      LinuxSll2 = 276 };
/// Does decode_frame() know it?
bool is_known(LinkType link_type);

struct VrrpPacket {
  IpAddress source;
  IpAddress destination;
  std::uint8_t ttl = 0;      ///< TTL or hop limit
  std::uint16_t ip_id = 0;   ///< IPv4 identification; 0 for IPv6
  MacAddress source_mac;     ///< of the innermost Ethernet header; zero where there is none
  std::uint8_t tunnels = 0;  ///< how many encapsulations were taken off
  /// Of several networks on one wire, which (network_number). 0: no tag and no tunnel.
  std::uint64_t network = 0;
  VrrpDecoded decoded;
};

/// A network by the VNI or key of the innermost tunnel, the VLAN inside it, and the one around that
/// (IEEE 802.1ad); 0: none. What a tunnel itself is carried by is its way, and not its network.
constexpr std::uint64_t network_number(std::uint32_t tunnel, unsigned vlan, unsigned outer_vlan) {
  return std::uint64_t{outer_vlan} << 44U | std::uint64_t{tunnel} << 12U | vlan;
}
constexpr unsigned vlan_of(std::uint64_t network) { return network & 0xfffU; }
constexpr unsigned outer_vlan_of(std::uint64_t network) { return network >> 44U & 0xfffU; }
constexpr std::uint32_t tunnel_of(std::uint64_t network) {
  return static_cast<std::uint32_t>(network >> 12U);
}
/// "VNI 7 VLAN 10", "VLAN 10", "VLAN 10 in VLAN 2", or nothing.
std::string network_text(std::uint64_t network);

/// An ARP message, or neighbour discovery in the same form: a neighbour solicitation is operation
/// 1, a neighbour advertisement operation 2, with target_ip = sender_ip when it went to a group.
struct ArpPacket {
  std::uint16_t operation = 1;  ///< 1 request, 2 reply
  MacAddress sender_mac;
  IpAddress sender_ip;
  MacAddress target_mac;
  IpAddress target_ip;
  bool gratuitous() const { return sender_ip == target_ip; }
};

/// Why a frame holds nothing for us, or could not be read to its end.
enum class FrameDefect : std::uint8_t {
  None,
  NotOurs,       ///< well formed as far as needed, but neither VRRP nor ARP
  Truncated,     ///< a header goes past the captured bytes
  BadIpHeader,   ///< version, header length or total length wrong
  Fragment,      ///< a later IP fragment: the VRRP header is elsewhere
  LinkType,      ///< link type not known
  TooDeep,       ///< more than 4 tunnels or tags
};
std::string_view text(FrameDefect defect);

struct Frame {
  FrameDefect defect = FrameDefect::NotOurs;
  std::optional<VrrpPacket> vrrp;
  std::optional<ArpPacket> arp;
};

/// `bytes` are the captured octets from the link header on.
Frame decode_frame(std::span<const std::uint8_t> bytes, LinkType link_type);

/// An Ethernet frame with a gratuitous ARP request for `address` (RFC 5227 section 3 form:
/// sender = target = address, broadcast), 42 octets.
std::vector<std::uint8_t> encode_gratuitous_arp(const MacAddress& mac, const IpAddress& address);

/// An Ethernet frame with an unsolicited neighbour advertisement to ff02::1 (RFC 4861 section 4.4,
/// override set), hop limit 255, checksum filled in.
std::vector<std::uint8_t> encode_unsolicited_na(const MacAddress& mac, const IpAddress& address,
                                                bool router);

/// The IPv4 header keepalived sends in front of an advertisement: TTL 255, TOS 0xc0, id 0, DF off.
std::vector<std::uint8_t> encode_ipv4_header(const IpAddress& source, const IpAddress& destination,
                                             std::uint8_t ttl, std::size_t payload_size);

}  // namespace alibi::wire
