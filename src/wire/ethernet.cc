// SPDX-License-Identifier: Apache-2.0
// Link layers: Ethernet with VLAN tags, and the two Linux "cooked" headers of the `any` device.
#include <utility>

#include "wire/walk.h"

namespace alibi::wire {
namespace {

// IEEE 802.1Q C-tag and 802.1ad S-tag, and the two values in use for stacked tags before 802.1ad.
bool is_vlan_tag(std::uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

constexpr std::uint16_t kArphrdEther = 1;

// LINKTYPE_LINUX_SLL:
//
//   +-------------------+-------------------+
//   | packet type (2)   | ARPHRD type (2)   |
//   +-------------------+-------------------+
//   | address size (2)  | address (8)    ...|
//   +-------------------+-------------------+
//   |               ... | protocol (2)      |
//   +-------------------+-------------------+
void walk_sll(Walk& walk, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<16>();
  if (!header) return walk.stop(FrameDefect::Truncated);
  if (header->u16<2>() == kArphrdEther && header->u16<4>() == 6) {
    walk.source_mac.bytes = header->array<6, 6>();
  }
  walk_ether_type(walk, header->u16<14>(), reader.rest());
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
void walk_sll2(Walk& walk, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<20>();
  if (!header) return walk.stop(FrameDefect::Truncated);
  if (header->u16<8>() == kArphrdEther && header->u8<11>() == 6) {
    walk.source_mac.bytes = header->array<12, 6>();
  }
  walk_ether_type(walk, header->u16<0>(), reader.rest());
}

// Raw IP: the version nibble says which.
void walk_raw(Walk& walk, Bytes bytes) {
  if (bytes.empty()) return walk.stop(FrameDefect::Truncated);
  switch (bytes[0] >> 4U) {
    case 4:
      return walk_ipv4(walk, bytes);
    case 6:
      return walk_ipv6(walk, bytes);
    default:
      return walk.stop(FrameDefect::BadIpHeader);
  }
}

}  // namespace

bool Walk::enter_tunnel() {
  if (tunnels == kMaxTunnels) {
    stop(FrameDefect::TooDeep);
    return false;
  }
  ++tunnels;
  source_mac = {};
  return true;
}

// IEEE 802.3 section 3.1.1:
//
//   +-----------------+-----------------+----------+
//   | destination (6) |   source (6)    | type (2) |
//   +-----------------+-----------------+----------+
void walk_ethernet(Walk& walk, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<14>();
  if (!header) return walk.stop(FrameDefect::Truncated);
  walk.source_mac.bytes = header->array<6, 6>();
  walk_ether_type(walk, header->u16<12>(), reader.rest());
}

// IEEE 802.1Q section 9.6: behind the type of a tag, two octets of tag control information, then
// the next type.
void walk_ether_type(Walk& walk, std::uint16_t type, Bytes bytes) {
  Reader reader(bytes);
  for (unsigned tags = 0; is_vlan_tag(type); ++tags) {
    if (tags == kMaxTags) return walk.stop(FrameDefect::TooDeep);
    const auto tag = reader.take<4>();
    if (!tag) return walk.stop(FrameDefect::Truncated);
    type = tag->u16<2>();
  }
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
  switch (link_type) {
    case LinkType::Ethernet:
      walk_ethernet(walk, bytes);
      break;
    case LinkType::LinuxSll:
      walk_sll(walk, bytes);
      break;
    case LinkType::LinuxSll2:
      walk_sll2(walk, bytes);
      break;
    case LinkType::Raw:
      walk_raw(walk, bytes);
      break;
    case LinkType::Ipv4:
      walk_ipv4(walk, bytes);
      break;
    case LinkType::Ipv6:
      walk_ipv6(walk, bytes);
      break;
    default:
      walk.stop(FrameDefect::LinkType);
      break;
  }
  return std::move(walk.frame);
}

}  // namespace alibi::wire
