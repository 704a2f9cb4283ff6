// SPDX-License-Identifier: Apache-2.0
// Conversion in 128 bits, so that no resolution overflows on the way.
#include "evidence/ticks.h"

#include <algorithm>

namespace alibi::evidence {
namespace {

constexpr std::int64_t kBillion = 1'000'000'000;
constexpr unsigned kNanoDigits = 9;
constexpr unsigned kMostDigits = 38;  // 10^38 < 2^128

unsigned __int128 power_of_ten(unsigned exponent) {
  unsigned __int128 out = 1;
  for (; exponent > 0; --exponent) out *= 10;
  return out;
}

}  // namespace

Ticks::Ticks(std::uint8_t resolution, std::int64_t offset_seconds)
    : offset_seconds_(offset_seconds) {
  const unsigned exponent = resolution & 0x7fU;
  if ((resolution & 0x80U) != 0) {
    multiplier_ = kBillion;
    shift_ = exponent;
  } else if (exponent <= kNanoDigits) {
    multiplier_ = static_cast<std::uint64_t>(power_of_ten(kNanoDigits - exponent));
  } else {
    divisor_ = power_of_ten(std::min(exponent - kNanoDigits, kMostDigits));
  }
}

std::int64_t Ticks::unix_ns(std::uint64_t ticks) const {
  unsigned __int128 ns = static_cast<unsigned __int128>(ticks) * multiplier_ >> shift_;
  if (divisor_ != 1) ns /= divisor_;
  // Below 2^94 + 2^93, so the signed sum cannot overflow either.
  const __int128 sum =
      static_cast<__int128>(ns) + static_cast<__int128>(offset_seconds_) * kBillion;
  return static_cast<std::int64_t>(std::clamp<__int128>(sum, INT64_MIN, INT64_MAX));
}

std::int64_t minus(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (!__builtin_sub_overflow(a, b, &out)) return out;
  return a < b ? INT64_MIN : INT64_MAX;
}

}  // namespace alibi::evidence
