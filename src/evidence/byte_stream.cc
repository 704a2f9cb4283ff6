// SPDX-License-Identifier: Apache-2.0
// Files, by read(2).
#include "evidence/byte_stream.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace alibi::evidence {
namespace {

class FileStream : public ByteStream {
 public:
  explicit FileStream(int fd) : fd_(fd) {}
  ~FileStream() override {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  Result<std::size_t> read(std::span<std::uint8_t> room) override {
    ssize_t got = 0;
    do {
      got = ::read(fd_, room.data(), room.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail(std::strerror(errno), errno);
    return static_cast<std::size_t>(got);
  }

 private:
  int fd_;
};

}  // namespace

std::unique_ptr<ByteStream> stream_of(int fd) { return std::make_unique<FileStream>(fd); }

}  // namespace alibi::evidence
