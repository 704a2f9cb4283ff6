// SPDX-License-Identifier: Apache-2.0
// Reads the fixed parts of the headers, no more.
#include "wire/endpoints.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "wire/walk.h"

namespace alibi::wire {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kSctp = 132;

void take_ports(Endpoints& out, Bytes bytes) {
  constexpr std::size_t kUdpHeader = 8;
  out.payload = bytes;
  if (out.protocol == kUdp) out.payload = bytes.subspan(std::min(kUdpHeader, bytes.size()));
  if (out.protocol != kUdp && out.protocol != kTcp && out.protocol != kSctp) return;
  Reader reader(bytes);
  const auto ports = reader.take<4>();
  if (!ports) return;
  out.source_port = ports->u16<0>();
  out.destination_port = ports->u16<2>();
}

void take_ipv4(Endpoints& out, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<20>();
  const std::size_t size = header ? (header->u8<0>() & 0x0fU) * std::size_t{4} : 0;
  if (size < 20) return;
  out.ip = true;
  out.source = IpAddress::v4(header->u32<12>());
  out.destination = IpAddress::v4(header->u32<16>());
  out.protocol = header->u8<9>();
  out.ip_id = header->u16<4>();
  const bool later_fragment = (header->u16<6>() & 0x1fffU) != 0;
  if (!later_fragment && reader.skip(size - 20)) take_ports(out, reader.rest());
}

void take_ipv6(Endpoints& out, Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<40>();
  if (!header) return;
  out.ip = true;
  out.source = IpAddress{Family::V6, header->array<8, 16>()};
  out.destination = IpAddress{Family::V6, header->array<24, 16>()};
  out.protocol = header->u8<6>();
  take_ports(out, reader.rest());
}

std::string protocol_text(std::uint8_t protocol) {
  if (protocol == kUdp) return "udp";
  if (protocol == kTcp) return "tcp";
  return "protocol " + std::to_string(protocol);
}

}  // namespace

std::optional<Endpoints> endpoints_of(Bytes bytes, LinkType link_type) {
  LinkHeader header;
  if (take_link_header(bytes, link_type, header) != FrameDefect::None) return std::nullopt;
  Endpoints out;
  out.source_mac = header.source_mac;
  if (link_type == LinkType::Ethernet) {
    std::copy_n(bytes.begin(), out.destination_mac.bytes.size(), out.destination_mac.bytes.begin());
  }
  Reader reader(header.rest);
  out.ether_type = header.ether_type;
  std::uint32_t vlans = 0;
  if (take_tags(out.ether_type, vlans, reader) != FrameDefect::None) return out;
  out.network = network_number(0, vlans & 0xfffU, vlans >> 12U);
  if (out.ether_type == kEtherIpv4) take_ipv4(out, reader.rest());
  if (out.ether_type == kEtherIpv6) take_ipv6(out, reader.rest());
  return out;
}

std::string flow_text(const Endpoints& e) {
  if (!e.ip) {
    std::array<char, 8> type{};
    std::snprintf(type.data(), type.size(), "0x%04x", unsigned{e.ether_type});
    return e.source_mac.text() + " > " + e.destination_mac.text() + " type " + type.data();
  }
  constexpr std::uint16_t kLastSystemPort = 1023;
  std::string out =
      e.source.text() + " > " + e.destination.text() + " " + protocol_text(e.protocol);
  if (e.destination_port == 0) return out;
  out += " ";
  if (e.source_port <= kLastSystemPort) out += std::to_string(e.source_port) + ">";
  return out + std::to_string(e.destination_port);
}

}  // namespace alibi::wire
