// SPDX-License-Identifier: Apache-2.0
// Link headers: Ethernet with its tags, Linux cooked v1 and v2, raw IP.
#include "report/packet_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "report/hex_dump.h"
#include "report/packet_text.h"
#include "report/vendor_name.h"

namespace alibi::report {
namespace {

constexpr std::size_t kEthernet = 14, kSll = 16, kSll2 = 20;
constexpr std::uint16_t kIpv4 = 0x0800, kArp = 0x0806, kIpv6 = 0x86dd;
constexpr std::uint16_t kVlan = 0x8100, kServiceVlan = 0x88a8, kOldServiceVlan = 0x9100;
constexpr std::uint16_t kSmallestType = 0x0600;  // below: the length of an 802.3 frame
constexpr int kDeepest = 8;

bool is_vlan(std::uint16_t type) {
  return type == kVlan || type == kServiceVlan || type == kOldServiceVlan;
}

// "ethertype IPv4 (0x0800)", or in short "IPv4".
std::string type_text(std::uint16_t type, bool quiet) {
  const std::string_view name = ether_type_name(type);
  if (!quiet) return fmt::format("ethertype {} (0x{:04x})", name.empty() ? "Unknown" : name, type);
  return name.empty() ? fmt::format("Unknown Ethertype (0x{:04x})", type) : std::string(name);
}

std::string_view packet_type(std::uint8_t type) {
  constexpr std::array<std::string_view, 5> kNames = {"In", "B", "M", "P", "Out"};
  return type < kNames.size() ? kNames[type] : "?";
}

void print_unknown_type(PacketText& text, Bytes header, std::uint16_t type, Bytes rest,
                        std::size_t length) {
  if (!text.options.link_header && header.size() >= kEthernet) {
    text.out += fmt::format("{} > {}, {}, length {}: ", text.mac(header.subspan(6, 6)),
                            text.mac(header.first(6)), type_text(type, text.options.quiet), length);
  }
  if (!text.options.quiet && !text.options.no_octets)
    text.out += hex_dump(rest, HexDump::HexAndText);
}

void print_vlan(PacketText& text, std::uint16_t& type, Bytes& rest) {
  while (is_vlan(type)) {
    wire::Reader reader(rest);
    const auto tag = reader.take<4>();
    if (!tag) {
      text.cut("vlan");
      type = 0;
      return;
    }
    const std::uint16_t tci = tag->u16<0>();
    type = tag->u16<2>();
    rest = reader.rest();
    if (!text.options.link_header) continue;
    text.out += fmt::format("vlan {}, p {}{}, ", tci & 0xfffU, tci >> 13U,
                            (tci & 0x1000U) != 0 ? ", DEI" : "");
    if (type >= kSmallestType) text.out += type_text(type, text.options.quiet) + ", ";
  }
}

void print_cooked(PacketText& text, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto header = reader.take<kSll2>();
  if (!header) return text.cut("sll2");
  const std::uint32_t index = header->u32<4>();
  std::string name = text.options.names.interface ? text.options.names.interface(index) : "";
  if (name.empty()) name = fmt::format("ifindex {}", index);
  text.out += fmt::format("{:<5} {:<3} ", name, packet_type(header->u8<10>()));
  std::uint16_t type = header->u16<0>();
  if (text.options.link_header) {
    text.out += fmt::format("ifindex {} ", index);
    if (header->u8<11>() == 6) text.out += text.mac(bytes.subspan(12, 6)) + " ";
    if (!text.options.quiet) text.out += type_text(type, false);
    text.out += fmt::format(", length {}: ", length);
  }
  Bytes rest = reader.rest();
  print_vlan(text, type, rest);
  print_ether_type(text, type, rest, length - kSll2);
}

void print_cooked_v1(PacketText& text, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto header = reader.take<kSll>();
  if (!header) return text.cut("sll");
  std::uint16_t type = header->u16<14>();
  if (text.options.link_header) {
    text.out += fmt::format("{:>3} ", packet_type(static_cast<std::uint8_t>(header->u16<0>())));
    if (header->u16<4>() == 6) text.out += text.mac(bytes.subspan(6, 6)) + " ";
    if (!text.options.quiet) text.out += type_text(type, false) + ", ";
    text.out += fmt::format("length {}: ", length);
  }
  Bytes rest = reader.rest();
  print_vlan(text, type, rest);
  print_ether_type(text, type, rest, length - kSll);
}

void print_raw(PacketText& text, Bytes bytes, std::size_t length) {
  if (bytes.empty()) return text.cut("raw");
  if (text.options.link_header) text.out += "ip: ";
  if (bytes[0] >> 4U == 6) return print_ipv6(text, bytes, length);
  print_ipv4(text, bytes, length);
}

}  // namespace

std::string PacketText::host(const wire::IpAddress& address) const {
  std::string name = options.names.host ? options.names.host(address) : "";
  return name.empty() ? address.text() : name;
}

std::string PacketText::port(std::uint16_t number, bool tcp) const {
  std::string name = options.names.service ? options.names.service(number, tcp) : "";
  return name.empty() ? std::to_string(number) : name;
}

std::string PacketText::mac(Bytes bytes) const {
  constexpr std::size_t kSize = 6;
  std::string octets = fmt::format("{:02x}", fmt::join(bytes, ":"));
  if (!options.names.vendors || bytes.size() != kSize) return octets;
  if (std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t octet) { return octet == 0xff; }))
    return "Broadcast";
  return octets + fmt::format(" (oui {})", vendor_name(bytes));
}

