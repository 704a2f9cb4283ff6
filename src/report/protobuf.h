// SPDX-License-Identifier: Apache-2.0
// The protobuf wire format, writing only: the three wire types that a trace needs (ADR 0029).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace alibi::report {

/// One message. Fields stand in the order in which they are added.
class Protobuf {
 public:
  /// uint32, uint64, bool, enum and non-negative int32/int64: a varint.
  Protobuf& number(std::uint32_t field, std::uint64_t value);
  /// int32/int64, which take ten octets when negative.
  Protobuf& signed_number(std::uint32_t field, std::int64_t value);
  /// Text, bytes or a message: length-delimited. Text must be UTF-8.
  Protobuf& text(std::uint32_t field, std::string_view value);
  Protobuf& message(std::uint32_t field, const Protobuf& value) {
    return text(field, value.bytes_);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value);
  std::string bytes_;
};

}  // namespace alibi::report
