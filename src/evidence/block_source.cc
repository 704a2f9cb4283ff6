// SPDX-License-Identifier: Apache-2.0
// Reads ahead in blocks of 256 KiB; what is left of a block moves to the front before the next.
#include "evidence/block_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace alibi::evidence {
namespace {

// Small enough to stay in the CPU's second-level cache between the kernel's copy and the scan.
constexpr std::size_t kReadSize = std::size_t{256} << 10U;

}  // namespace

Result<BlockSource> BlockSource::open(const std::string& path) {
  auto stream = open_stream(path);
  if (!stream) return tl::unexpected(stream.error());
  return unpacked(BlockSource(std::move(*stream)));
}

BlockSource BlockSource::of(std::span<const std::uint8_t> bytes) {
  return unpacked(BlockSource(bytes));
}

BlockSource BlockSource::unpacked(BlockSource source) {
  const auto start = source.peek(4);
  if (!is_gzip(start) && !is_zstd(start)) return source;
  BlockSource out(is_gzip(start) ? unpack_gzip(std::move(source)) : unpack_zstd(std::move(source)));
  out.packed_ = true;
  return out;
}

BlockSource::BlockSource(std::unique_ptr<ByteStream> stream)
    : stream_(std::move(stream)), buffer_(kReadSize) {}

BlockSource::BlockSource(BlockSource&& other) noexcept
    : stream_(std::move(other.stream_)),
      packed_(other.packed_),
      error_(std::move(other.error_)),
      offset_(other.offset_),
      buffer_(std::move(other.buffer_)),
      window_(std::exchange(other.window_, {})) {}

void BlockSource::refill(std::size_t count) {
  if (!stream_) return;
  std::size_t have = window_.size();
  if (have != 0) std::memmove(buffer_.data(), window_.data(), have);
  // Room for what is asked and a whole read behind it, so that few octets are ever moved twice.
  if (buffer_.size() < count) buffer_.resize(count + kReadSize);
  while (have < count && stream_) {
    const std::size_t room = std::min(buffer_.size() - have, std::max(kReadSize, count - have));
    const auto got = stream_->read(std::span(buffer_).subspan(have, room));
    if (!got) error_ = got.error().message;
    if (!got || *got == 0) {
      stream_.reset();
    } else {
      have += *got;
    }
  }
  window_ = std::span<const std::uint8_t>(buffer_).first(have);
}

}  // namespace alibi::evidence
