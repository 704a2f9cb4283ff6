// SPDX-License-Identifier: Apache-2.0
// BFD Control packets, RFC 5880 section 4.1, without authentication.
//
//    0                   1                   2                   3
//   |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
//   |                       My Discriminator                        |
//   |                      Your Discriminator                       |
//   |                Desired Min TX Interval (us)                   |
//   |                Required Min RX Interval (us)                  |
//   |              Required Min Echo RX Interval (us)               |
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wire/reader.h"

namespace alibi::wire {

/// RFC 5881 section 4, RFC 5883 section 5.
inline constexpr std::uint16_t kBfdPort = 3784;
inline constexpr std::uint16_t kBfdMultihopPort = 4784;

enum class BfdState : std::uint8_t { AdminDown = 0, Down = 1, Init = 2, Up = 3 };
std::string_view text(BfdState state);  // "AdminDown", ...

enum class BfdDiagnostic : std::uint8_t {
  None = 0,
  DetectionTimeExpired = 1,
  EchoFailed = 2,
  NeighborDown = 3,
  ForwardingPlaneReset = 4,
  PathDown = 5,
  ConcatenatedPathDown = 6,
  AdministrativelyDown = 7,
  ReverseConcatenatedPathDown = 8,
};
std::string_view text(BfdDiagnostic diagnostic);

struct BfdControl {
  BfdDiagnostic diagnostic = BfdDiagnostic::None;
  BfdState state = BfdState::Down;
  bool poll = false;
  bool final = false;
  bool control_plane_independent = false;
  bool demand = false;
  std::uint8_t detect_multiplier = 3;
  std::uint32_t my_discriminator = 0;
  std::uint32_t your_discriminator = 0;
  std::uint32_t desired_min_tx_us = 0;
  std::uint32_t required_min_rx_us = 0;
  std::uint32_t required_min_echo_rx_us = 0;
  auto operator<=>(const BfdControl&) const = default;
};

/// Why a packet must be discarded, in the order of RFC 5880 section 6.8.6.
enum class BfdDefect : std::uint8_t {
  None,
  Version,
  Length,             ///< shorter than a packet, or than it says itself
  Multiplier,         ///< 0
  Multipoint,         ///< M bit
  MyDiscriminator,    ///< 0
  YourDiscriminator,  ///< 0 in a state that needs one
  Authentication,     ///< A bit: none is in use
};
std::string_view text(BfdDefect defect);

struct BfdDecoded {
  BfdDefect defect = BfdDefect::None;
  BfdControl packet;
};
/// What is after the length that the packet gives itself is not looked at.
BfdDecoded decode_bfd(Bytes payload);

/// The 24 octets.
std::vector<std::uint8_t> encode_bfd(const BfdControl& packet);

}  // namespace alibi::wire
