// SPDX-License-Identifier: Apache-2.0
// Lines of unknown content, made harmless.
#include "daemon/script_output.h"

#include <algorithm>
#include <cstdint>

namespace alibi::daemon {
namespace {

constexpr std::size_t kMostLines = 3;
constexpr std::size_t kMostOctets = 160;

/// Octets of the UTF-8 character at the front; 0 when there is none.
std::size_t character(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  if (lead < 0xc2 || lead >= 0xf5) return 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (text.size() < length) return 0;
  const auto rest = text.substr(1, length - 1);
  const bool whole = std::all_of(rest.begin(), rest.end(), [](char c) {
    return (static_cast<std::uint8_t>(c) & 0xc0U) == 0x80;
  });
  return whole ? length : 0;
}

}  // namespace

std::string first_lines(std::string_view output) {
  std::string out;
  std::size_t lines = 0;
  while (!output.empty() && lines < kMostLines) {
    std::string_view line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(line.size() + 1, output.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    out += ++lines > 1 ? " / " : "";
    while (!line.empty()) {
      const std::size_t length = character(line);
      if (out.size() + std::max<std::size_t>(length, 1) > kMostOctets - 3) return out + "...";
      if (length == 0) out += line.front() == '\t' ? ' ' : '?';
      out += line.substr(0, length);
      line.remove_prefix(std::max<std::size_t>(length, 1));
    }
  }
  return out;
}

}  // namespace alibi::daemon
