// SPDX-License-Identifier: Apache-2.0
// Appends big-endian numbers to a buffer: the encoders' counterpart of reader.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace alibi::wire {

class Writer {
 public:
  explicit Writer(std::size_t expected_size) { out_.reserve(expected_size); }

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) {
    u8(static_cast<std::uint8_t>(value >> 8U));
    u8(static_cast<std::uint8_t>(value & 0xffU));
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16U));
    u16(static_cast<std::uint16_t>(value & 0xffffU));
  }
  void bytes(std::span<const std::uint8_t> value) {
    out_.insert(out_.end(), value.begin(), value.end());
  }
  /// Overwrites two octets written earlier: a checksum, once what it covers is complete.
  void patch_u16(std::size_t at, std::uint16_t value) {
    out_.at(at) = static_cast<std::uint8_t>(value >> 8U);
    out_.at(at + 1) = static_cast<std::uint8_t>(value & 0xffU);
  }
  std::span<const std::uint8_t> view(std::size_t from = 0) const {
    return std::span(out_).subspan(from);
  }
  std::vector<std::uint8_t> finish() { return std::move(out_); }

 private:
  std::vector<std::uint8_t> out_;
};

}  // namespace alibi::wire
