// SPDX-License-Identifier: Apache-2.0
// MAC and IP addresses as plain values in network byte order, with their text forms.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace alibi::wire {

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};
  auto operator<=>(const MacAddress&) const = default;
  std::string text() const;
  /// "02:00:5e:00:01:cd", upper or lower case.
  static std::optional<MacAddress> parse(std::string_view text);
};

enum class Family : std::uint8_t { V4 = 4, V6 = 6 };

/// An IPv4 address uses the first 4 of `bytes`, the rest are zero.
struct IpAddress {
  Family family = Family::V4;
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const IpAddress&) const = default;
  std::size_t size() const { return family == Family::V4 ? 4U : 16U; }
  bool is_multicast() const;
  bool is_unspecified() const;
  std::string text() const;
  /// Dotted quad or RFC 4291 text; no prefix length, no scope.
  static std::optional<IpAddress> parse(std::string_view text);
  /// From a host-order 32-bit number, e.g. 0xE0000012 for 224.0.0.18.
  static IpAddress v4(std::uint32_t host_order);
};

/// 224.0.0.18 and ff02::12 (RFC 9568 sections 5.1.1.2, 5.1.2.2).
IpAddress vrrp_group(Family family);

/// Compares as unsigned numbers, the tie-break of RFC 9568 section 6.4.3. Same family only.
bool higher(const IpAddress& a, const IpAddress& b);

}  // namespace alibi::wire
