// SPDX-License-Identifier: Apache-2.0
// Formats octets.
#include "report/hex_dump.h"

#include <fmt/format.h>

#include <algorithm>

namespace alibi::report {
namespace {

constexpr std::size_t kPerLine = 16;
constexpr std::size_t kHexColumns = 40;  // of 16 octets, in twos

bool printable(std::uint8_t c) { return c > 0x20 && c < 0x7f; }

// A carriage return in front of a line feed, or at the end, is part of the line's end.
std::string plain(std::span<const std::uint8_t> bytes) {
  std::string out = bytes.empty() ? "" : "\n";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t c = bytes[i];
    if (c == '\r') {
      if (i + 1 < bytes.size() && bytes[i + 1] != '\n') out += '.';
    } else {
      out += printable(c) || c == ' ' || c == '\t' || c == '\n' ? static_cast<char>(c) : '.';
    }
  }
  return out;
}

}  // namespace

std::string hex_dump(std::span<const std::uint8_t> bytes, HexDump form, std::string_view indent) {
  if (form == HexDump::Text) return plain(bytes);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += kPerLine) {
    const auto line = bytes.subspan(at, std::min(kPerLine, bytes.size() - at));
    std::string hex, shown;
    for (std::size_t i = 0; i < line.size(); ++i) {
      hex += fmt::format("{}{:02x}", i % 2 == 0 ? " " : "", line[i]);
      shown += printable(line[i]) ? static_cast<char>(line[i]) : '.';
    }
    out += fmt::format("\n{}0x{:04x}: ", indent, at);
    if (form == HexDump::HexAndText)
      out += fmt::format("{:<{}}  {}", hex, kHexColumns, shown);
    else
      out += hex;
  }
  return out;
}

}  // namespace alibi::report
