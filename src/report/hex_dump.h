// SPDX-License-Identifier: Apache-2.0
// Octets as -x, -X and -A show them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace alibi::report {

enum class HexDump : std::uint8_t {
  Hex,         ///< 16 octets a line, each with its offset
  HexAndText,  ///< the same, with the printable characters behind
  Text,        ///< the characters alone
};

/// Each line after a line break, none at the end.
std::string hex_dump(std::span<const std::uint8_t> bytes, HexDump form);

}  // namespace alibi::report
