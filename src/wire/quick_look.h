// SPDX-License-Identifier: Apache-2.0
// A look at a few octets of a frame: may there be an advertisement in it? Millions of frames of
// other traffic are left out by it before decode_frame() sees them.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "wire/frame.h"

namespace alibi::wire {

/// What is looked for.
enum class Interest : std::uint8_t {
  Everything,
  Heartbeats,               ///< VRRP
  HeartbeatsAndNeighbours,  ///< and ARP, neighbour discovery
};

/// The rest of may_hold(), for what is not known at once.
bool look_closer(std::span<const std::uint8_t> bytes, LinkType link_type, Interest interest);

/// False only if decode_frame() finds nothing of `interest` in the frame, also in its tunnels.
inline bool may_hold(std::span<const std::uint8_t> bytes, LinkType link_type, Interest interest) {
  // TCP over Ethernet, with a VLAN tag or without: most of what a load balancer carries.
  constexpr std::uint8_t kTcp = 6;
  constexpr std::size_t kLongestLook = 14 + 4 + 20;
  if (link_type == LinkType::Ethernet && bytes.size() >= kLongestLook) {
    const auto type_at = [&bytes](std::size_t at) { return bytes[at] << 8U | bytes[at + 1]; };
    const std::size_t at = type_at(12) == 0x8100 ? 16 : 12;
    const bool ipv4 = type_at(at) == 0x0800 && bytes[at + 2 + 9] == kTcp;
    const bool ipv6 = type_at(at) == 0x86dd && bytes[at + 2 + 6] == kTcp;
    if (ipv4 || ipv6) return interest == Interest::Everything;
  }
  return look_closer(bytes, link_type, interest);
}

}  // namespace alibi::wire
