// SPDX-License-Identifier: Apache-2.0
// Strong types for numbers that must not be mixed up. Explicit in, `.value` out, ordered.
#pragma once

#include <compare>
#include <cstdint>

namespace alibi {

template <typename Tag, typename Rep>
struct Strong {
  Rep value{};
  constexpr Strong() = default;
  constexpr explicit Strong(Rep v) : value(v) {}
  constexpr auto operator<=>(const Strong&) const = default;
};

/// Virtual router identifier, 1..255 (RFC 9568 section 5.2.3).
using Vrid = Strong<struct VridTag, std::uint8_t>;
/// VRRP priority, 0..255: 0 resigns, 255 owns the address (RFC 9568 section 5.2.4).
using Priority = Strong<struct PriorityTag, std::uint8_t>;
/// Kernel interface index, >= 1; 0 means none.
using IfIndex = Strong<struct IfIndexTag, int>;

}  // namespace alibi
