// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 headers, GRE, and who prints what is in them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "report/packet_text.h"
#include "wire/checksum.h"

namespace alibi::report {
namespace {

constexpr std::uint8_t kIcmp = 1, kIgmp = 2, kIpip = 4, kTcp = 6, kUdp = 17, kIpv6 = 41, kGre = 47,
                       kIcmpv6 = 58, kNoNext = 59, kVrrp = 112;
constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kDestination = 60;
constexpr int kDeepest = 8;

std::string_view ecn_text(std::uint8_t tos) {
  constexpr std::array<std::string_view, 4> kNames = {"", ",ECT(1)", ",ECT(0)", ",CE"};
  return kNames[tos & 3U];
}

void print_gre(PacketText& text, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto header = reader.take<4>();
  if (!header) return text.cut("gre");
  const std::uint16_t flags = header->u16<0>(), type = header->u16<2>();
  text.out += fmt::format("GREv{}", flags & 7U);
  if (text.verbosity() > 0) {
    text.out += ", Flags [";
    std::string names;
    if ((flags & 0x8000U) != 0) names += ", checksum present";
    if ((flags & 0x2000U) != 0) names += ", key present";
    if ((flags & 0x1000U) != 0) names += ", sequence# present";
    text.out += names.empty() ? "none]" : names.substr(2) + "]";
  }
  if ((flags & 0x8000U) != 0 && !reader.skip(4)) return text.cut("gre");
  if ((flags & 0x2000U) != 0) {
    const auto key = reader.take<4>();
    if (!key) return text.cut("gre");
    text.out += fmt::format(", key=0x{:x}", key->u32<0>());
  }
  if ((flags & 0x1000U) != 0) {
    const auto sequence = reader.take<4>();
    if (!sequence) return text.cut("gre");
    text.out += fmt::format(", seq {}", sequence->u32<0>());
  }
  if (text.options.link_header) {
    const auto name = ether_type_name(type);
    text.out += fmt::format(", proto {} (0x{:04x})", name.empty() ? "unknown" : name, type);
  }
  text.out += fmt::format(", length {}", length);
  text.out += text.verbosity() > 0 ? "\n\t" : ": ";
  const std::size_t left = length - std::min(length, bytes.size() - reader.left());
  constexpr std::uint16_t kBridging = 0x6558;
  if (type == kBridging) return print_ethernet(text, reader.rest(), left);
  print_ether_type(text, type, reader.rest(), left);
}

// The address line, then what is inside.
void print_payload(PacketText& text, const IpFacts& ip, Bytes bytes, std::size_t length) {
  if (ip.protocol != kTcp && ip.protocol != kUdp)
    text.out += fmt::format("{} > {}: ", text.host(ip.source), text.host(ip.destination));
  text.out += ip.extensions;
  switch (ip.protocol) {
    case kVrrp:
      return print_vrrp(text, ip, bytes, length);
    case kIcmp:
      return print_icmp(text, ip, bytes, length);
    case kIcmpv6:
      return print_icmpv6(text, ip, bytes, length);
    case kUdp:
      return print_udp(text, ip, bytes, length);
    case kTcp:
      return print_tcp(text, ip, bytes, length);
    case kGre:
      return print_gre(text, bytes, length);
    case kIgmp:
      text.out += "igmp";
      return;
    case kIpip:
      text.out += "IP ";
      return print_ipv4(text, bytes, length);
    case kIpv6:
      text.out += "IP6 ";
      return print_ipv6(text, bytes, length);
    case kNoNext:
      text.out += "no next header";
      return;
    default:
      text.out += fmt::format("ip-proto-{} {}", ip.protocol, length);
  }
}

struct V4 {
  IpFacts facts;
  std::size_t header = 0, total = 0;
  std::uint8_t tos = 0;
  std::uint16_t id = 0, fragment = 0;
};

void print_v4_header(PacketText& text, const V4& ip, Bytes bytes) {
  text.out += fmt::format("(tos 0x{:x}{}", ip.tos, ecn_text(ip.tos));
  if (ip.facts.ttl >= 1) text.out += fmt::format(", ttl {}", ip.facts.ttl);
  std::string flags;
  if ((ip.fragment & 0x2000U) != 0) flags += "+";
  if ((ip.fragment & 0x4000U) != 0) flags += flags.empty() ? "DF" : ", DF";
  text.out += fmt::format(", id {}, offset {}, flags [{}], proto {} ({}), length {}", ip.id,
                          (ip.fragment & 0x1fffU) * 8U, flags.empty() ? "none" : flags,
                          ip_protocol_name(ip.facts.protocol), ip.facts.protocol, ip.total);
  if (ip.header > 20) text.out += fmt::format(", options ({} octets)", ip.header - 20);
  if (bytes.size() >= ip.header && !text.options.no_checksums) {
    const std::uint16_t sum = wire::Checksum().add(bytes.first(ip.header)).value();
    if (sum != 0) {
      const auto found = static_cast<std::uint16_t>(bytes[10] << 8U | bytes[11]);
      // What the field should be: the found one and the error, in ones' complement.
      std::uint32_t right = std::uint32_t{found} + sum;
      right = (right & 0xffffU) + (right >> 16U);
      text.out += fmt::format(", bad cksum {:x} (->{:x})!", found, right);
    }
  }
  text.out += ")\n    ";
}

// Options of a hop-by-hop or destination header (RFC 8200, 4.2): with -v each by name.
std::string option_texts(Bytes bytes) {
  constexpr std::uint8_t kPad1 = 0, kPadN = 1, kRouterAlert = 5;
  std::string out;
  wire::Reader reader(bytes);
  while (const auto kind = reader.take<1>()) {
    const std::uint8_t code = kind->u8<0>();
    if (code == kPad1) {
      out += "(pad1) ";
      continue;
    }
    const auto size = reader.take<1>();
    const auto value = size ? reader.take(size->u8<0>()) : std::nullopt;
    if (!value) break;
    if (code == kPadN)
      out += "(padn) ";
    else if (code == kRouterAlert && value->size() == 2)
      out += fmt::format("(rtalert: 0x{:02x}{:02x}) ", (*value)[0], (*value)[1]);
    else
      out += fmt::format("(opt_type 0x{:02x}: len={}) ", code, value->size());
  }
  return out;
}

/// What stands behind the extension headers; their own words go into `told`.
std::optional<std::uint8_t> skip_extensions(wire::Reader& reader, std::uint8_t next, bool verbose,
                                            bool& fragment, std::string& told) {
  for (int i = 0; i < kDeepest; ++i) {
    if (next == kFragment) {
      const auto header = reader.take<8>();
      if (!header) return std::nullopt;
      fragment = (header->u16<2>() & 0xfff8U) != 0;
      next = header->u8<0>();
      if (fragment) return next;
    } else if (next == kHopByHop || next == kRouting || next == kDestination) {
      const auto header = reader.take<2>();
      const auto rest = header ? reader.take(6 + std::size_t{header->u8<1>()} * 8) : std::nullopt;
      if (!rest) return std::nullopt;
      if (next == kHopByHop) told += "HBH ";
      if (next == kDestination) told += "DSTOPT ";
      if (verbose && next != kRouting) told += option_texts(*rest);
      next = header->u8<0>();
    } else {
      return next;
    }
  }
  return std::nullopt;
}

wire::IpAddress v6_address(Bytes bytes) {
  wire::IpAddress address;
  address.family = wire::Family::V6;
  std::copy_n(bytes.begin(), 16, address.bytes.begin());
  return address;
}

}  // namespace

std::string ip_protocol_name(std::uint8_t protocol) {
  constexpr std::array<std::pair<std::uint8_t, std::string_view>, 17> kNames = {
      {{kHopByHop, "Options"},
       {kIcmp, "ICMP"},
       {kIgmp, "IGMP"},
       {kIpip, "IPIP"},
       {kTcp, "TCP"},
       {kUdp, "UDP"},
       {kIpv6, "IPv6"},
       {kRouting, "Routing"},
       {kFragment, "Fragment"},
       {kGre, "GRE"},
       {50, "ESP"},
       {51, "AH"},
       {kIcmpv6, "ICMPv6"},
       {89, "OSPF"},
       {103, "PIM"},
       {kVrrp, "VRRP"},
       {132, "SCTP"}}};
  for (const auto& [number, name] : kNames)
    if (number == protocol) return std::string(name);
  return "unknown";
}

std::uint16_t pseudo_checksum(const IpFacts& ip, Bytes bytes) {
  return wire::Checksum()
      .add_pseudo_header(ip.source, ip.destination, ip.protocol, bytes.size())
      .add(bytes)
      .value();
}

void print_ipv4(PacketText& text, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto header = reader.take<20>();
  if (!header || ++text.depth > kDeepest) return text.cut("ip");
  V4 ip;
  ip.header = (header->u8<0>() & 0xfU) * 4U;
  ip.total = header->u16<2>();
  ip.tos = header->u8<1>();
  ip.id = header->u16<4>();
  ip.fragment = header->u16<6>();
  ip.facts.ttl = header->u8<8>();
  ip.facts.protocol = header->u8<9>();
  ip.facts.source = wire::IpAddress::v4(header->u32<12>());
  ip.facts.destination = wire::IpAddress::v4(header->u32<16>());
  if (header->u8<0>() >> 4U != 4) {
    text.out += fmt::format("wrong IP version {}", header->u8<0>() >> 4U);
    return;
  }
  if (ip.header < 20) {
    text.out += fmt::format("bad-hlen {}", ip.header);
    return;
  }
  if (ip.total == 0) ip.total = length;  // left to the card (TSO)
  if (length < ip.total)
    text.out += fmt::format("truncated-ip - {} bytes missing! ", ip.total - length);
  if (ip.total < ip.header) {
    text.out += fmt::format("bad-len {}", ip.total);
    return;
  }
  if (text.verbosity() > 0) print_v4_header(text, ip, bytes);
  if ((ip.fragment & 0x1fffU) != 0) {
    const std::string name = text.options.names.protocol
                                 ? text.options.names.protocol(ip.facts.protocol)
                                 : std::string();
    text.out +=
        fmt::format("{} > {}: {}", text.host(ip.facts.source), text.host(ip.facts.destination),
                    name.empty() ? fmt::format("ip-proto-{}", ip.facts.protocol) : name);
    return;
  }
  if (!reader.skip(ip.header - 20)) return text.cut("ip");
  reader.clip(ip.total - ip.header);
  print_payload(text, ip.facts, reader.rest(), ip.total - ip.header);
}

void print_ipv6(PacketText& text, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto header = reader.take<40>();
  if (!header || ++text.depth > kDeepest) return text.cut("ip6");
  const std::uint32_t first = header->u32<0>();
  const std::size_t payload = header->u16<4>();
  if (length < payload + 40)
    text.out += fmt::format("truncated-ip6 - {} bytes missing!", payload + 40 - length);
  IpFacts ip;
  ip.ttl = header->u8<7>();
  ip.protocol = header->u8<6>();
  ip.source = v6_address(bytes.subspan(8, 16));
  ip.destination = v6_address(bytes.subspan(24, 16));
  if (text.verbosity() > 0) {
    text.out += "(";
    if ((first >> 20U & 0xffU) != 0)
      text.out += fmt::format("class 0x{:02x}, ", first >> 20U & 0xffU);
    if ((first & 0xfffffU) != 0) text.out += fmt::format("flowlabel 0x{:05x}, ", first & 0xfffffU);
    text.out += fmt::format("hlim {}, next-header {} ({}) payload length: {}) ", ip.ttl,
                            ip_protocol_name(ip.protocol), ip.protocol, payload);
  }
  reader.clip(payload);
  const std::size_t before = reader.left();
  bool fragment = false;
  const auto next =
      skip_extensions(reader, ip.protocol, text.verbosity() > 0, fragment, ip.extensions);
  if (!next) return text.cut("ip6");
  ip.protocol = *next;
  const std::size_t left = payload - std::min(payload, before - reader.left());
  if (fragment) {
    text.out += fmt::format("{} > {}: frag", text.host(ip.source), text.host(ip.destination));
    return;
  }
  print_payload(text, ip, reader.rest(), left);
}

}  // namespace alibi::report
