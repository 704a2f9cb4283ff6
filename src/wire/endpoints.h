// SPDX-License-Identifier: Apache-2.0
// Who sent a frame to whom, whatever is in it: enough to tell one flow of heartbeats from another.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "wire/frame.h"

namespace alibi::wire {

/// Of the outermost IP header; where there is none, EtherType and Ethernet addresses alone.
struct Endpoints {
  bool ip = false;
  IpAddress source, destination;
  MacAddress source_mac, destination_mac;
  std::uint16_t ether_type = 0;
  std::uint64_t network = 0;  ///< network_number() of the tags
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0, destination_port = 0;  ///< UDP, TCP, SCTP; else 0
  std::uint16_t ip_id = 0;                              ///< 0 for IPv6
  /// Behind the IP header, or that of UDP; empty where there is none, or in a later fragment.
  std::span<const std::uint8_t> payload;
};

/// Nothing when not even a link header could be read.
std::optional<Endpoints> endpoints_of(std::span<const std::uint8_t> bytes, LinkType link_type);

/// "10.0.0.1 > 224.0.0.102 udp 1985", "02:00:00:00:00:01 > 01:80:c2:00:00:02 type 0x8809". A source
/// port above 1023 changes with the process and is left out.
std::string flow_text(const Endpoints& endpoints);

}  // namespace alibi::wire
