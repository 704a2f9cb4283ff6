// SPDX-License-Identifier: Apache-2.0
// A logarithmic histogram with the sum of each class beside its count.
#include "investigate/cadence.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace alibi::investigate {
namespace {

constexpr unsigned kLeadingBits = 7;

std::uint16_t bucket_of(Duration between) {
  const auto ns = static_cast<std::uint64_t>(between.count());
  const auto bits = static_cast<unsigned>(std::bit_width(ns));
  if (bits <= kLeadingBits) return static_cast<std::uint16_t>(ns);
  const unsigned shift = bits - kLeadingBits;
  return static_cast<std::uint16_t>(shift << kLeadingBits | ns >> shift);
}

}  // namespace

void Cadence::add(Duration between, Duration expected) {
  Bucket& bucket = buckets_[bucket_of(between)];
  ++bucket.count;
  bucket.sum_ns += static_cast<std::uint64_t>(between.count());
  ++count_;
  shortest_ = std::min(shortest_, between);
  longest_ = std::max(longest_, between);
  if (expected == Duration{0}) return;
  const Duration off = std::chrono::abs(between - expected);
  const auto at = std::lower_bound(kBounds.begin(), kBounds.end(), off) - kBounds.begin();
  ++(between < expected ? early_ : late_)[static_cast<std::size_t>(at)];
}

void Cadence::add(const Cadence& other) {
  for (const auto& [at, bucket] : other.buckets_) {
    buckets_[at].count += bucket.count;
    buckets_[at].sum_ns += bucket.sum_ns;
  }
  count_ += other.count_;
  shortest_ = std::min(shortest_, other.shortest_);
  longest_ = std::max(longest_, other.longest_);
  for (std::size_t i = 0; i < early_.size(); ++i) {
    early_[i] += other.early_[i];
    late_[i] += other.late_[i];
  }
}

Duration Cadence::quantile(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t below = 0;
  for (const auto& [at, bucket] : buckets_) {
    below += bucket.count;
    if (below >= std::max<std::uint64_t>(rank, 1)) {
      return bucket.mean();
    }
  }
  return Duration{0};
}

Duration Cadence::usual() const {
  const Duration median = quantile(0.5);
  const auto first = buckets_.lower_bound(bucket_of(median - median / 8));
  const auto last = buckets_.upper_bound(bucket_of(median + median / 8));
  Bucket near;
  for (auto it = first; it != last; ++it) {
    near.count += it->second.count;
    near.sum_ns += it->second.sum_ns;
  }
  if (near.count == 0) return Duration{0};
  return near.mean();
}

}  // namespace alibi::investigate
