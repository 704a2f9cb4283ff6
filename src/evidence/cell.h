// SPDX-License-Identifier: Apache-2.0
// Single values of the schema as what a case file can hold: a 64-bit integer or a text. to_cell()
// and from_cell() are each other's inverse; from_cell() refuses what to_cell() never gives.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "base/strong.h"
#include "evidence/enum_names.h"
#include "wire/address.h"

namespace alibi::evidence {

// Counters above 2^63 do not occur; the largest integer a file can hold stands for them.
template <std::integral T>
std::int64_t to_cell(T value) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  if constexpr (std::same_as<T, bool>) {
    return value ? 1 : 0;
  } else {
    return std::cmp_greater(value, kMost) ? kMost : static_cast<std::int64_t>(value);
  }
}
template <std::integral T>
bool from_cell(std::int64_t cell, T& out) {
  if constexpr (std::same_as<T, bool>) {
    out = cell == 1;
    return cell == 0 || cell == 1;
  } else {
    out = static_cast<T>(cell);
    return std::in_range<T>(cell);
  }
}

// A letter, as in /proc/PID/stat.
inline std::string to_cell(char value) {
  return std::string(1, value > ' ' && value <= '~' ? value : '?');
}
inline bool from_cell(std::string_view cell, char& out) {
  if (cell.size() != 1) return false;
  out = cell[0];
  return true;
}

inline std::int64_t to_cell(Instant value) { return value.ns; }
inline bool from_cell(std::int64_t cell, Instant& out) {
  out = Instant{cell};
  return true;
}
inline std::int64_t to_cell(Duration value) { return value.count(); }
inline bool from_cell(std::int64_t cell, Duration& out) {
  out = Duration(cell);
  return true;
}
template <typename Tag, typename Rep>
std::int64_t to_cell(Strong<Tag, Rep> value) {
  return to_cell(value.value);
}
template <typename Tag, typename Rep>
bool from_cell(std::int64_t cell, Strong<Tag, Rep>& out) {
  return from_cell(cell, out.value);
}

template <typename E>
requires std::is_enum_v<E> std::string to_cell(E value) {
  static_assert(!kEnumNames<E>.empty(), "name the enumerators in enum_names.h");
  const auto index = static_cast<std::size_t>(value);
  return std::string(kEnumNames<E>[index < kEnumNames<E>.size() ? index : 0]);
}
template <typename E>
requires std::is_enum_v<E>
bool from_cell(std::string_view cell, E& out) {
  for (std::size_t i = 0; i < kEnumNames<E>.size(); ++i) {
    if (kEnumNames<E>[i] != cell) continue;
    out = static_cast<E>(i);
    return true;
  }
  return false;
}

inline const std::string& to_cell(const std::string& value) { return value; }
inline bool from_cell(std::string_view cell, std::string& out) {
  out = cell;
  return true;
}

template <typename A>
requires std::same_as<A, wire::IpAddress> || std::same_as<A, wire::MacAddress> std::string to_cell(
    const A& value) {
  return value.text();
}
template <typename A>
requires std::same_as<A, wire::IpAddress> || std::same_as<A, wire::MacAddress>
bool from_cell(std::string_view cell, A& out) {
  const auto parsed = A::parse(cell);
  if (parsed) out = *parsed;
  return parsed.has_value();
}

/// Addresses with a blank between them.
std::string to_cell(const std::vector<wire::IpAddress>& value);
bool from_cell(std::string_view cell, std::vector<wire::IpAddress>& out);

template <typename T>
inline constexpr bool kIsIntegerCell =
    std::same_as<decltype(to_cell(std::declval<const T&>())), std::int64_t>;

}  // namespace alibi::evidence
