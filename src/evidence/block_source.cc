// SPDX-License-Identifier: Apache-2.0
// Reads in blocks of 256 KiB to the start of a page, where the kernel copies fastest; what is
// left of a block moves in front of the next.
#include "evidence/block_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace alibi::evidence {
namespace {

// Small enough to stay in the CPU's second-level cache between the kernel's copy and the scan.
constexpr std::size_t kReadSize = std::size_t{256} << 10U;
// A file worth a second thread.
constexpr std::int64_t kLargeFile = std::int64_t{16} << 20U;
constexpr std::size_t kPage = 4096;

constexpr std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

std::uint8_t* page_of(std::vector<std::uint8_t>& buffer) {
  const auto address = reinterpret_cast<std::uintptr_t>(buffer.data());
  return buffer.data() + (round_up(address, kPage) - address);
}

}  // namespace

Result<BlockSource> BlockSource::open(const std::string& path) {
  const int fd = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_errno("cannot read " + path);
  struct stat status {};
  const bool large = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                     status.st_size >= kLargeFile && fd != STDIN_FILENO;
  if (!large) return unpacked(BlockSource(stream_of(fd)));
  return unpacked(BlockSource(std::make_unique<FileBlocks>(fd)));
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

BlockSource::BlockSource(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}

BlockSource::BlockSource(std::unique_ptr<FileBlocks> blocks) : blocks_(std::move(blocks)) {}

BlockSource::BlockSource(BlockSource&& other) noexcept
    : stream_(std::move(other.stream_)),
      blocks_(std::move(other.blocks_)),
      at_end_(other.at_end_),
      packed_(other.packed_),
      error_(std::move(other.error_)),
      offset_(other.offset_),
      buffer_(std::move(other.buffer_)),
      window_(std::exchange(other.window_, {})) {}

/// What is left moves into the headroom of the next block; a record longer than that and the block
/// is put together in a buffer of its own.
void BlockSource::next_block(std::size_t count) {
  const std::vector<std::uint8_t> left(window_.begin(), window_.end());
  const auto take = [this]() -> std::span<std::uint8_t> {
    const auto block = blocks_->next();
    if (!block) error_ = block.error().message;
    at_end_ = !block || block->empty();
    return block ? *block : std::span<std::uint8_t>();
  };
  const std::span<std::uint8_t> block = take();
  if (left.size() <= FileBlocks::kHeadroom && left.size() + block.size() >= count && !at_end_) {
    std::uint8_t* const start = block.data() - left.size();
    std::copy(left.begin(), left.end(), start);
    window_ = std::span<const std::uint8_t>(start, left.size() + block.size());
    return;
  }
  buffer_ = left;
  buffer_.insert(buffer_.end(), block.begin(), block.end());
  while (buffer_.size() < count && !at_end_) {
    const std::span<std::uint8_t> more = take();
    buffer_.insert(buffer_.end(), more.begin(), more.end());
  }
  window_ = buffer_;
}

void BlockSource::read_by(const std::function<bool()>& step) {
  if (blocks_) return blocks_->take_turns(step);
  while (step()) {
  }
}

void BlockSource::refill(std::size_t count) {
  if (blocks_ && !at_end_) return next_block(count);
  if (!stream_) return;
  const std::size_t left = window_.size();
  const std::size_t start = round_up(left, kPage);
  const std::size_t capacity = start + round_up(count - left, kReadSize);
  std::vector<std::uint8_t> larger;
  if (buffer_.size() < capacity + kPage) larger.resize(capacity + 2 * kPage);
  std::uint8_t* const base = page_of(larger.empty() ? buffer_ : larger);
  if (left != 0) std::memmove(base + start - left, window_.data(), left);
  if (!larger.empty()) buffer_ = std::move(larger);
  std::size_t end = start;
  while (end - start < count - left && stream_) {
    const auto got = stream_->read({base + end, std::min(capacity - end, kReadSize)});
    if (!got) error_ = got.error().message;
    if (!got || *got == 0) {
      stream_.reset();
    } else {
      end += *got;
    }
  }
  window_ = std::span<const std::uint8_t>(base + start - left, base + end);
}

}  // namespace alibi::evidence
