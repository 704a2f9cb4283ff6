// SPDX-License-Identifier: Apache-2.0
// Varints: seven bits an octet, the low ones first, the top bit on all but the last.
#include "report/protobuf.h"

namespace alibi::report {
namespace {

constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kLengthDelimited = 2;

}  // namespace

void Protobuf::varint(std::uint64_t value) {
  while (value >= 0x80) {
    bytes_ += static_cast<char>(0x80U | (value & 0x7FU));
    value >>= 7U;
  }
  bytes_ += static_cast<char>(value);
}

Protobuf& Protobuf::number(std::uint32_t field, std::uint64_t value) {
  varint(std::uint64_t{field} << 3U | kVarint);
  varint(value);
  return *this;
}

Protobuf& Protobuf::signed_number(std::uint32_t field, std::int64_t value) {
  return number(field, static_cast<std::uint64_t>(value));
}

Protobuf& Protobuf::text(std::uint32_t field, std::string_view value) {
  varint(std::uint64_t{field} << 3U | kLengthDelimited);
  varint(value.size());
  bytes_ += value;
  return *this;
}

}  // namespace alibi::report
