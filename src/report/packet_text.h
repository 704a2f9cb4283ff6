// SPDX-License-Identifier: Apache-2.0
// What the printers behind packet_line() share. Private to report/.
#pragma once

#include "report/packet_line.h"
#include "wire/reader.h"

namespace alibi::report {

using wire::Bytes;

/// An IP header as far as the protocols above it need it.
struct IpFacts {
  wire::IpAddress source, destination;
  std::uint8_t ttl = 0;
  std::uint8_t protocol = 0;
  std::string extensions;  ///< told of IPv6 extension headers, "HBH "
};

/// The text so far, and how to go on.
struct PacketText {
  std::string out;
  const PacketLineOptions& options;
  bool was_cut = false;
  int depth = 0;  ///< packets in packets

  int verbosity() const { return options.verbosity; }
  void cut(const char* protocol) {
    out += std::string(" [|") + protocol + "]";
    was_cut = true;
  }
  std::string host(const wire::IpAddress& address) const;
  std::string port(std::uint16_t number, bool tcp) const;
  std::string mac(Bytes bytes) const;  ///< of any length
};

/// The Internet checksum over a pseudo-header and `bytes`; 0: right.
std::uint16_t pseudo_checksum(const IpFacts& ip, Bytes bytes);

std::string_view ether_type_name(std::uint16_t type);  ///< empty: unknown
std::string ip_protocol_name(std::uint8_t protocol);   ///< "VRRP"; unknown: "unknown"

void print_ether_type(PacketText& text, std::uint16_t type, Bytes bytes, std::size_t length);
void print_ethernet(PacketText& text, Bytes bytes, std::size_t length);
void print_ipv4(PacketText& text, Bytes bytes, std::size_t length);
void print_ipv6(PacketText& text, Bytes bytes, std::size_t length);
void print_arp(PacketText& text, Bytes bytes, std::size_t length);
// `length` is what the IP header promises, `bytes` what was captured of it.
void print_vrrp(PacketText& text, const IpFacts& ip, Bytes bytes, std::size_t length);
void print_icmp(PacketText& text, const IpFacts& ip, Bytes bytes, std::size_t length);
void print_icmpv6(PacketText& text, const IpFacts& ip, Bytes bytes, std::size_t length);
void print_udp(PacketText& text, const IpFacts& ip, Bytes bytes, std::size_t length);
void print_tcp(PacketText& text, const IpFacts& ip, Bytes bytes, std::size_t length);
void print_bfd(PacketText& text, Bytes bytes, std::size_t length);

}  // namespace alibi::report
