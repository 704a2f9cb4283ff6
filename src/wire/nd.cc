// SPDX-License-Identifier: Apache-2.0
// IPv6 neighbour discovery (RFC 4861): what ARP is to IPv4, and reported in the same form.
#include "base/check.h"
#include "wire/checksum.h"
#include "wire/walk.h"
#include "wire/writer.h"

namespace alibi::wire {
namespace {

constexpr std::uint8_t kNextHeaderIcmpv6 = 58;
constexpr std::uint8_t kNeighbourSolicitation = 135;
constexpr std::uint8_t kNeighbourAdvertisement = 136;
constexpr std::uint8_t kOptionSourceLinkAddress = 1;
constexpr std::uint8_t kOptionTargetLinkAddress = 2;
constexpr std::uint8_t kFlagRouter = 0x80;
constexpr std::uint8_t kFlagOverride = 0x20;

// RFC 4861 section 4.6.1; options are type, length in 8-octet units, value.
std::optional<MacAddress> link_address_option(Bytes options, std::uint8_t wanted) {
  Reader reader(options);
  while (reader.left() >= 8) {
    const auto head = reader.take<8>();
    if (head->u8<0>() == wanted && head->u8<1>() == 1) return MacAddress{head->array<2, 6>()};
    if (head->u8<1>() == 0 || !reader.skip((head->u8<1>() - 1U) * std::size_t{8})) break;
  }
  return std::nullopt;
}

}  // namespace

// RFC 4861 sections 4.3 and 4.4:
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Type 135/136 |    Code 0     |          Checksum             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |R|S|O| (136 only)             Reserved                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                  Target Address (16 octets)                   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   Options ...                                                 |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
void walk_icmpv6(Walk& walk, const IpHeader& ip, Bytes bytes) {
  if (bytes.empty()) return walk.stop(FrameDefect::Truncated);
  const std::uint8_t type = bytes[0];
  if (type != kNeighbourSolicitation && type != kNeighbourAdvertisement) {
    return walk.stop(FrameDefect::NotOurs);
  }
  Reader reader(bytes);
  const auto message = reader.take<24>();
  if (!message) return walk.stop(FrameDefect::Truncated);
  const bool advertisement = type == kNeighbourAdvertisement;
  const IpAddress target{Family::V6, message->array<8, 16>()};
  const auto link = link_address_option(
      reader.rest(), advertisement ? kOptionTargetLinkAddress : kOptionSourceLinkAddress);
  ArpPacket out;
  out.operation = advertisement ? 2 : 1;
  out.sender_mac = link.value_or(walk.source_mac);
  out.sender_ip = advertisement ? target : ip.source;
  // Sent to a group it is for everybody, as a gratuitous ARP is.
  out.target_ip = advertisement && !ip.destination.is_multicast() ? ip.destination : target;
  walk.frame.arp = out;
  walk.stop(FrameDefect::None);
}

std::vector<std::uint8_t> encode_unsolicited_na(const MacAddress& mac, const IpAddress& address,
                                                bool router) {
  CHECK(address.family == Family::V6);
  constexpr std::uint16_t kMessageSize = 32;
  constexpr std::size_t kMessageAt = 14 + 40;
  const MacAddress all_nodes_mac{{0x33, 0x33, 0x00, 0x00, 0x00, 0x01}};
  const IpAddress all_nodes{Family::V6, {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  Writer out(kMessageAt + kMessageSize);
  out.bytes(all_nodes_mac.bytes);
  out.bytes(mac.bytes);
  out.u16(kEtherIpv6);
  out.u32(0x60000000);
  out.u16(kMessageSize);
  out.u8(kNextHeaderIcmpv6);
  out.u8(255);
  out.bytes(address.bytes);
  out.bytes(all_nodes.bytes);
  out.u8(kNeighbourAdvertisement);
  out.u8(0);
  out.u16(0);
  out.u8(static_cast<std::uint8_t>(router ? kFlagRouter | kFlagOverride : kFlagOverride));
  out.u8(0);
  out.u16(0);
  out.bytes(address.bytes);
  out.u8(kOptionTargetLinkAddress);
  out.u8(1);
  out.bytes(mac.bytes);
  Checksum sum;
  sum.add_pseudo_header(address, all_nodes, kNextHeaderIcmpv6, kMessageSize);
  sum.add(out.view(kMessageAt));
  out.patch_u16(kMessageAt + 2, sum.value());
  return out.finish();
}

}  // namespace alibi::wire
