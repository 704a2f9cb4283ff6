// SPDX-License-Identifier: Apache-2.0
// Tunnels: VXLAN and Geneve over UDP, GRE.
#include "wire/walk.h"

namespace alibi::wire {
namespace {

constexpr std::uint16_t kPortVxlan = 4789;
constexpr std::uint16_t kPortVxlanLinux = 8472;  // the kernel's default before IANA gave one
constexpr std::uint16_t kPortGeneve = 6081;

void walk_inner(Walk& walk, std::uint16_t type, Bytes bytes) {
  if (!walk.enter_tunnel()) return;
  if (type == kEtherBridging) return walk_ethernet(walk, bytes);
  walk_ether_type(walk, type, bytes);
}

// RFC 7348 section 5; the I flag says that there is a network identifier, without it this is
// some other user of the port.
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |R|R|R|R|I|R|R|R|            Reserved                           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                VXLAN Network Identifier (VNI) |   Reserved    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
void walk_vxlan(Walk& walk, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<8>();
  if (!header) return walk.stop(FrameDefect::Truncated);
  if ((header->u8<0>() & 0x08U) == 0) return walk.stop(FrameDefect::NotOurs);
  walk_inner(walk, kEtherBridging, reader.rest());
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
void walk_geneve(Walk& walk, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<8>();
  if (!header) return walk.stop(FrameDefect::Truncated);
  if (header->u8<0>() >> 6U != 0) return walk.stop(FrameDefect::NotOurs);
  if (!reader.skip((header->u8<0>() & 0x3fU) * std::size_t{4})) {
    return walk.stop(FrameDefect::Truncated);
  }
  walk_inner(walk, header->u16<2>(), reader.rest());
}

}  // namespace

// RFC 768: source port, destination port, length, checksum, two octets each.
void walk_udp(Walk& walk, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<8>();
  if (!header) return walk.stop(FrameDefect::Truncated);
  switch (header->u16<2>()) {
    case kPortVxlan:
    case kPortVxlanLinux:
      return walk_vxlan(walk, reader.rest());
    case kPortGeneve:
      return walk_geneve(walk, reader.rest());
    default:
      return walk.stop(FrameDefect::NotOurs);
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
void walk_gre(Walk& walk, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<4>();
  if (!header) return walk.stop(FrameDefect::Truncated);
  const unsigned flags = header->u16<0>();
  // Version 1 is PPTP; the routing flag of RFC 1701 is deprecated and its field has no fixed size.
  if ((flags & 0x0007U) != 0 || (flags & 0x4000U) != 0) return walk.stop(FrameDefect::NotOurs);
  std::size_t optional = 0;
  for (const unsigned flag : {0x8000U, 0x2000U, 0x1000U}) optional += (flags & flag) != 0 ? 4U : 0U;
  if (!reader.skip(optional)) return walk.stop(FrameDefect::Truncated);
  walk_inner(walk, header->u16<2>(), reader.rest());
}

}  // namespace alibi::wire
