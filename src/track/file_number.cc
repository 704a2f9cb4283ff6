// SPDX-License-Identifier: Apache-2.0
// By hand: strtol() would need a terminated string and a locale.
#include "track/file_number.h"

#include <algorithm>
#include <limits>

namespace alibi::track {
namespace {

bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void skip_blanks(std::string_view& text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
}

int digit(char c, int base) {
  int value = 99;
  if (c >= '0' && c <= '9') value = c - '0';
  if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
  return value < base ? value : -1;
}

}  // namespace

FileNumber parse_file_number(std::string_view text) {
  skip_blanks(text);
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' && digit(text[2], 16) >= 0) {
    base = 16;
    text.remove_prefix(2);
  } else if (!text.empty() && text[0] == '0') {
    base = 8;
  }
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  std::int64_t value = 0;
  bool any = false;
  for (; !text.empty() && digit(text.front(), base) >= 0; text.remove_prefix(1)) {
    value = std::min(value * base + digit(text.front(), base), kMost);
    any = true;
  }
  skip_blanks(text);
  return {static_cast<std::int32_t>(negative ? -value : value), any && text.empty()};
}

}  // namespace alibi::track
