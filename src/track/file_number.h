// SPDX-License-Identifier: Apache-2.0
// The number in a tracked file, read as keepalived reads it.
#pragma once

#include <cstdint>
#include <string_view>

namespace alibi::track {

struct FileNumber {
  std::int32_t value = 0;
  bool clean = true;  ///< nothing but one number stood there
};

/// The number at the front (blanks before it, sign, decimal, 0x or octal with a leading 0), what
/// follows it is not looked at; no number is 0, one too large the largest.
FileNumber parse_file_number(std::string_view text);

}  // namespace alibi::track
