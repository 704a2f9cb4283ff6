// SPDX-License-Identifier: Apache-2.0
// Byte records with their moments, kept as what differs from the last one of the same kind: a
// heartbeat that says what the one before said takes the octets of its moment. Any bytes come back
// exactly; a key that fits badly costs room only.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/instant.h"

namespace alibi::daemon {

/// How a record compares with the last one of its kind.
struct RecordKind {
  std::uint32_t number = 0;     ///< from 0, in order of first appearance
  std::size_t changed_end = 0;  ///< behind the last octet that differs; 0: the same record again
};

class PackedRecords {
 public:
  /// Records with the same `key` are of one kind.
  RecordKind add(std::uint64_t key, Instant at, std::span<const std::uint8_t> record);
  /// Gives back what only add() needs; nothing can be added any more.
  void close();

  using Each = std::function<void(Instant, const RecordKind&, std::span<const std::uint8_t>)>;
  /// In order of arrival, as they were added.
  void each(const Each& take) const;

  std::size_t count() const { return count_; }
  Instant first() const { return first_; }
  Instant last() const { return last_; }  ///< the latest moment, whatever the order
  /// Memory that it takes.
  std::size_t bytes() const { return packed_.capacity() + kinds_bytes_; }

 private:
  /// More kinds share their numbers: a flood of ever new records must not take all memory.
  static constexpr std::uint32_t kKindsMax = 4096;

  std::uint32_t kind_of(std::uint64_t key);
  void put(std::uint64_t value);
  void put_difference(const std::vector<std::uint8_t>& old, std::span<const std::uint8_t> record);

  std::vector<std::uint8_t> packed_;
  std::size_t count_ = 0;
  Instant first_{INT64_MAX}, last_{INT64_MIN};
  Instant previous_;                                          ///< of the record before
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;  ///< by key
  std::vector<std::vector<std::uint8_t>> newest_;             ///< by kind
  std::size_t kinds_bytes_ = 0;
};

}  // namespace alibi::daemon
