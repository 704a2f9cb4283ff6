// SPDX-License-Identifier: Apache-2.0
// Numbers of the pcapng format (draft-ietf-opsawg-pcapng) that reader and writer share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace alibi::evidence::pcapng {

// Every block:
//
//   +-------------------------------+
//   | block type (4)                |
//   +-------------------------------+
//   | block total length (4)        |
//   +-------------------------------+
//   | body, padded to 4 octets      |
//   +-------------------------------+
//   | block total length (4)        |
//   +-------------------------------+
inline constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
inline constexpr std::uint32_t kInterfaceDescription = 1;
inline constexpr std::uint32_t kOldPacket = 2;
inline constexpr std::uint32_t kSimplePacket = 3;
inline constexpr std::uint32_t kInterfaceStatistics = 5;
inline constexpr std::uint32_t kEnhancedPacket = 6;

inline constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;

// Options: code (2), length (2), value padded to 4 octets.
inline constexpr std::uint16_t kOptEnd = 0;
inline constexpr std::uint16_t kOptComment = 1;
inline constexpr std::uint16_t kShbUserApplication = 4;
inline constexpr std::uint16_t kIfName = 2;
inline constexpr std::uint16_t kIfDescription = 3;
inline constexpr std::uint16_t kIfTsResolution = 9;
inline constexpr std::uint16_t kIfFilter = 11;
inline constexpr std::uint16_t kIfTsOffset = 14;
inline constexpr std::uint16_t kEpbFlags = 2;  ///< the same code in the old packet block
inline constexpr std::uint16_t kEpbDropCount = 4;
inline constexpr std::uint16_t kEpbPacketId = 5;
inline constexpr std::uint16_t kIsbReceived = 4;
inline constexpr std::uint16_t kIsbDropped = 5;
inline constexpr std::uint16_t kIsbOsDropped = 7;

/// Low two bits of epb_flags.
inline constexpr std::uint32_t kFlagInbound = 1;
inline constexpr std::uint32_t kFlagOutbound = 2;

inline constexpr std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

}  // namespace alibi::evidence::pcapng
