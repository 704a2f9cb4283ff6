// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"
#include "evidence/capture_file.h"
#include "wire/testing.h"

namespace alibi::evidence {
namespace {

using ::testing::HasSubstr;
using wire::testing::hex;
using wire::testing::operator+;
using Octets = std::vector<std::uint8_t>;

// A pcap of `count` packets of 100 octets each, which do not pack to nothing.
Octets capture(std::uint32_t count) {
  Octets out = hex("d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000");
  std::uint32_t noise = 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    out = out + Octets{static_cast<std::uint8_t>(i), 0, 0, 0} + hex("00000000 64000000 64000000");
    for (int n = 0; n < 100; ++n) {
      noise = noise * 1664525 + 1013904223;
      out.push_back(static_cast<std::uint8_t>(noise >> 24U));
    }
  }
  return out;
}

Octets gzip(const Octets& bytes) {
  z_stream state{};
  CHECK(::deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Octets out(::deflateBound(&state, bytes.size()) + 100);
  state.next_in = const_cast<Bytef*>(bytes.data());
  state.avail_in = static_cast<uInt>(bytes.size());
  state.next_out = out.data();
  state.avail_out = static_cast<uInt>(out.size());
  CHECK(::deflate(&state, Z_FINISH) == Z_STREAM_END);
  out.resize(state.total_out);
  ::deflateEnd(&state);
  return out;
}

Octets zstd(const Octets& bytes) {
  ZSTD_CCtx* state = ::ZSTD_createCCtx();
  ::ZSTD_CCtx_setParameter(state, ZSTD_c_checksumFlag, 1);  // as zstd(1) does
  Octets out(::ZSTD_compressBound(bytes.size()));
  const std::size_t size =
      ::ZSTD_compress2(state, out.data(), out.size(), bytes.data(), bytes.size());
  ::ZSTD_freeCCtx(state);
  CHECK(::ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

struct Read {
  std::uint64_t frames = 0;
  std::string damage;
};

Read read(const Octets& file) {
  const auto summary =
      read_capture_bytes(file, "x", wire::Interest::Everything,
                         [](const CapturedFrame& f) { CHECK(f.bytes.size() == 100); });
  return summary ? Read{summary->frames, summary->damage} : Read{0, summary.error().message};
}

TEST(Unpack, GzipAndZstdAsTheFileItself) {
  const Octets plain = capture(9000);  // more than one block
  for (const Octets& packed : {gzip(plain), zstd(plain)}) {
    const Read out = read(packed);
    EXPECT_EQ(out.frames, 9000U);
    EXPECT_EQ(out.damage, "");
  }
}

TEST(Unpack, MembersAndFramesFollowEachOther) {
  const Octets plain = capture(3);
  const Octets a(plain.begin(), plain.begin() + 70);
  const Octets b(plain.begin() + 70, plain.end());
  for (const Octets& packed : {gzip(a) + gzip(b), zstd(a) + hex("502a4d18 02000000 aabb") + zstd(b),
                               gzip(plain) + hex("00000000"), zstd(plain) + hex("0000")}) {
    EXPECT_EQ(read(packed).frames, 3U);
    EXPECT_EQ(read(packed).damage, "");
  }
}

TEST(Unpack, WhatIsCutOrDamagedKeepsWhatCameBefore) {
  const Octets plain = capture(9000);
  for (const Octets& packed : {gzip(plain), zstd(plain)}) {
    const Octets half(packed.begin(),
                      packed.begin() + static_cast<std::ptrdiff_t>(packed.size() / 2));
    const Read cut = read(half);
    EXPECT_GT(cut.frames, 3000U);
    EXPECT_LT(cut.frames, 6000U);
    EXPECT_THAT(cut.damage, HasSubstr("of the unpacked data: the "));
    EXPECT_THAT(cut.damage, HasSubstr("data end early"));
    Octets damaged = packed;
    for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 64; ++i) damaged[i] ^= 0x55U;
    EXPECT_LE(read(damaged).frames, 9000U);
    EXPECT_THAT(read(damaged).damage, HasSubstr("unreadable at packet"));
  }
}

TEST(Unpack, EveryPrefixEnds) {
  const Octets plain = capture(2);
  for (const Octets& packed : {gzip(plain), zstd(plain)}) {
    for (std::size_t size = 0; size < packed.size(); ++size) {
      EXPECT_LE(
          read(Octets(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size))).frames,
          2U);
    }
  }
}

TEST(Unpack, WhatIsPackedTwiceIsNoCapture) {
  EXPECT_THAT(read(gzip(gzip(capture(1)))).damage, HasSubstr("not a capture"));
}

}  // namespace
}  // namespace alibi::evidence
