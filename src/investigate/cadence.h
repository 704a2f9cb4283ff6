// SPDX-License-Identifier: Apache-2.0
// The times between successive heartbeats, as counters: how often, how regular. Memory does not
// grow with the number of heartbeats.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "base/instant.h"

namespace alibi::investigate {

class Cadence {
 public:
  /// Upper bounds of the classes by distance from the expected interval; the last class has none.
  static constexpr std::array<Duration, 11> kBounds{10us, 100us, 1ms,   2ms,   5ms,  10ms,
                                                    20ms, 50ms,  100ms, 200ms, 500ms};
  using Classes = std::array<std::uint64_t, kBounds.size() + 1>;

  /// `between` >= 0; `expected` 0: not known yet, counted in no class.
  void add(Duration between, Duration expected);

  /// All times of another as if they had been added here.
  void add(const Cadence& other);

  std::uint64_t count() const { return count_; }
  Duration shortest() const { return shortest_; }
  Duration longest() const { return longest_; }
  /// The time that a share (0 to 1) of all do not exceed, right to 1/64 of itself; 0 when empty.
  Duration quantile(double share) const;
  /// The usual time: the mean of those near the median, which a few late ones do not move.
  Duration usual() const;
  /// How many came so much earlier and later than expected.
  const Classes& early() const { return early_; }
  const Classes& late() const { return late_; }

 private:
  struct Bucket {
    std::uint64_t count = 0;
    std::uint64_t sum_ns = 0;
    Duration mean() const { return Duration(static_cast<std::int64_t>(sum_ns / count)); }
  };
  // By the seven leading bits: at most 1/64 wide in proportion.
  std::map<std::uint16_t, Bucket> buckets_;
  std::uint64_t count_ = 0;
  Duration shortest_ = Duration::max();
  Duration longest_{0};
  Classes early_{};
  Classes late_{};
};

}  // namespace alibi::investigate
