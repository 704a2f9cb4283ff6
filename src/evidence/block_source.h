// SPDX-License-Identifier: Apache-2.0
// Octets of a capture in order, from a file read in large blocks or from memory. Private to the
// capture readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace alibi::evidence {

/// The largest record or block that is believed: a longer one is a damaged length field.
inline constexpr std::size_t kMaxBlock = std::size_t{16} << 20U;

/// One thread. Memory stays at 256 KiB, or the largest block seen so far (kMaxBlock at most).
class BlockSource {
 public:
  /// Opens a file; "-" is standard input.
  static Result<BlockSource> open(const std::string& path);
  /// Reads from `bytes`, which must outlive the source.
  explicit BlockSource(std::span<const std::uint8_t> bytes) : window_(bytes) {}
  BlockSource(BlockSource&& other) noexcept;
  BlockSource& operator=(BlockSource&&) = delete;
  ~BlockSource();

  /// At least `count` octets from the current position (count <= kMaxBlock), or all that are left
  /// when the end comes first. Valid until the next call.
  std::span<const std::uint8_t> peek(std::size_t count) {
    if (window_.size() < count) refill(count);
    return window_;
  }
  /// Moves on; `count` must have been seen by peek().
  void consume(std::size_t count) {
    window_ = window_.subspan(count);
    offset_ += count;
  }
  /// Octets consumed so far.
  std::uint64_t offset() const { return offset_; }
  /// errno of a read that failed, else 0: the end that peek() showed was not the file's.
  int read_errno() const { return read_errno_; }

 private:
  BlockSource() = default;
  void refill(std::size_t count);

  int fd_ = -1;
  bool end_ = false;
  int read_errno_ = 0;
  std::uint64_t offset_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::span<const std::uint8_t> window_;
};

}  // namespace alibi::evidence
