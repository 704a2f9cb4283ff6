// SPDX-License-Identifier: Apache-2.0
// Frames for the fence's programs, built field by field so that each can be wrong in one way.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wire/frame.h"

namespace alibi::fence_test {

using Frame = std::vector<std::uint8_t>;

struct Ip {
  std::string_view source = "10.77.0.2";
  std::string_view destination = "224.0.0.18";
  std::uint8_t ttl = 255;
  std::uint8_t protocol = wire::kVrrpProtocol;
  std::uint16_t fragment = 0;      ///< IPv4 flags and offset as they stand in the header
  std::size_t option_bytes = 0;    ///< IPv4, a multiple of 4
  std::vector<Frame> extensions{}; ///< IPv6: whole headers; their "next" fields are set here
  std::vector<std::uint8_t> extension_kinds{};
};

/// Ethernet + IPv4 or IPv6 (by the form of `source`) + payload.
Frame ip_frame(const Ip& ip, const Frame& payload);

/// A VRRP message for `ip`, before anything is spoilt.
Frame message(const wire::Advertisement& advert, const Ip& ip,
              wire::V3Checksum form = wire::V3Checksum::PseudoHeader);

/// The same in a frame.
Frame advert_frame(const wire::Advertisement& advert, const Ip& ip = {});

Frame arp_frame(std::uint16_t operation, std::string_view sender, std::string_view target);

/// ICMPv6 of `type` (135, 136, others) that names `target`; checksum not filled in.
Frame nd_frame(std::uint8_t type, std::string_view source, std::string_view destination,
               std::string_view target, bool behind_hop_by_hop = false);

Frame with_vlan_tag(Frame frame, std::uint16_t vlan);
Frame shortened(Frame frame, std::size_t by);

}  // namespace alibi::fence_test
