// SPDX-License-Identifier: Apache-2.0
// Time stamps of a pcapng interface as Unix nanoseconds.
#pragma once

#include <cstdint>

namespace alibi::evidence {

/// a - b, or as far as that goes.
std::int64_t minus(std::int64_t a, std::int64_t b);

/// if_tsresol and if_tsoffset of one interface. Any input gives a time; what does not fit into
/// 64-bit nanoseconds is pinned to the nearest that does.
class Ticks {
 public:
  /// `resolution` as in the option: 10^-n seconds, or 2^-n when the top bit is set.
  explicit Ticks(std::uint8_t resolution = 6, std::int64_t offset_seconds = 0);
  std::int64_t unix_ns(std::uint64_t ticks) const;

 private:
  // A tick is multiplier_ / divisor_ / 2^shift_ nanoseconds.
  std::uint64_t multiplier_ = 1;
  unsigned __int128 divisor_ = 1;
  unsigned shift_ = 0;
  std::int64_t offset_seconds_ = 0;
};

}  // namespace alibi::evidence
