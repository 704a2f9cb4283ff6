// SPDX-License-Identifier: Apache-2.0
// ARP for IPv4 over Ethernet (RFC 826), and the announcement that moves an address.
#include "base/check.h"
#include "wire/walk.h"
#include "wire/writer.h"

namespace alibi::wire {
namespace {

constexpr std::uint16_t kHardwareEthernet = 1;
constexpr std::uint16_t kOperationRequest = 1;

}  // namespace

// RFC 826, for Ethernet and IPv4:
//
//   +-------------------+-------------------+
//   | hardware type (2) | protocol type (2) |
//   +---------+---------+-------------------+
//   | size 6  | size 4  | operation (2)     |
//   +---------+---------+-------------------+
//   | sender MAC (6)    | sender IP (4)     |
//   +-------------------+-------------------+
//   | target MAC (6)    | target IP (4)     |
//   +-------------------+-------------------+
void walk_arp(Walk& walk, Bytes bytes) {
  Reader reader(bytes);
  const auto message = reader.take<28>();
  if (!message) return walk.stop(FrameDefect::Truncated);
  if (message->u16<0>() != kHardwareEthernet || message->u16<2>() != kEtherIpv4 ||
      message->u8<4>() != 6 || message->u8<5>() != 4) {
    return walk.stop(FrameDefect::NotOurs);
  }
  ArpPacket arp;
  arp.operation = message->u16<6>();
  arp.sender_mac.bytes = message->array<8, 6>();
  arp.sender_ip = IpAddress::v4(message->u32<14>());
  arp.target_mac.bytes = message->array<18, 6>();
  arp.target_ip = IpAddress::v4(message->u32<24>());
  walk.frame.arp = arp;
  walk.stop(FrameDefect::None);
}

std::vector<std::uint8_t> encode_gratuitous_arp(const MacAddress& mac, const IpAddress& address) {
  CHECK(address.family == Family::V4);
  const Bytes ip = Bytes(address.bytes).first(4);
  const MacAddress broadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
  Writer out(42);
  out.bytes(broadcast.bytes);
  out.bytes(mac.bytes);
  out.u16(kEtherArp);
  out.u16(kHardwareEthernet);
  out.u16(kEtherIpv4);
  out.u8(6);
  out.u8(4);
  out.u16(kOperationRequest);
  out.bytes(mac.bytes);
  out.bytes(ip);
  out.bytes(broadcast.bytes);  // ignored (RFC 5227 1.1); as keepalived has it
  out.bytes(ip);
  return out.finish();
}

}  // namespace alibi::wire
