// SPDX-License-Identifier: Apache-2.0
// Decimal fractions are read digit by digit, so that nanoseconds survive.
#include "cmd/time_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <string_view>
#include <utility>

namespace alibi::cmd {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr int kNanoDigits = 9;

/// Decimal seconds to nanoseconds; digits beyond the ninth are left out. Takes what it read off.
std::optional<std::int64_t> take_decimal(std::string_view& text) {
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  constexpr std::int64_t kMost = INT64_MAX / kSecond - 1;
  if (error != std::errc() || whole < 0 || whole > kMost) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  std::int64_t ns = whole * kSecond;
  if (text.empty() || text.front() != '.') return ns;
  text.remove_prefix(1);
  std::int64_t unit = kSecond / 10;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (digits < kNanoDigits) ns += (text[digits] - '0') * unit;
    unit /= 10;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return ns;
}

/// "HH:MM[:SS[.FRACTION]]" since midnight.
std::optional<std::int64_t> parse_time_of_day(std::string_view text) {
  std::array<std::int64_t, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = take_decimal(text);
    const bool fraction = part && *part % kSecond != 0;
    if (!part || *part / kSecond >= (i == 0 ? 24 : 60) || (fraction && i != 2)) return std::nullopt;
    parts[i] = *part;
    if (text.empty() && i > 0) return (parts[0] * 60 + parts[1]) * 60 + parts[2];
    if (text.empty() || text.front() != ':') return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

std::int64_t midnight_of(std::int64_t unix_ns) {
  const std::time_t t = unix_ns / kSecond - (unix_ns % kSecond < 0 ? 1 : 0);
  std::tm parts{};
  ::localtime_r(&t, &parts);
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  parts.tm_isdst = -1;
  return std::int64_t{::mktime(&parts)} * kSecond;
}

}  // namespace

std::optional<Duration> parse_duration(const std::string& text) {
  std::string_view rest = text;
  const auto seconds = take_decimal(rest);
  constexpr std::int64_t kLongest = 366 * 86'400 * kSecond;
  if (!seconds || *seconds == 0 || *seconds > kLongest) return std::nullopt;
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kParts{
      {{"", 1}, {"s", 1}, {"ms", 1000}, {"us", 1'000'000}}};
  for (const auto& [unit, part] : kParts) {
    if (rest == unit && *seconds / part > 0) return Duration(*seconds / part);
  }
  if (rest == "m") return Duration(*seconds * 60);
  return std::nullopt;
}

std::optional<Moment> parse_moment(const std::string& text) {
  if (!text.empty() && text.front() == '@') {
    std::string_view rest = std::string_view(text).substr(1);
    const auto ns = take_decimal(rest);
    if (!ns || !rest.empty()) return std::nullopt;
    return Moment{true, *ns};
  }
  constexpr std::size_t kDate = 10;  // YYYY-MM-DD
  if (text.size() <= kDate || text[4] != '-' || text[7] != '-') {
    const auto ns = parse_time_of_day(text);
    return ns ? std::optional(Moment{false, *ns}) : std::nullopt;
  }
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%d", &parts);
  if (end != text.c_str() + kDate || (*end != ' ' && *end != 'T')) return std::nullopt;
  const auto ns = parse_time_of_day(std::string_view(text).substr(kDate + 1));
  if (!ns) return std::nullopt;
  parts.tm_hour = static_cast<int>(*ns / kSecond / 3600);
  parts.tm_min = static_cast<int>(*ns / kSecond / 60 % 60);
  parts.tm_sec = static_cast<int>(*ns / kSecond % 60);
  parts.tm_isdst = -1;
  return Moment{true, std::int64_t{::mktime(&parts)} * kSecond + *ns % kSecond};
}

std::int64_t resolve(const Moment& moment, std::int64_t day_unix_ns) {
  return moment.date ? moment.ns : midnight_of(day_unix_ns) + moment.ns;
}

}  // namespace alibi::cmd
