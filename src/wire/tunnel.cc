// SPDX-License-Identifier: Apache-2.0
// Tunnels: VXLAN and Geneve over UDP, GRE.
#include "wire/walk.h"

namespace alibi::wire {
namespace {

constexpr std::uint16_t kPortVxlan = 4789;
constexpr std::uint16_t kPortVxlanLinux = 8472;  // the kernel's default before IANA gave one
constexpr std::uint16_t kPortGeneve = 6081;

// RFC 7348 section 5; the I flag says that there is a network identifier, without it this is
// some other user of the port.
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |R|R|R|R|I|R|R|R|            Reserved                           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                VXLAN Network Identifier (VNI) |   Reserved    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
FrameDefect take_vxlan(Bytes bytes, Inner& out) {
  Reader reader(bytes);
  const auto header = reader.take<8>();
  if (!header) return FrameDefect::Truncated;
  if ((header->u8<0>() & 0x08U) == 0) return FrameDefect::NotOurs;
  out = {kEtherBridging, reader.rest(), header->u32<4>() >> 8U};
  return FrameDefect::None;
}

// RFC 8926 section 3.4:
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol Type        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |        Virtual Network Identifier (VNI)       |    Reserved   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                    Variable-Length Options                    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
FrameDefect take_geneve(Bytes bytes, Inner& out) {
  Reader reader(bytes);
  const auto header = reader.take<8>();
  if (!header) return FrameDefect::Truncated;
  if (header->u8<0>() >> 6U != 0) return FrameDefect::NotOurs;
  if (!reader.skip((header->u8<0>() & 0x3fU) * std::size_t{4})) {
    return FrameDefect::Truncated;
  }
  out = {header->u16<2>(), reader.rest(), header->u32<4>() >> 8U};
  return FrameDefect::None;
}

}  // namespace

// RFC 768: source port, destination port, length, checksum, two octets each.
FrameDefect take_udp_tunnel(Bytes bytes, Inner& out) {
  Reader reader(bytes);
  const auto header = reader.take<8>();
  if (!header) return FrameDefect::Truncated;
  switch (header->u16<2>()) {
    case kPortVxlan:
    case kPortVxlanLinux:
      return take_vxlan(reader.rest(), out);
    case kPortGeneve:
      return take_geneve(reader.rest(), out);
    default:
      return FrameDefect::NotOurs;
  }
}

// RFC 2784 section 2.1 with RFC 2890 section 2 (key, sequence number):
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |C| |K|S| Reserved0       | Ver |         Protocol Type         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |      Checksum (optional)      |       Reserved1 (optional)    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                         Key (optional)                        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                  Sequence Number (optional)                   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
FrameDefect take_gre(Bytes bytes, Inner& out) {
  Reader reader(bytes);
  const auto header = reader.take<4>();
  if (!header) return FrameDefect::Truncated;
  const unsigned flags = header->u16<0>();
  // Version 1 is PPTP; the routing flag of RFC 1701 is deprecated and its field has no fixed size.
  if ((flags & 0x0007U) != 0 || (flags & 0x4000U) != 0) return FrameDefect::NotOurs;
  std::uint32_t key = 0;
  for (const unsigned flag : {0x8000U, 0x2000U, 0x1000U}) {
    if ((flags & flag) == 0) continue;
    const auto word = reader.take<4>();
    if (!word) return FrameDefect::Truncated;
    if (flag == 0x2000U) key = word->u32<0>();
  }
  out = {header->u16<2>(), reader.rest(), key};
  return FrameDefect::None;
}

void walk_inner(Walk& walk, const Inner& inner) {
  if (!walk.enter_tunnel(inner.network)) return;
  if (inner.type == kEtherBridging) return walk_link(walk, inner.rest, LinkType::Ethernet);
  walk_ether_type(walk, inner.type, inner.rest);
}

}  // namespace alibi::wire
