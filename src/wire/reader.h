// SPDX-License-Identifier: Apache-2.0
// Reads big-endian numbers out of captured octets. A fixed part is taken whole or not at all, and
// the offsets inside it are checked by the compiler, so no codec can read past its input.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace alibi::wire {

using Bytes = std::span<const std::uint8_t>;

/// Exactly N octets that are known to be there.
template <std::size_t N>
class Fixed {
 public:
  explicit constexpr Fixed(std::span<const std::uint8_t, N> bytes) : bytes_(bytes) {}

  template <std::size_t At>
  constexpr std::uint8_t u8() const {
    static_assert(At < N);
    return bytes_[At];
  }
  template <std::size_t At>
  constexpr std::uint16_t u16() const {
    static_assert(At + 2 <= N);
    return static_cast<std::uint16_t>(bytes_[At] << 8U | bytes_[At + 1]);
  }
  template <std::size_t At>
  constexpr std::uint32_t u32() const {
    static_assert(At + 4 <= N);
    return std::uint32_t{u16<At>()} << 16U | u16<At + 2>();
  }
  template <std::size_t At, std::size_t Count>
  constexpr std::array<std::uint8_t, Count> array() const {
    static_assert(At + Count <= N);
    std::array<std::uint8_t, Count> out{};
    std::copy_n(bytes_.begin() + At, Count, out.begin());
    return out;
  }

 private:
  std::span<const std::uint8_t, N> bytes_;
};

/// A cursor over octets from outside.
class Reader {
 public:
  explicit constexpr Reader(Bytes bytes) : rest_(bytes) {}

  constexpr Bytes rest() const { return rest_; }
  constexpr std::size_t left() const { return rest_.size(); }

  /// The next N octets, or nothing when fewer are left (the cursor then stays).
  template <std::size_t N>
  constexpr std::optional<Fixed<N>> take() {
    if (rest_.size() < N) return std::nullopt;
    const Fixed<N> out(rest_.first<N>());
    rest_ = rest_.subspan(N);
    return out;
  }
  constexpr std::optional<Bytes> take(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    const Bytes out = rest_.first(count);
    rest_ = rest_.subspan(count);
    return out;
  }
  constexpr bool skip(std::size_t count) { return take(count).has_value(); }

  /// Drops what lies after the next `count` octets (link-layer padding).
  constexpr void clip(std::size_t count) { rest_ = rest_.first(std::min(count, rest_.size())); }

 private:
  Bytes rest_;
};

}  // namespace alibi::wire
