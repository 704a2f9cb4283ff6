// SPDX-License-Identifier: Apache-2.0
// Reads ahead in blocks of 256 KiB; what is left of a block moves to the front before the next.
#include "evidence/block_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace alibi::evidence {
namespace {

constexpr std::size_t kReadSize = std::size_t{256} << 10U;

}  // namespace

Result<BlockSource> BlockSource::open(const std::string& path) {
  BlockSource out;
  out.fd_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (out.fd_ < 0) return fail_errno("cannot read " + path);
  out.buffer_.resize(kReadSize);
  return out;
}

BlockSource::BlockSource(BlockSource&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      end_(other.end_),
      read_errno_(other.read_errno_),
      offset_(other.offset_),
      buffer_(std::move(other.buffer_)),
      window_(std::exchange(other.window_, {})) {}

BlockSource::~BlockSource() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
}

void BlockSource::refill(std::size_t count) {
  if (fd_ < 0 || end_) return;
  std::size_t have = window_.size();
  if (have != 0) std::memmove(buffer_.data(), window_.data(), have);
  // Room for what is asked and a whole read behind it, so that few octets are ever moved twice.
  if (buffer_.size() < count) buffer_.resize(count + kReadSize);
  while (have < count && !end_) {
    const std::size_t room = std::min(buffer_.size() - have, std::max(kReadSize, count - have));
    const ssize_t got = ::read(fd_, buffer_.data() + have, room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) read_errno_ = errno;
    if (got <= 0) {
      end_ = true;
    } else {
      have += static_cast<std::size_t>(got);
    }
  }
  window_ = std::span<const std::uint8_t>(buffer_).first(have);
}

}  // namespace alibi::evidence
