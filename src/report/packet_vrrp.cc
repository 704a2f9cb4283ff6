// SPDX-License-Identifier: Apache-2.0
// VRRP advertisements (RFC 3768 section 5.1, RFC 9568 section 5.1), ARP (RFC 826), BFD control
// packets (RFC 5880 section 4.1).
#include <fmt/format.h>

#include <array>
#include <utility>

#include "report/hex_dump.h"
#include "report/packet_text.h"
#include "wire/checksum.h"

namespace alibi::report {
namespace {

// Characters of a password as vis(3) would: control characters as ^X, the upper half as M-x.
std::string visible(Bytes bytes) {
  std::string out;
  for (std::uint8_t c : bytes) {
    if (c == 0) break;
    if (c >= 0x80) {
      out += "M-";
      c &= 0x7fU;
    }
    if (c < 0x20 || c == 0x7f) {
      out += '^';
      c ^= 0x40U;
    }
    out += static_cast<char>(c);
  }
  return out;
}

std::string auth_text(std::uint8_t type) {
  constexpr std::array<std::string_view, 3> kNames = {"none", "simple", "ah"};
  return type < kNames.size() ? std::string(kNames[type]) : fmt::format("#{}", type);
}

void print_vrrp_addresses(PacketText& text, const IpFacts& ip, Bytes bytes, std::uint8_t count,
                          bool password) {
  const bool six = ip.source.family == wire::Family::V6;
  text.out += count > 1 ? fmt::format(", addrs({}):", count) : ", addrs:";
  wire::Reader reader(bytes);
  for (unsigned i = 0; i < count; ++i) {
    text.out += i == 0 ? " " : ",";
    const auto octets = reader.take(six ? 16 : 4);
    if (!octets) {
      // A separating blank stands in front of the mark already.
      if (i == 0) text.out.pop_back();
      return text.cut("vrrp");
    }
    wire::IpAddress address;
    address.family = ip.source.family;
    std::copy(octets->begin(), octets->end(), address.bytes.begin());
    text.out += text.host(address);
  }
  if (!password) return;
  const auto octets = reader.take(8);
  if (!octets) {
    text.out += " auth \"";
    return text.cut("vrrp");
  }
  text.out += fmt::format(" auth \"{}\"", visible(*octets));
}

struct Arp {
  std::uint16_t hardware = 0, protocol = 0, operation = 0;
  std::uint8_t hardware_size = 0, protocol_size = 0;
  Bytes sender_hardware, sender, target_hardware, target;

