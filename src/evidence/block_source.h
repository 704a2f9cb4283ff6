// SPDX-License-Identifier: Apache-2.0
// Octets of a capture in order, read in large blocks, or lying in memory. Private to the capture
// readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "evidence/byte_stream.h"
#include "evidence/file_blocks.h"

namespace alibi::evidence {

/// The largest record or block that is believed: a longer one is a damaged length field.
inline constexpr std::size_t kMaxBlock = std::size_t{16} << 20U;

/// One thread at a time. Memory stays at 256 KiB, for a large file
/// 4 MiB, or the largest block seen so far (kMaxBlock at most).
class BlockSource {
 public:
  /// Opens a file; "-" is standard input. What gzip or zstd packed is unpacked while it is read.
  static Result<BlockSource> open(const std::string& path);
  /// Reads from `bytes`, which must outlive the source; packed or not, as open() does.
  static BlockSource of(std::span<const std::uint8_t> bytes);
  explicit BlockSource(std::unique_ptr<ByteStream> stream);
  explicit BlockSource(std::unique_ptr<FileBlocks> blocks);
  BlockSource(BlockSource&& other) noexcept;
  BlockSource& operator=(BlockSource&&) = delete;
  ~BlockSource() = default;

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
  /// What peek() would return without reading.
  std::span<const std::uint8_t> window() const { return window_; }
  /// Calls `step` until it says false. A step ought to take what goes past the window first, then
  /// all that lies in it: for a large file two threads take turns, a block each.
  void read_by(const std::function<bool()>& step);
  /// Octets consumed so far, of the unpacked data.
  std::uint64_t offset() const { return offset_; }
  /// Why reading failed, else empty: the end that peek() showed was not the file's.
  const std::string& error() const { return error_; }
  /// The offsets are those of unpacked data, not of the file.
  bool packed() const { return packed_; }

 private:
  explicit BlockSource(std::span<const std::uint8_t> bytes) : window_(bytes) {}
  static BlockSource unpacked(BlockSource source);
  void refill(std::size_t count);
  void next_block(std::size_t count);

  std::unique_ptr<ByteStream> stream_;  // none: memory, blocks, or the end was reached
  std::unique_ptr<FileBlocks> blocks_;  // of a large file, which the window lies in
  bool at_end_ = false;                 // of blocks_
  bool packed_ = false;
  std::string error_;
  std::uint64_t offset_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::span<const std::uint8_t> window_;
};

}  // namespace alibi::evidence
