// SPDX-License-Identifier: Apache-2.0
// gzip by zlib, zstd by libzstd, each a block at a time.
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "evidence/block_source.h"
#include "evidence/byte_stream.h"

namespace alibi::evidence {
namespace {

using Room = std::span<std::uint8_t>;

/// What both share: packed octets in, an end that comes too early.
class Unpacker : public ByteStream {
 public:
  Unpacker(BlockSource packed, const char* format) : packed_(std::move(packed)), format_(format) {}

 protected:
  tl::unexpected<Error> cut() const {
    if (!packed_.error().empty()) return fail(packed_.error());
    return fail(std::string("the ") + format_ + " data end early");
  }
  tl::unexpected<Error> damaged(const char* why) const {
    return fail(std::string("the ") + format_ + " data are damaged at byte " +
                std::to_string(packed_.offset()) + ": " + why);
  }
  BlockSource packed_;

 private:
  const char* format_;
};

class GzipStream : public Unpacker {
 public:
  explicit GzipStream(BlockSource packed) : Unpacker(std::move(packed), "gzip") {
    constexpr int kLargestWindow = 15;
    constexpr int kGzipHeader = 16;
    CHECK(::inflateInit2(&state_, kLargestWindow + kGzipHeader) == Z_OK);
  }
  ~GzipStream() override { ::inflateEnd(&state_); }

  Result<std::size_t> read(Room room) override {
    state_.next_out = room.data();
    state_.avail_out = static_cast<uInt>(std::min<std::size_t>(room.size(), UINT32_MAX));
    const uInt asked = state_.avail_out;
    while (state_.avail_out == asked && !ended_) {
      const auto in = packed_.peek(1);
      if (in.empty()) return cut();
      const std::size_t given = std::min<std::size_t>(in.size(), UINT32_MAX);
      state_.next_in = const_cast<Bytef*>(in.data());  // zlib's interface; it only reads
      state_.avail_in = static_cast<uInt>(given);
      const int status = ::inflate(&state_, Z_NO_FLUSH);
      packed_.consume(given - state_.avail_in);
      if (status == Z_STREAM_END) {
        ended_ = !is_gzip(packed_.peek(3));
        if (!ended_) ::inflateReset(&state_);
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        return damaged(state_.msg != nullptr ? state_.msg : "no deflate data");
      }
    }
    return std::size_t{asked - state_.avail_out};
  }

 private:
  z_stream state_{};
  bool ended_ = false;
};

class ZstdStream : public Unpacker {
 public:
  explicit ZstdStream(BlockSource packed)
      : Unpacker(std::move(packed), "zstd"), state_(::ZSTD_createDStream()) {
    CHECK(state_ != nullptr);
  }
  ~ZstdStream() override { ::ZSTD_freeDStream(state_); }

  Result<std::size_t> read(Room room) override {
    ZSTD_outBuffer out{room.data(), room.size(), 0};
    while (out.pos == 0) {
      const auto bytes = packed_.peek(4);
      if (whole_ && !is_zstd(bytes)) return std::size_t{0};
      ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
      const std::size_t status = ::ZSTD_decompressStream(state_, &out, &in);
      packed_.consume(in.pos);
      if (::ZSTD_isError(status) != 0) return damaged(::ZSTD_getErrorName(status));
      whole_ = status == 0;
      // Nothing in, nothing out: the rest of the frame is not there.
      if (bytes.size() == in.pos && in.pos == 0 && out.pos == 0) return cut();
    }
    return out.pos;
  }

 private:
  ZSTD_DStream* state_;
  bool whole_ = false;
};

bool starts_with(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

}  // namespace

bool is_gzip(std::span<const std::uint8_t> start) {
  static constexpr std::array<std::uint8_t, 3> kMagic{0x1f, 0x8b, 8};  // 8: deflate
  return starts_with(start, kMagic);
}

bool is_zstd(std::span<const std::uint8_t> start) {
  static constexpr std::array<std::uint8_t, 4> kMagic{0x28, 0xb5, 0x2f, 0xfd};
  // A skippable frame (RFC 8878, 3.1.2) may stand between, or in front.
  static constexpr std::array<std::uint8_t, 3> kSkippable{0x2a, 0x4d, 0x18};
  return starts_with(start, kMagic) ||
         (start.size() >= 4 && start[0] >> 4U == 5 && starts_with(start.subspan(1), kSkippable));
}

std::unique_ptr<ByteStream> unpack_gzip(BlockSource packed) {
  return std::make_unique<GzipStream>(std::move(packed));
}
std::unique_ptr<ByteStream> unpack_zstd(BlockSource packed) {
  return std::make_unique<ZstdStream>(std::move(packed));
}

}  // namespace alibi::evidence
