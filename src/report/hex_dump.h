// SPDX-License-Identifier: Apache-2.0
// Octets as -x, -X and -A show them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace alibi::report {

enum class HexDump : std::uint8_t {
  Hex,         ///< 16 octets a line, each with its offset
  HexAndText,  ///< the same, with the printable characters behind
  Text,        ///< the characters alone
};

/// Each line after a line break, none at the end. `indent` is in front of offsets.
std::string hex_dump(std::span<const std::uint8_t> bytes, HexDump form,
                     std::string_view indent = "\t");

}  // namespace alibi::report