std::string_view ether_type_name(std::uint16_t type) {
  constexpr std::array<std::pair<std::uint16_t, std::string_view>, 14> kNames = {
      {{kIpv4, "IPv4"},
       {kArp, "ARP"},
       {kIpv6, "IPv6"},
       {kVlan, "802.1Q"},
       {kServiceVlan, "802.1Q-QinQ"},
       {kOldServiceVlan, "802.1Q-9100"},
       {0x88cc, "LLDP"},
       {0x8847, "MPLS unicast"},
       {0x8848, "MPLS multicast"},
       {0x8035, "Reverse ARP"},
       {0x888e, "EAPOL"},
       {0x8864, "PPPoE S"},
       {0x8863, "PPPoE D"},
       {0x9000, "Loopback"}}};
  for (const auto& [number, name] : kNames)
    if (number == type) return name;
  return {};
}

void print_ether_type(PacketText& text, std::uint16_t type, Bytes bytes, std::size_t length) {
  const bool named = !text.options.link_header;
  // tcpdump names IPv4 once it has seen the version, IPv6 once it has seen the whole header.
  constexpr std::size_t kIpv6Header = 40;
  if (type == kIpv4) {
    if (named && !bytes.empty()) text.out += "IP ";
    return print_ipv4(text, bytes, length);
  }
  if (type == kIpv6) {
    if (named && bytes.size() >= kIpv6Header) text.out += "IP6 ";
    return print_ipv6(text, bytes, length);
  }
  if (type == kArp) return print_arp(text, bytes, length);
  const std::string_view name = ether_type_name(type);
  if (!name.empty())
    text.out += fmt::format("{}, length {}", name, length);
  else if (type != 0)
    print_unknown_type(text, {}, type, bytes, length);
}

void print_ethernet(PacketText& text, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  if (bytes.size() < kEthernet || ++text.depth > kDeepest) return text.cut("ether");
  const Bytes header = *reader.take(kEthernet);
  std::uint16_t type = static_cast<std::uint16_t>(header[12] << 8U | header[13]);
  const bool framed = type < kSmallestType;
  if (text.options.link_header) {
    text.out += fmt::format("{} > {}, {}, length {}: ", text.mac(header.subspan(6, 6)),
                            text.mac(header.first(6)),
                            framed ? "802.3" : type_text(type, text.options.quiet), length);
  }
  std::size_t left = length - std::min(length, kEthernet);
  if (framed) {
    text.out += fmt::format("LLC, length {}", std::min<std::size_t>(type, left));
    return;
  }
  Bytes rest = reader.rest();
  const std::uint16_t outer = type;
  print_vlan(text, type, rest);
  left -= std::min<std::size_t>(left, reader.left() - rest.size());
  if (outer == type && ether_type_name(type).empty())
    return print_unknown_type(text, header, type, rest, length);
  print_ether_type(text, type, rest, left);
}

PacketLine packet_line(std::span<const std::uint8_t> bytes, std::uint32_t original_length,
                       wire::LinkType link_type, const PacketLineOptions& options) {
  PacketText text{{}, options};
  const std::size_t length = std::max<std::size_t>(original_length, bytes.size());
  switch (link_type) {
    case wire::LinkType::Ethernet:
      print_ethernet(text, bytes, length);
      break;
    case wire::LinkType::LinuxSll:
      print_cooked_v1(text, bytes, length);
      break;
    case wire::LinkType::LinuxSll2:
      print_cooked(text, bytes, length);
      break;
    case wire::LinkType::Raw:
    case wire::LinkType::Ipv4:
    case wire::LinkType::Ipv6:
      if (!options.link_header)
        text.out += (!bytes.empty() && bytes[0] >> 4U == 6) ? "IP6 " : "IP ";
      print_raw(text, bytes, length);
      break;
    default:
      text.out += fmt::format("link type {}, length {}", static_cast<unsigned>(link_type), length);
  }
  return {std::move(text.out), text.was_cut};
}

std::size_t link_header_size(std::span<const std::uint8_t> bytes, wire::LinkType link_type) {
  std::size_t size = 0, type_at = 0;
  if (link_type == wire::LinkType::Ethernet) size = kEthernet, type_at = 12;
  if (link_type == wire::LinkType::LinuxSll) size = kSll, type_at = 14;
  if (link_type == wire::LinkType::LinuxSll2) size = kSll2, type_at = 0;
  while (size != 0 && size + 4 <= bytes.size() &&
         is_vlan(static_cast<std::uint16_t>(bytes[type_at] << 8U | bytes[type_at + 1]))) {
    type_at = size + 2;
    size += 4;
  }
  return std::min(size, bytes.size());
}

}  // namespace alibi::report
