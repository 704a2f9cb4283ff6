// SPDX-License-Identifier: Apache-2.0
// UDP with BFD and VXLAN in it, TCP, ICMP and ICMPv6 with neighbour discovery. TCP's sequence
// numbers are as they are in the packet (tcpdump -S): a line knows no connection.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "report/hex_dump.h"
#include "report/packet_text.h"
#include "wire/checksum.h"

namespace alibi::report {
namespace {

constexpr std::uint16_t kVxlan = 4789, kLinuxVxlan = 8472, kBfd = 3784, kBfdMultihop = 4784;

void print_ports(PacketText& text, const IpFacts& ip, std::uint16_t from, std::uint16_t to,
                 bool tcp) {
  text.out += fmt::format("{}.{} > {}.{}: ", text.host(ip.source), text.port(from, tcp),
                          text.host(ip.destination), text.port(to, tcp));
}

std::uint16_t field_for(std::uint16_t found, std::uint16_t error) {
  std::uint32_t right = std::uint32_t{found} + error;
  right = (right & 0xffffU) + (right >> 16U);
  return static_cast<std::uint16_t>(right);
}

void print_vxlan(PacketText& text, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto fixed = reader.take<8>();
  if (!fixed) return text.cut("vxlan");
  const std::uint8_t flags = fixed->u8<0>();
  text.out += fmt::format("VXLAN, flags [{}] (0x{:02x}), vni {}\n", (flags & 8U) != 0 ? "I" : ".",
                          flags, fixed->u32<4>() >> 8U);
  print_ethernet(text, reader.rest(), length - std::min<std::size_t>(length, 8));
}

void print_tcp_options(PacketText& text, Bytes bytes) {
  wire::Reader reader(bytes);
  std::string names;
  while (const auto kind = reader.take<1>()) {
    const std::uint8_t code = kind->u8<0>();
    names += names.empty() ? "" : ",";
    if (code == 0) {
      names += "eol";
      break;
    }
    if (code == 1) {
      names += "nop";
      continue;
    }
    const auto size = reader.take<1>();
    const auto value = size && size->u8<0>() >= 2 ? reader.take(size->u8<0>() - 2U) : std::nullopt;
    if (!value) {
      names += "[bad opt]";
      break;
    }
    wire::Reader v(*value);
    if (code == 2 && value->size() == 2)
      names += fmt::format("mss {}", v.take<2>()->u16<0>());
    else if (code == 3 && value->size() == 1)
      names += fmt::format("wscale {}", (*value)[0]);
    else if (code == 4)
      names += "sackOK";
    else if (code == 5)
      names += fmt::format("sack {}", value->size() / 8);
    else if (const auto stamps = code == 8 ? v.take<8>() : std::nullopt)
      names += fmt::format("TS val {} ecr {}", stamps->u32<0>(), stamps->u32<4>());
    else
      names += fmt::format("unknown-{}", code);
  }
  text.out += fmt::format(", options [{}]", names);
}

std::string tcp_flags(std::uint8_t flags) {
  constexpr std::array<char, 8> kLetters = {'F', 'S', 'R', 'P', '.', 'U', 'E', 'W'};
  std::string out;
  for (std::size_t i = 0; i < kLetters.size(); ++i)
    if ((flags >> i & 1U) != 0) out += kLetters[i];
  return out.empty() ? "none" : out;
}

// What an ICMP error quotes: the header of the packet it is about.
struct Quoted {
  std::string target;
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;
};

std::optional<Quoted> quoted(PacketText& text, Bytes bytes) {
  wire::Reader reader(bytes);
  const auto ip = reader.take<20>();
  if (!ip) return std::nullopt;
  Quoted out;
  out.target = text.host(wire::IpAddress::v4(ip->u32<16>()));
  out.protocol = ip->u8<9>();
  const std::size_t header = (ip->u8<0>() & 0xfU) * 4U;
  if (header >= 20 && reader.skip(header - 20))
    if (const auto ports = reader.take<4>()) out.port = ports->u16<2>();
  return out;
}

std::string unreachable_text(PacketText& text, std::uint8_t code, Bytes rest) {
  const auto about = quoted(text, rest);
  if (!about) return "unreachable";
  const std::string& target = about->target;
  switch (code) {
    case 0:
      return fmt::format("net {} unreachable", target);
    case 1:
      return fmt::format("host {} unreachable", target);
    case 2:
      return fmt::format("{} protocol {} unreachable", target, about->protocol);
    case 3: {
      constexpr std::uint8_t kTcp = 6, kUdp = 17;
      const std::string port = text.port(about->port, about->protocol == kTcp);
      if (about->protocol == kTcp) return fmt::format("{} tcp port {} unreachable", target, port);
      if (about->protocol == kUdp) return fmt::format("{} udp port {} unreachable", target, port);
      return fmt::format("{} protocol {} port {} unreachable", target, about->protocol,
                         about->port);
    }
    case 4:
      return fmt::format("{} unreachable - need to frag", target);
    case 13:
      return fmt::format("host {} unreachable - admin prohibited filter", target);
    default:
      return fmt::format("{} unreachable - #{}", target, code);
  }
}

std::string icmp_text(PacketText& text, std::uint8_t type, std::uint8_t code, Bytes rest) {
  wire::Reader reader(rest);
  const auto word = reader.take<4>();
  switch (type) {
    case 0:
    case 8:
      if (!word) return "echo";
      return fmt::format("echo {}, id {}, seq {}", type == 8 ? "request" : "reply", word->u16<0>(),
                         word->u16<2>());
    case 3:
      return unreachable_text(text, code, reader.rest());
    case 5: {
      const auto about = quoted(text, reader.rest());
      if (!word || !about) return "redirect";
      return fmt::format("redirect {} to {} {}", about->target, code == 0 ? "net" : "host",
                         text.host(wire::IpAddress::v4(word->u32<0>())));
    }
    case 11:
      return code == 0 ? "time exceeded in-transit" : "ip reassembly time exceeded";
    default:
      return fmt::format("type-#{}", type);
  }
}

wire::IpAddress v6_address(const wire::Fixed<16>& octets) {
  wire::IpAddress address;
  address.family = wire::Family::V6;
  address.bytes = octets.array<0, 16>();
  return address;
}

void print_nd_options(PacketText& text, wire::Reader reader) {
  constexpr std::array<std::string_view, 6> kNames = {
      "",   "source link-address", "destination link-address", "prefix info", "redirected header",
      "mtu"};
  while (const auto head = reader.take<2>()) {
    const std::size_t size = std::size_t{head->u8<1>()} * 8;
    const auto value = size >= 2 ? reader.take(size - 2) : std::nullopt;
    if (!value) return text.cut("icmp6");
    const std::uint8_t code = head->u8<0>();
    text.out += fmt::format(
        "\n\t  {} option ({}), length {} ({}): ", code < kNames.size() ? kNames[code] : "unknown",
        code, size, head->u8<1>());
    const bool address = code == 1 || code == 2;
    if (address) text.out += fmt::format("{:02x}", fmt::join(*value, ":"));
    if (!address && text.verbosity() == 1) text.out += hex_dump(*value, HexDump::Hex, "\t  ");
    if (text.verbosity() > 1) text.out += hex_dump(*value, HexDump::Hex, "\t    ");
  }
}

// Multicast listeners, version 1 (RFC 2710, 3) and reports of version 2 (RFC 3810, 5.2).
void print_listener(PacketText& text, wire::Reader reader) {
  const auto delay = reader.take<4>();
  const auto group = delay ? reader.take<16>() : std::nullopt;
  if (!group) return text.cut("icmp6");
  text.out +=
      fmt::format("max resp delay: {} addr: {}", delay->u16<0>(), text.host(v6_address(*group)));
}

void print_group_records(PacketText& text, wire::Reader reader, unsigned count) {
  constexpr std::array<std::string_view, 7> kKinds = {"",      "is_in", "is_ex", "to_in",
                                                      "to_ex", "allow", "block"};
  for (unsigned i = 0; i < count; ++i) {
    const auto head = reader.take<4>();
    const auto group = head ? reader.take<16>() : std::nullopt;
    if (!group) return text.cut("icmp6");
    const std::uint8_t kind = head->u8<0>();
    const std::uint16_t sources = head->u16<2>();
    text.out += fmt::format(
        " [gaddr {} {}", text.host(v6_address(*group)),
        kind != 0 && kind < kKinds.size() ? std::string(kKinds[kind]) : fmt::format("#{}", kind));
    const bool listed = text.verbosity() > 1;
    if (!listed) text.out += fmt::format(", {} source(s)", sources);
    if (listed) text.out += " {";
    for (unsigned s = 0; s < sources; ++s) {
      const auto source = reader.take<16>();
      if (!source) return text.cut("icmp6");
      if (listed) text.out += " " + text.host(v6_address(*source));
    }
    text.out += listed ? " }]" : "]";
    if (!reader.skip(std::size_t{head->u8<1>()} * 4)) return text.cut("icmp6");
  }
}

void print_neighbour(PacketText& text, std::uint8_t type, Bytes rest, std::size_t length) {
  wire::Reader reader(rest);
  const auto flags = reader.take<4>();
  const auto target = flags ? reader.take<16>() : std::nullopt;
  const bool advert = type == 136;
  text.out += advert ? "neighbor advertisement" : "neighbor solicitation";
  if (text.verbosity() > 0) text.out += fmt::format(", length {}", length);
  if (!target) return text.cut("icmp6");
  text.out += (advert ? ", tgt is " : ", who has ") + text.host(v6_address(*target));
  if (text.verbosity() == 0) {
    text.out += fmt::format(", length {}", length);
    return;
  }
  if (advert) {
    const std::uint8_t bits = flags->u8<0>() >> 5U;
    std::string names;
    if ((bits & 4U) != 0) names += ", router";
    if ((bits & 2U) != 0) names += ", solicited";
    if ((bits & 1U) != 0) names += ", override";
    text.out += fmt::format(", Flags [{}]", names.empty() ? "none" : names.substr(2));
  }
  print_nd_options(text, reader);
}

}  // namespace

void print_udp(PacketText& text, const IpFacts& ip, Bytes bytes, std::size_t) {
  wire::Reader reader(bytes);
  const auto header = reader.take<8>();
  if (!header) {
    text.out += fmt::format("{} > {}: ", text.host(ip.source), text.host(ip.destination));
    return text.cut("udp");
  }
  const std::uint16_t from = header->u16<0>(), to = header->u16<2>(), size = header->u16<4>();
  print_ports(text, ip, from, to, false);
  const std::size_t payload = size >= 8 ? size - 8U : 0;
  reader.clip(payload);
  const bool v6 = ip.source.family == wire::Family::V6;
  const std::uint16_t sum = header->u16<6>();
  const bool checked = !text.options.quiet && !text.options.no_checksums;
  if (text.verbosity() > (v6 ? 0 : 1) && checked && size >= 8 && bytes.size() >= size) {
    const std::uint16_t wrong = pseudo_checksum(ip, bytes.first(size));
    if (sum == 0)
      text.out += "[no cksum] ";
    else if (wrong == 0)
      text.out += "[udp sum ok] ";
    else
      text.out += fmt::format("[bad udp cksum 0x{:04x} -> 0x{:04x}!] ", sum, field_for(sum, wrong));
  }
  if (text.options.quiet) {
    text.out += fmt::format("UDP, length {}", payload);
  } else if (to == kVxlan || to == kLinuxVxlan) {
    print_vxlan(text, reader.rest(), payload);
  } else if (to == kBfd || to == kBfdMultihop) {
    print_bfd(text, reader.rest(), payload);
  } else {
    text.out += fmt::format("UDP, length {}", payload);
  }
}

void print_tcp(PacketText& text, const IpFacts& ip, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto header = reader.take<20>();
  if (!header) {
    text.out += fmt::format("{} > {}: ", text.host(ip.source), text.host(ip.destination));
    return text.cut("tcp");
  }
  print_ports(text, ip, header->u16<0>(), header->u16<2>(), true);
  const std::size_t size = (header->u8<12>() >> 4U) * 4U;
  const std::size_t payload = length - std::min(length, size);
  if (size < 20) {
    text.out += fmt::format("tcp {} [bad hdr length {} - too short, < 20]", payload, size);
    return;
  }
  if (text.options.quiet) {
    text.out += fmt::format("tcp {}", payload);
    return;
  }
  const std::uint8_t flags = header->u8<13>();
  text.out += fmt::format("Flags [{}]", tcp_flags(flags));
  if (text.verbosity() > 0 && !text.options.no_checksums && bytes.size() >= length) {
    const std::uint16_t sum = header->u16<16>(), wrong = pseudo_checksum(ip, bytes.first(length));
    text.out += fmt::format(", cksum 0x{:04x} ", sum);
    text.out +=
        wrong == 0 ? "(correct)" : fmt::format("(incorrect -> 0x{:04x})", field_for(sum, wrong));
  }
  const std::uint32_t sequence = header->u32<4>();
  const bool opens_or_ends = (flags & 7U) != 0;
  if (payload > 0) {
    text.out +=
        fmt::format(", seq {}:{}", sequence, static_cast<std::uint32_t>(sequence + payload));
  } else if (opens_or_ends) {
    text.out += fmt::format(", seq {}", sequence);
  }
  if ((flags & 0x10U) != 0) text.out += fmt::format(", ack {}", header->u32<8>());
  text.out += fmt::format(", win {}", header->u16<14>());
  if ((flags & 0x20U) != 0) text.out += fmt::format(", urg {}", header->u16<18>());
  const auto options = reader.take(size - 20);
  if (!options) return text.cut("tcp");
  if (!options->empty()) print_tcp_options(text, *options);
  text.out += fmt::format(", length {}", payload);
}

void print_icmp(PacketText& text, const IpFacts&, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto header = reader.take<4>();
  if (!header) return text.cut("icmp");
  const std::uint8_t type = header->u8<0>();
  text.out += "ICMP " + icmp_text(text, type, header->u8<1>(), reader.rest()) +
              fmt::format(", length {}", length);
  const bool error = type == 3 || type == 5 || type == 11;
  if (text.verbosity() == 0) return;
  if (bytes.size() >= length) {
    const std::uint16_t wrong = wire::Checksum().add(bytes.first(length)).value();
    if (wrong != 0)
      text.out += fmt::format(" (wrong icmp cksum {:x} (->{:x})!)", header->u16<2>(),
                              field_for(header->u16<2>(), wrong));
  }
  if (!error || !reader.skip(4)) return;
  text.out += text.options.link_header ? "\n\t" : "\n\tIP ";
  print_ipv4(text, reader.rest(), length - std::min<std::size_t>(length, 8));
}

void print_icmpv6(PacketText& text, const IpFacts& ip, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto header = reader.take<4>();
  if (!header) return text.cut("icmp6");
  if (text.verbosity() > 0 && bytes.size() >= length) {
    const std::uint16_t wrong = pseudo_checksum(ip, bytes.first(length));
    text.out += wrong == 0 ? "[icmp6 sum ok] "
                           : fmt::format("[bad icmp6 cksum 0x{:04x} -> 0x{:04x}!] ",
                                         header->u16<2>(), field_for(header->u16<2>(), wrong));
  }
  text.out += "ICMP6, ";
  const std::uint8_t type = header->u8<0>();
  const bool verbose = text.verbosity() > 0;
  if (type == 135 || type == 136) return print_neighbour(text, type, reader.rest(), length);
  const auto word = reader.take<4>();
  if (type == 128 || type == 129) {
    text.out += type == 128 ? "echo request" : "echo reply";
    if (!word) return text.cut("icmp6");
    text.out += fmt::format(", id {}, seq {}", word->u16<0>(), word->u16<2>());
    if (verbose) return;
  } else if (type == 133) {
    text.out += "router solicitation";
    if (verbose) {
      text.out += fmt::format(", length {}", length);
      if (word) print_nd_options(text, reader);
      return;
    }
  } else if (type == 134) {
    text.out += "router advertisement";
  } else if (type == 143) {
    text.out += "multicast listener report v2";
    if (word) text.out += fmt::format(", {} group record(s)", word->u16<2>());
    if (word && verbose) return print_group_records(text, reader, word->u16<2>());
  } else if (type >= 130 && type <= 132) {
    constexpr std::array<std::string_view, 3> kNames = {"query", "report", "done"};
    text.out += fmt::format("multicast listener {}", kNames[type - 130U]);
    print_listener(text, wire::Reader(bytes.subspan(4)));
    if (verbose) return;
  } else {
    text.out += fmt::format("type-#{}", type);
  }
  text.out += fmt::format(", length {}", length);
}

}  // namespace alibi::report
