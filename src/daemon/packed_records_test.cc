// SPDX-License-Identifier: Apache-2.0
// What goes in comes out, octet for octet, and what repeats takes little room.
#include "daemon/packed_records.h"

#include <gtest/gtest.h>

#include <random>

namespace alibi::daemon {
namespace {

using Bytes = std::vector<std::uint8_t>;
struct Record {
  std::uint64_t key = 0;
  Instant at;
  Bytes bytes;
};

void expect_back(const PackedRecords& packed, const std::vector<Record>& records) {
  std::size_t next = 0;
  packed.each([&](Instant at, const RecordKind&, std::span<const std::uint8_t> bytes) {
    ASSERT_LT(next, records.size());
    EXPECT_EQ(at, records[next].at);
    EXPECT_EQ(Bytes(bytes.begin(), bytes.end()), records[next].bytes) << next;
    ++next;
  });
  EXPECT_EQ(next, records.size());
  EXPECT_EQ(packed.count(), records.size());
}

TEST(PackedRecords, AnythingComesBack) {
  std::mt19937 random(7);
  PackedRecords packed;
  std::vector<Record> records;
  std::vector<RecordKind> kinds;
  for (int i = 0; i < 20'000; ++i) {
    Record record{random() % 6000, Instant{static_cast<std::int64_t>(random()) - (1LL << 31)}, {}};
    if (!records.empty() && random() % 4 != 0)
      record.bytes = records[random() % records.size()].bytes;
    if (random() % 3 == 0) record.bytes.resize(random() % 300);
    for (std::size_t n = random() % 5; n > 0 && !record.bytes.empty(); --n)
      record.bytes[random() % record.bytes.size()] = static_cast<std::uint8_t>(random());
    kinds.push_back(packed.add(record.key, record.at, record.bytes));
    records.push_back(std::move(record));
  }
  expect_back(packed, records);
  std::size_t next = 0;
  packed.each([&](Instant, const RecordKind& kind, std::span<const std::uint8_t>) {
    EXPECT_EQ(kind.number, kinds[next].number);
    EXPECT_EQ(kind.changed_end, kinds[next].changed_end) << next;
    ++next;
  });
  packed.close();
  expect_back(packed, records);
}

TEST(PackedRecords, ARepetitionCostsItsMoment) {
  PackedRecords packed;
  Bytes bytes(60, 3);
  EXPECT_EQ(packed.add(1, Instant{5}, bytes).changed_end, 60U);
  const std::size_t once = 80;
  for (int i = 1; i <= 1000; ++i)
    EXPECT_EQ(packed.add(1, Instant{5 + i * 100'000LL}, bytes).changed_end, 0U);
  packed.close();
  EXPECT_LE(packed.bytes(), once + 1000 * 4);
  PackedRecords other;
  other.add(1, Instant{1}, bytes);
  bytes[10] = 4;
  EXPECT_EQ(other.add(1, Instant{2}, bytes).changed_end, 11U);
  EXPECT_EQ(other.add(2, Instant{2}, bytes).number, 1U);
}

TEST(PackedRecords, KindsAreBounded) {
  PackedRecords packed;
  for (std::uint64_t i = 0; i < 100'000; ++i)
    packed.add(i, Instant{static_cast<std::int64_t>(i)}, Bytes(4, static_cast<std::uint8_t>(i)));
  EXPECT_LT(packed.bytes(), 3U << 20);
}

}  // namespace
}  // namespace alibi::daemon
