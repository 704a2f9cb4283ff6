// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 headers with options and extension headers, down to VRRP or a tunnel.
#include "wire/checksum.h"
#include "wire/walk.h"
#include "wire/writer.h"

namespace alibi::wire {
namespace {

constexpr std::uint8_t kTosInternetworkControl = 0xc0;

void take_vrrp(Walk& walk, const IpHeader& ip, Bytes bytes) {
  VrrpPacket packet;
  packet.source = ip.source;
  packet.destination = ip.destination;
  packet.ttl = ip.ttl;
  packet.ip_id = ip.id;
  packet.source_mac = walk.source_mac;
  packet.tunnels = walk.tunnels;
  packet.network = walk.network;
  packet.decoded = decode_vrrp(bytes, ip.source, ip.destination);
  walk.frame.vrrp = std::move(packet);
  // An advertisement cut short by the snap length is one all the same; the defect says that its
  // end is not known.
  walk.stop(ip.cut ? FrameDefect::Truncated : FrameDefect::None);
}

// RFC 4302 section 2; Payload Len counts 32-bit words minus 2. keepalived's auth_type AH puts it
// in front of VRRP.
//
//   +---------------+---------------+-------------------------------+
//   | Next Header   | Payload Len   | RESERVED                      |
//   +---------------+---------------+-------------------------------+
//   | Security Parameters Index, Sequence Number, ICV ...           |
//   +---------------------------------------------------------------+
bool skip_authentication_header(Reader& reader, std::uint8_t& protocol) {
  const Bytes start = reader.rest();
  if (start.size() < 2) return false;
  protocol = start[0];
  return reader.skip((std::size_t{start[1]} + 2) * 4);
}

void walk_tunnel(Walk& walk, std::uint8_t protocol, Bytes bytes) {
  Inner inner;
  const FrameDefect defect =
      protocol == kGre ? take_gre(bytes, inner) : take_udp_tunnel(bytes, inner);
  if (defect != FrameDefect::None) return walk.stop(defect);
  walk_inner(walk, inner);
}

void walk_protocol(Walk& walk, const IpHeader& ip, std::uint8_t protocol, Bytes bytes) {
  switch (protocol) {
    case kVrrpProtocol:
      return take_vrrp(walk, ip, bytes);
    case kUdp:
    case kGre:
      return walk_tunnel(walk, protocol, bytes);
    case kIpInIp:
      if (walk.enter_tunnel()) walk_ipv4(walk, bytes);
      return;
    case kIpv6InIp:
      if (walk.enter_tunnel()) walk_ipv6(walk, bytes);
      return;
    case kIcmpv6:
      if (ip.source.family == Family::V6) return walk_icmpv6(walk, ip, bytes);
      return walk.stop(FrameDefect::NotOurs);
    default:
      return walk.stop(FrameDefect::NotOurs);
  }
}

IpAddress v6(const std::array<std::uint8_t, 16>& bytes) { return IpAddress{Family::V6, bytes}; }

}  // namespace

// RFC 791 section 3.1:
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Version|  IHL  |Type of Service|          Total Length         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |         Identification        |Flags|      Fragment Offset    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Time to Live |    Protocol   |         Header Checksum       |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                       Source Address                          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                    Destination Address                        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// The header checksum is left alone: a capture on the sending host may see it before the hardware
// fills it in.
void walk_ipv4(Walk& walk, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<20>();
  if (!header) return walk.stop(FrameDefect::Truncated);
  const std::size_t header_size = (header->u8<0>() & 0x0fU) * std::size_t{4};
  if (header->u8<0>() >> 4U != 4 || header_size < 20) return walk.stop(FrameDefect::BadIpHeader);
  // Total length 0: a segment that the hardware will cut up, captured before it did.
  const std::size_t total = header->u16<2>() == 0 ? bytes.size() : header->u16<2>();
  if (total < header_size) return walk.stop(FrameDefect::BadIpHeader);
  if (!reader.skip(header_size - 20)) return walk.stop(FrameDefect::Truncated);
  IpHeader ip;
  ip.id = header->u16<4>();
  ip.ttl = header->u8<8>();
  ip.source = IpAddress::v4(header->u32<12>());
  ip.destination = IpAddress::v4(header->u32<16>());
  ip.cut = bytes.size() < total;
  reader.clip(total - header_size);
  if ((header->u16<6>() & 0x1fffU) != 0) return walk.stop(FrameDefect::Fragment);
  std::uint8_t protocol = header->u8<9>();
  if (protocol == kAuthenticationHeader && !skip_authentication_header(reader, protocol)) {
    return walk.stop(FrameDefect::Truncated);
  }
  walk_protocol(walk, ip, protocol, reader.rest());
}

// RFC 8200 section 3:
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Version| Traffic Class |           Flow Label                  |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |         Payload Length        |  Next Header  |   Hop Limit   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                  Source Address (16 octets)                   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                Destination Address (16 octets)                |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// Extension headers (section 4) begin with Next Header and, the fragment and authentication headers
// apart, a length in 8-octet units that does not count the first.
void walk_ipv6(Walk& walk, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<40>();
  if (!header) return walk.stop(FrameDefect::Truncated);
  if (header->u8<0>() >> 4U != 6) return walk.stop(FrameDefect::BadIpHeader);
  IpHeader ip;
  ip.ttl = header->u8<7>();
  ip.source = v6(header->array<8, 16>());
  ip.destination = v6(header->array<24, 16>());
  // Payload length 0: a jumbogram, or a segment captured before the hardware cut it up.
  const std::size_t payload = header->u16<4>() == 0 ? reader.left() : header->u16<4>();
  ip.cut = reader.left() < payload;
  reader.clip(payload);
  std::uint8_t next = header->u8<6>();
  for (unsigned extensions = 0;; ++extensions) {
    bool whole = true;
    if (next == kHopByHop || next == kRouting || next == kDestinationOptions) {
      const Bytes start = reader.rest();
      whole = start.size() >= 2 && reader.skip((std::size_t{start[1]} + 1) * 8);
      if (whole) next = start[0];
    } else if (next == kFragmentHeader) {
      const auto fragment = reader.take<8>();
      whole = fragment.has_value();
      if (whole && (fragment->u16<2>() & 0xfff8U) != 0) return walk.stop(FrameDefect::Fragment);
      if (whole) next = fragment->u8<0>();
    } else if (next == kAuthenticationHeader) {
      whole = skip_authentication_header(reader, next);
    } else {
      return walk_protocol(walk, ip, next, reader.rest());
    }
    if (!whole) return walk.stop(FrameDefect::Truncated);
    if (extensions == kMaxExtensionHeaders) return walk.stop(FrameDefect::TooDeep);
  }
}

std::vector<std::uint8_t> encode_ipv4_header(const IpAddress& source, const IpAddress& destination,
                                             std::uint8_t ttl, std::size_t payload_size) {
  Writer out(20);
  out.u8(0x45);
  out.u8(kTosInternetworkControl);
  out.u16(static_cast<std::uint16_t>(20 + payload_size));
  out.u32(0);  // identification, flags, fragment offset
  out.u8(ttl);
  out.u8(kVrrpProtocol);
  out.u16(0);
  out.bytes(Bytes(source.bytes).first(4));
  out.bytes(Bytes(destination.bytes).first(4));
  out.patch_u16(10, Checksum().add(out.view()).value());
  return out.finish();
}

}  // namespace alibi::wire
