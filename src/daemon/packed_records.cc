// SPDX-License-Identifier: Apache-2.0
// A record is: kind * 2 + differs, moment since the record before (zigzag), and if it differs its
// size and the runs that do: octets to pass over, octets in the run, the run; a last pass that
// reaches the end. Numbers are in base 128, low part first. Octets behind an old record's end are
// 0.
#include "daemon/packed_records.h"

#include <algorithm>

#include "base/check.h"

namespace alibi::daemon {
namespace {

/// Runs closer than this are one: their lengths would cost what the octets between them do.
constexpr std::size_t kJoin = 3;
/// What a kind takes in the containers beside the record itself, about.
constexpr std::size_t kKindBytes = 96;

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

class Unpacker {
 public:
  explicit Unpacker(std::span<const std::uint8_t> from) : rest_(from) {}
  bool done() const { return rest_.empty(); }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t octet = run(1)[0];
      value |= std::uint64_t{octet & 0x7fU} << shift;
      if (octet < 0x80) break;
    }
    return value;
  }

  std::span<const std::uint8_t> run(std::size_t size) {
    CHECK(size <= rest_.size());
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  /// Turns the old record into the new one; where it changed last.
  std::size_t apply_difference(std::vector<std::uint8_t>& record) {
    const std::size_t before = record.size();
    record.resize(number());
    std::size_t position = 0;
    std::size_t changed_end = before == record.size() ? 0 : record.size();
    while (true) {
      position += number();
      if (position >= record.size()) break;
      const auto changed = run(number());
      CHECK(changed.size() <= record.size() - position);
      std::copy(changed.begin(), changed.end(),
                record.begin() + static_cast<std::ptrdiff_t>(position));
      position += changed.size();
      changed_end = std::max(changed_end, position);
      if (position == record.size()) break;
    }
    return changed_end;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace

void PackedRecords::put(std::uint64_t value) {
  while (value >= 0x80) {
    packed_.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  packed_.push_back(static_cast<std::uint8_t>(value));
}

std::uint32_t PackedRecords::kind_of(std::uint64_t key) {
  const auto known = numbers_.find(key);
  if (known != numbers_.end()) return known->second;
  if (newest_.size() >= kKindsMax) return static_cast<std::uint32_t>(key % kKindsMax);
  const auto number = static_cast<std::uint32_t>(newest_.size());
  numbers_.emplace(key, number);
  newest_.emplace_back();
  kinds_bytes_ += kKindBytes;
  return number;
}

void PackedRecords::put_difference(const std::vector<std::uint8_t>& old,
                                   std::span<const std::uint8_t> record) {
  const auto differs = [&](std::size_t i) {
    return record[i] != (i < old.size() ? old[i] : std::uint8_t{0});
  };
  put(record.size());
  std::size_t position = 0;
  while (position < record.size()) {
    std::size_t begin = position;
    while (begin < record.size() && !differs(begin)) ++begin;
    put(begin - position);
    if (begin == record.size()) return;
    std::size_t end = begin + 1;
    for (std::size_t i = end; i < record.size() && i < end + kJoin; ++i)
      if (differs(i)) end = i + 1;
    put(end - begin);
    packed_.insert(packed_.end(), record.begin() + static_cast<std::ptrdiff_t>(begin),
                   record.begin() + static_cast<std::ptrdiff_t>(end));
    position = end;
  }
  if (record.empty()) put(0);
}

RecordKind PackedRecords::add(std::uint64_t key, Instant at, std::span<const std::uint8_t> record) {
  RecordKind kind{kind_of(key), 0};
  std::vector<std::uint8_t>& newest = newest_[kind.number];
  if (newest.size() != record.size()) {
    kind.changed_end = record.size();
  } else {
    const auto last = std::mismatch(record.rbegin(), record.rend(), newest.rbegin()).first;
    kind.changed_end = static_cast<std::size_t>(record.rend() - last);
  }
  const bool differs = kind.changed_end != 0 || newest.size() != record.size();
  put(std::uint64_t{kind.number} << 1 | (differs ? 1 : 0));
  put(zigzag(at.ns - previous_.ns));
  if (differs) {
    put_difference(newest, record);
    kinds_bytes_ += record.size();
    kinds_bytes_ -= newest.size();
    newest.assign(record.begin(), record.end());
  }
  previous_ = at;
  first_ = std::min(first_, at);
  last_ = std::max(last_, at);
  ++count_;
  return kind;
}

void PackedRecords::close() {
  packed_.shrink_to_fit();
  numbers_ = {};
  newest_ = {};
  kinds_bytes_ = 0;
}

void PackedRecords::each(const Each& take) const {
  Unpacker from(packed_);
  std::vector<std::vector<std::uint8_t>> newest;
  Instant at;
  while (!from.done()) {
    const std::uint64_t head = from.number();
    RecordKind kind{static_cast<std::uint32_t>(head >> 1), 0};
    at.ns += unzigzag(from.number());
    if (kind.number >= newest.size()) newest.resize(kind.number + 1);
    std::vector<std::uint8_t>& record = newest[kind.number];
    if ((head & 1) != 0) kind.changed_end = from.apply_difference(record);
    take(at, kind, record);
  }
}

}  // namespace alibi::daemon
