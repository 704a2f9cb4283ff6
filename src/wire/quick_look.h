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

/// The rest of may_hold(), for what is neither plain IPv4 nor known at once.
bool look_closer(std::span<const std::uint8_t> bytes, LinkType link_type, Interest interest);

/// False only if decode_frame() finds nothing of `interest` in the frame, also in its tunnels.
inline bool may_hold(std::span<const std::uint8_t> bytes, LinkType link_type, Interest interest) {
  // TCP over IPv4 over Ethernet: most of what a load balancer carries.
  constexpr std::size_t kProtocolAt = 14 + 9;
  constexpr std::uint8_t kTcp = 6;
  if (link_type == LinkType::Ethernet && bytes.size() > kProtocolAt && bytes[12] == 8 &&
      bytes[13] == 0 && bytes[kProtocolAt] == kTcp) {
    return interest == Interest::Everything;
  }
  return look_closer(bytes, link_type, interest);
}

}  // namespace alibi::wire
