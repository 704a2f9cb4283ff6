// SPDX-License-Identifier: Apache-2.0
// write(2), zlib and libzstd behind OutputFile.
#include "evidence/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>

namespace alibi::evidence {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20U;
constexpr std::size_t kCompressed = std::size_t{256} << 10U;
// A live capture has to keep up: the fastest level of each.
constexpr int kLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // zlib: 15 bits of window, 16 asks for gzip's header

using Sink = std::function<Result<void>(std::span<const std::uint8_t>)>;

}  // namespace

class OutputFile::Compressor {
 public:
  virtual ~Compressor() = default;
  /// `end`: nothing comes after `bytes`.
  virtual Result<void> put(std::span<const std::uint8_t> bytes, bool end, const Sink& sink) = 0;

 protected:
  std::vector<std::uint8_t> out_ = std::vector<std::uint8_t>(kCompressed);
};

class OutputFile::Gzip final : public Compressor {
 public:
  Gzip() { deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY); }
  ~Gzip() override { deflateEnd(&stream_); }
  Result<void> put(std::span<const std::uint8_t> bytes, bool end, const Sink& sink) override {
    stream_.next_in = const_cast<std::uint8_t*>(bytes.data());
    stream_.avail_in = static_cast<unsigned>(bytes.size());
    do {
      stream_.next_out = out_.data();
      stream_.avail_out = static_cast<unsigned>(out_.size());
      deflate(&stream_, end ? Z_FINISH : Z_SYNC_FLUSH);
      const std::size_t made = out_.size() - stream_.avail_out;
      if (auto put = sink(std::span(out_).first(made)); !put) return put;
    } while (stream_.avail_out == 0);
    return {};
  }

 private:
  z_stream stream_{};
};

class OutputFile::Zstd final : public Compressor {
 public:
  Zstd() : stream_(ZSTD_createCStream(), ZSTD_freeCStream) {
    ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_compressionLevel, kLevel);
  }
  Result<void> put(std::span<const std::uint8_t> bytes, bool end, const Sink& sink) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      left = ZSTD_compressStream2(stream_.get(), &out, &in, end ? ZSTD_e_end : ZSTD_e_flush);
      if (ZSTD_isError(left) != 0) return fail(std::string("zstd: ") + ZSTD_getErrorName(left));
      if (auto put = sink(std::span(out_).first(out.pos)); !put) return put;
    } while (left != 0 || in.pos < in.size);
    return {};
  }

 private:
  std::unique_ptr<ZSTD_CStream, std::size_t (*)(ZSTD_CStream*)> stream_;
};

OutputFile::OutputFile() = default;

OutputFile::OutputFile(OutputFile&& other) noexcept { *this = std::move(other); }

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(compressor_, other.compressor_);
  std::swap(buffer_, other.buffer_);
  std::swap(used_, other.used_);
  std::swap(ends_, other.ends_);
  std::swap(size_, other.size_);
  std::swap(written_, other.written_);
  std::swap(lost_, other.lost_);
  std::swap(failed_, other.failed_);
  return *this;
}

OutputFile::~OutputFile() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

Result<OutputFile> OutputFile::create(const std::string& path) {
  OutputFile file;
  file.path_ = path;
  constexpr mode_t kMode = 0644;
  file.fd_ = path == "-" ? STDOUT_FILENO
                         : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (file.fd_ < 0) return fail(path + ": " + std::strerror(errno), errno);
  if (path.ends_with(".gz")) file.compressor_ = std::make_unique<Gzip>();
  if (path.ends_with(".zst")) file.compressor_ = std::make_unique<Zstd>();
  file.buffer_.resize(kBuffer);
  return file;
}

Result<std::uint8_t*> OutputFile::room(std::size_t size, bool record) {
  if (failed_) return fail(path_ + ": writing has stopped");
  if (used_ + size > buffer_.size()) {
    if (auto flushed = flush(); !flushed) return tl::unexpected(flushed.error());
    if (size > buffer_.size()) buffer_.resize(size);
  }
  std::uint8_t* at = buffer_.data() + used_;
  used_ += size;
  size_ += size;
  ends_.push_back({used_, record});
  return at;
}

Result<std::uint8_t*> OutputFile::record(std::size_t size) { return room(size, true); }

Result<void> OutputFile::put(std::span<const std::uint8_t> bytes) {
  auto at = room(bytes.size(), false);
  if (!at) return tl::unexpected(at.error());
  std::memcpy(*at, bytes.data(), bytes.size());
  return {};
}

Result<void> OutputFile::write_out(std::span<const std::uint8_t> bytes, std::size_t& done) {
  while (!bytes.empty()) {
    const ssize_t taken = ::write(fd_, bytes.data(), bytes.size());
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) return fail(path_ + ": " + std::strerror(errno), errno);
    done += static_cast<std::size_t>(taken);
    bytes = bytes.subspan(static_cast<std::size_t>(taken));
  }
  return {};
}

// Keeps the whole records that the file has taken; half a record would make it a damaged one.
// Pipes cannot be cut, and what is packed cannot be told apart.
void OutputFile::give_up(std::size_t done) {
  failed_ = true;
  struct stat status {};
  std::size_t kept = 0;
  if (!compressor_ && fstat(fd_, &status) == 0 && S_ISREG(status.st_mode)) {
    for (const End& end : ends_)
      if (end.at <= done) kept = end.at;
    if (ftruncate(fd_, static_cast<off_t>(written_ + kept)) != 0) kept = 0;
  }
  for (const End& end : ends_) lost_ += end.record && end.at > kept ? 1U : 0U;
  written_ += kept;
  ends_.clear();
  used_ = 0;
}

Result<void> OutputFile::flush() {
  if (failed_ || used_ == 0) return {};
  const auto bytes = std::span<const std::uint8_t>(buffer_).first(used_);
  std::size_t taken = 0;
  const auto sink = [&](std::span<const std::uint8_t> part) { return write_out(part, taken); };
  const auto done = compressor_ ? compressor_->put(bytes, false, sink) : write_out(bytes, taken);
  if (!done) {
    give_up(taken);
    return done;
  }
  written_ += used_;
  used_ = 0;
  ends_.clear();
  return {};
}

Result<void> OutputFile::close() {
  if (fd_ < 0) return {};
  Result<void> done = flush();
  if (done && !failed_ && compressor_) {
    std::size_t taken = 0;
    done = compressor_->put(
        {}, true, [&](std::span<const std::uint8_t> part) { return write_out(part, taken); });
  }
  const int fd = std::exchange(fd_, -1);
  if (fd > STDERR_FILENO && ::close(fd) != 0 && done)
    return fail(path_ + ": " + std::strerror(errno), errno);
  return done;
}

}  // namespace alibi::evidence
