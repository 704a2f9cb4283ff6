// SPDX-License-Identifier: Apache-2.0
// Link layers: Ethernet with VLAN tags, the two Linux "cooked" headers of the `any` device, the
// loopback headers of the BSDs, PPP, and none at all.
#include <utility>

#include "wire/walk.h"

namespace alibi::wire {
namespace {

// IEEE 802.1Q C-tag and 802.1ad S-tag, and the two values in use for stacked tags before 802.1ad.
bool is_vlan_tag(std::uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

constexpr std::uint16_t kArphrdEther = 1;
constexpr std::uint16_t kNothingOfOurs = 0;  // an EtherType that nobody has

// IEEE 802.3 section 3.1.1:
//
//   +-----------------+-----------------+----------+
//   | destination (6) |   source (6)    | type (2) |
//   +-----------------+-----------------+----------+
FrameDefect take_ethernet(Bytes bytes, LinkHeader& out) {
  Reader reader(bytes);
  const auto header = reader.take<14>();
  if (!header) return FrameDefect::Truncated;
  out = {header->u16<12>(), MacAddress{header->array<6, 6>()}, reader.rest()};
  return FrameDefect::None;
}

// LINKTYPE_LINUX_SLL:
//
//   +-------------------+-------------------+
//   | packet type (2)   | ARPHRD type (2)   |
//   +-------------------+-------------------+
//   | address size (2)  | address (8)    ...|
//   +-------------------+-------------------+
//   |               ... | protocol (2)      |
//   +-------------------+-------------------+
FrameDefect take_sll(Bytes bytes, LinkHeader& out) {
  Reader reader(bytes);
  const auto header = reader.take<16>();
  if (!header) return FrameDefect::Truncated;
  out = {header->u16<14>(), {}, reader.rest()};
  if (header->u16<2>() == kArphrdEther && header->u16<4>() == 6) {
    out.source_mac.bytes = header->array<6, 6>();
  }
  return FrameDefect::None;
}

// LINKTYPE_LINUX_SLL2:
//
//   +-------------------+-------------------+
//   | protocol (2)      | reserved (2)      |
//   +-------------------+-------------------+
//   |          interface index (4)          |
//   +-------------------+---------+---------+
//   | ARPHRD type (2)   | type (1)| size (1)|
//   +-------------------+---------+---------+
//   |              address (8)              |
//   +---------------------------------------+
FrameDefect take_sll2(Bytes bytes, LinkHeader& out) {
  Reader reader(bytes);
  const auto header = reader.take<20>();
  if (!header) return FrameDefect::Truncated;
  out = {header->u16<0>(), {}, reader.rest()};
  if (header->u16<8>() == kArphrdEther && header->u8<11>() == 6) {
    out.source_mac.bytes = header->array<12, 6>();
  }
  return FrameDefect::None;
}

// Raw IP: the version nibble says which.
FrameDefect take_raw(Bytes bytes, LinkHeader& out) {
  if (bytes.empty()) return FrameDefect::Truncated;
  const unsigned version = bytes[0] >> 4U;
  if (version != 4 && version != 6) return FrameDefect::BadIpHeader;
  out = {version == 4 ? kEtherIpv4 : kEtherIpv6, {}, bytes};
  return FrameDefect::None;
}

// LINKTYPE_NULL, LINKTYPE_LOOP: an address family of the system that captured, in its own byte
// order or the network's. AF_INET is 2 everywhere, AF_INET6 is not the same in any two families.
FrameDefect take_family(Bytes bytes, LinkHeader& out) {
  Reader reader(bytes);
  const auto header = reader.take<4>();
  if (!header) return FrameDefect::Truncated;
  std::uint32_t family = header->u32<0>();
  if (family > 0xffff) family = __builtin_bswap32(family);
  std::uint16_t type = kNothingOfOurs;
  if (family == 2) type = kEtherIpv4;
  for (const std::uint32_t v6 : {10U, 24U, 26U, 28U, 30U}) {
    if (family == v6) type = kEtherIpv6;
  }
  out = {type, {}, reader.rest()};
  return FrameDefect::None;
}

// RFC 1662 section 3.1, 1661 section 2: address 0xff and control 0x03, which may be left out, then
// a protocol of two octets, or of one that is odd.
FrameDefect take_ppp(Bytes bytes, LinkHeader& out) {
  Reader reader(bytes);
  if (bytes.size() >= 2 && bytes[0] == 0xff && bytes[1] == 0x03) reader.skip(2);
  if (reader.left() < 2) return FrameDefect::Truncated;
  const Bytes rest = reader.rest();
  const bool short_form = (rest[0] & 1U) != 0;
  const unsigned first = rest[0];
  const unsigned protocol = short_form ? first : first << 8U | rest[1];
  std::uint16_t type = kNothingOfOurs;
  if (protocol == 0x21) type = kEtherIpv4;
  if (protocol == 0x57) type = kEtherIpv6;
  out = {type, {}, rest.subspan(short_form ? 1 : 2)};
  return FrameDefect::None;
}

}  // namespace

FrameDefect take_link_header(Bytes bytes, LinkType link_type, LinkHeader& out) {
  switch (link_type) {
    case LinkType::Ethernet:
      return take_ethernet(bytes, out);
    case LinkType::LinuxSll:
      return take_sll(bytes, out);
    case LinkType::LinuxSll2:
      return take_sll2(bytes, out);
    case LinkType::Raw:
      return take_raw(bytes, out);
    case LinkType::Null:
    case LinkType::Loop:
      return take_family(bytes, out);
    case LinkType::Ppp:
    case LinkType::PppHdlc:
      return take_ppp(bytes, out);
    case LinkType::Ipv4:
      out = {kEtherIpv4, {}, bytes};
      return FrameDefect::None;
    case LinkType::Ipv6:
      out = {kEtherIpv6, {}, bytes};
      return FrameDefect::None;
  }
  return FrameDefect::LinkType;
}

// IEEE 802.1Q section 9.6: behind the type of a tag, two octets of tag control information, then
// the next type.
FrameDefect take_tags(std::uint16_t& type, std::uint32_t& vlans, Reader& reader) {
  vlans = 0;
  for (unsigned tags = 0; is_vlan_tag(type); ++tags) {
    if (tags == kMaxTags) return FrameDefect::TooDeep;
    const auto tag = reader.take<4>();
    if (!tag) return FrameDefect::Truncated;
    vlans = (vlans << 12U | (tag->u16<0>() & 0x0fffU)) & 0xffffffU;
    type = tag->u16<2>();
  }
  return FrameDefect::None;
}

bool Walk::enter_tunnel(std::uint32_t id) {
  if (tunnels == kMaxTunnels) {
    stop(FrameDefect::TooDeep);
    return false;
  }
  ++tunnels;
  source_mac = {};
  network = network_number(id, 0, 0);
  return true;
}

void walk_link(Walk& walk, Bytes bytes, LinkType link_type) {
  LinkHeader header;
  const FrameDefect defect = take_link_header(bytes, link_type, header);
  if (defect != FrameDefect::None) return walk.stop(defect);
  walk.source_mac = header.source_mac;
  walk_ether_type(walk, header.ether_type, header.rest);
}

void walk_ether_type(Walk& walk, std::uint16_t type, Bytes bytes) {
  Reader reader(bytes);
  std::uint32_t vlans = 0;
  const FrameDefect defect = take_tags(type, vlans, reader);
  if (defect != FrameDefect::None) return walk.stop(defect);
  walk.network |= network_number(0, vlans & 0xfffU, vlans >> 12U);
  switch (type) {
    case kEtherIpv4:
      return walk_ipv4(walk, reader.rest());
    case kEtherIpv6:
      return walk_ipv6(walk, reader.rest());
    case kEtherArp:
      return walk_arp(walk, reader.rest());
    default:
      return walk.stop(FrameDefect::NotOurs);
  }
}

Frame decode_frame(Bytes bytes, LinkType link_type) {
  Walk walk;
  walk_link(walk, bytes, link_type);
  return std::move(walk.frame);
}

}  // namespace alibi::wire
