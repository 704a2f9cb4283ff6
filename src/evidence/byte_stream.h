// SPDX-License-Identifier: Apache-2.0
// Where a capture's octets come from: a file, or what gzip or zstd packed. Private to the readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace alibi::evidence {

class BlockSource;

/// Octets in order. One thread.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;
  /// Octets written to the front of `room` (not empty), 0 at the end. After an error the stream
  /// has ended.
  virtual Result<std::size_t> read(std::span<std::uint8_t> room) = 0;
};

/// Of a descriptor, which it closes unless it is standard input.
std::unique_ptr<ByteStream> stream_of(int fd);

/// The first octets of a gzip member (RFC 1952, 2.3.1) and of a zstd frame (RFC 8878, 3.1.1).
bool is_gzip(std::span<const std::uint8_t> start);
bool is_zstd(std::span<const std::uint8_t> start);

/// Unpacks members or frames that follow each other; what comes behind the last one and is none is
/// left out, as gunzip does. Memory is bounded by the formats' windows (32 KiB, 128 MiB).
std::unique_ptr<ByteStream> unpack_gzip(BlockSource packed);
std::unique_ptr<ByteStream> unpack_zstd(BlockSource packed);

}  // namespace alibi::evidence