  std::string address(Bytes bytes) const {
    if (protocol != 0x0800 || protocol_size != 4) return "<wrong proto type>";
    return fmt::format("{}", fmt::join(bytes, "."));
  }
};

std::string_view hardware_name(std::uint16_t type) {
  switch (type) {
    case 1:
      return "Ethernet";
    case 6:
      return "TokenRing";
    case 7:
      return "ArcNet";
    case 15:
      return "FrameRelay";
    case 24:
      return "IEEE1394";
    case 32:
      return "InfiniBand";
    default:
      return {};
  }
}

void print_arp_addresses(PacketText& text, const Arp& arp) {
  switch (arp.operation) {
    case 1: {
      bool known = false;
      for (const std::uint8_t octet : arp.target_hardware) known |= octet != 0;
      text.out += "who-has " + arp.address(arp.target);
      if (known) text.out += " (" + text.mac(arp.target_hardware) + ")";
      text.out += " tell " + arp.address(arp.sender);
      break;
    }
    case 2:
      text.out +=
          fmt::format("{} is-at {}", arp.address(arp.sender), text.mac(arp.sender_hardware));
      break;
    case 3:
    case 8:
      text.out += fmt::format("who-is {} tell {}", text.mac(arp.target_hardware),
                              text.mac(arp.sender_hardware));
      break;
    case 4:
      text.out += fmt::format("{} at {}", text.mac(arp.target_hardware), arp.address(arp.target));
      break;
    default:
      text.out += fmt::format("{} at {}", text.mac(arp.sender_hardware), arp.address(arp.sender));
  }
}

std::string_view operation_name(std::uint16_t operation) {
  constexpr std::array<std::pair<std::uint16_t, std::string_view>, 7> kNames = {
      {{1, "Request"},
       {2, "Reply"},
       {3, "Reverse Request"},
       {4, "Reverse Reply"},
       {8, "Inverse Request"},
       {9, "Inverse Reply"},
       {10, "NACK Reply"}}};
  for (const auto& [number, name] : kNames)
    if (number == operation) return name;
  return {};
}

}  // namespace

void print_vrrp(PacketText& text, const IpFacts& ip, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto start = reader.take<1>();
  if (!start) {
    text.out += "VRRP";
    return text.cut("vrrp");
  }
  const unsigned version = start->u8<0>() >> 4U, type = start->u8<0>() & 0xfU;
  text.out += fmt::format("VRRPv{}, ", version);
  text.out += type == 1 ? "Advertisement" : fmt::format("unknown type ({})", type);
  if (ip.ttl != 255) text.out += fmt::format(", (ttl {})", ip.ttl);
  if (version < 2 || version > 3 || type != 1) return;
  const auto fixed = reader.take<5>();
  if (!fixed) {
    if (bytes.size() >= 3) text.out += fmt::format(", vrid {}, prio {}", bytes[1], bytes[2]);
    if (bytes.size() >= 5 && version == 2)
      text.out += fmt::format(", authtype {}", auth_text(bytes[4]));
    return text.cut("vrrp");
  }
  const std::uint8_t auth = fixed->u8<3>();
  text.out += fmt::format(", vrid {}, prio {}", fixed->u8<0>(), fixed->u8<1>());
  if (version == 2) {
    text.out +=
        fmt::format(", authtype {}, intvl {}s, length {}", auth_text(auth), fixed->u8<4>(), length);
  } else {
    text.out += fmt::format(", intvl {}cs, length {}", fixed->u16<3>() & 0xfffU, length);
  }
  if (text.verbosity() == 0) return;
  if (bytes.size() >= length && length >= 8) {
    const auto whole = bytes.first(length);
    const bool wrong =
        version == 2 ? wire::Checksum().add(whole).value() != 0 : pseudo_checksum(ip, whole) != 0;
    if (wrong) text.out += fmt::format(", (bad vrrp cksum {:x})", bytes[6] << 8U | bytes[7]);
  }
  reader.skip(2);
  print_vrrp_addresses(text, ip, reader.rest(), fixed->u8<2>(), version == 2 && auth == 1);
}

void print_arp(PacketText& text, Bytes bytes, std::size_t length) {
  wire::Reader reader(bytes);
  const auto fixed = reader.take<8>();
  if (!fixed) return text.cut("arp");
  Arp arp{fixed->u16<0>(),
          fixed->u16<2>(),
          fixed->u16<6>(),
          fixed->u8<4>(),
          fixed->u8<5>(),
          {},
          {},
          {},
          {}};
  Bytes* const parts[] = {&arp.sender_hardware, &arp.sender, &arp.target_hardware, &arp.target};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto part = reader.take(i % 2 == 0 ? arp.hardware_size : arp.protocol_size);
    if (!part) return text.cut("arp");
    *parts[i] = *part;
  }
  if (!text.options.link_header) text.out += "ARP, ";
  const bool usual = arp.protocol == 0x0800 && arp.protocol_size == 4 && arp.hardware_size != 0;
  if (!usual || text.verbosity() > 0) {
    const auto hardware = hardware_name(arp.hardware), protocol = ether_type_name(arp.protocol);
    text.out +=
        fmt::format("{} (len {}), {} (len {})",
                    hardware.empty() ? fmt::format("Unknown Hardware ({})", arp.hardware)
                                     : std::string(hardware),
                    arp.hardware_size,
                    protocol.empty() ? fmt::format("Unknown Protocol (0x{:04x})", arp.protocol)
                                     : std::string(protocol),
                    arp.protocol_size);
    if (text.verbosity() == 0) {
      text.out += fmt::format(", length {}", length);
      return;
    }
    text.out += ", ";
  }
  const auto operation = operation_name(arp.operation);
  if (operation.empty()) {
    text.out += fmt::format("Unknown ({}) ", arp.operation) + hex_dump(bytes, HexDump::HexAndText);
    return;
  }
  text.out += std::string(operation) + " ";
  print_arp_addresses(text, arp);
  text.out += fmt::format(", length {}", length);
}

void print_bfd(PacketText& text, Bytes bytes, std::size_t length) {
  constexpr std::array<std::string_view, 4> kStates = {"AdminDown", "Down", "Init", "Up"};
  constexpr std::array<std::string_view, 6> kFlags = {
      "Multipoint", "Demand", "Authentication Present", "Control Plane Independent",
      "Final",      "Poll"};
  wire::Reader reader(bytes);
  const auto fixed = reader.take<24>();
  if (!fixed) return text.cut("bfd");
  const std::uint8_t flags = fixed->u8<1>() & 0x3fU;
  std::string names;
  for (unsigned i = 6; i-- > 0;)
    if ((flags >> i & 1U) != 0) names += ", " + std::string(kFlags[i]);
  text.out +=
      fmt::format("BFDv{}, Control, State {}, Flags: [{}], length: {}", fixed->u8<0>() >> 5U,
                  kStates[fixed->u8<1>() >> 6U], names.empty() ? "none" : names.substr(2), length);
  if (text.verbosity() == 0) return;
  const auto ms = [](std::uint32_t us) { return us / 1000; };
  text.out += fmt::format(
      "\n\tDetection Timer Multiplier: {} ({} ms Detection time), BFD Length: {}"
      "\n\tMy Discriminator: 0x{:08x}, Your Discriminator: 0x{:08x}"
      "\n\t  Desired min Tx Interval:    {:4} ms\n\t  Required min Rx Interval:   {:4} ms"
      "\n\t  Required min Echo Interval: {:4} ms",
      fixed->u8<2>(), fixed->u8<2>() * ms(fixed->u32<12>()), fixed->u8<3>(), fixed->u32<4>(),
      fixed->u32<8>(), ms(fixed->u32<12>()), ms(fixed->u32<16>()), ms(fixed->u32<20>()));
}

}  // namespace alibi::report
