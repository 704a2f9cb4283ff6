// SPDX-License-Identifier: Apache-2.0
// What the two capture formats share while being read. Private to evidence/.
#pragma once

#include <bit>
#include <cstring>
#include <string>

#include "evidence/block_source.h"
#include "evidence/capture_file.h"
#include "wire/quick_look.h"

namespace alibi::evidence {

/// Numbers in the byte order of the machine that wrote the file.
class Order {
 public:
  constexpr explicit Order(bool big_endian) : foreign_(big_endian != kNativeIsBig) {}
  std::uint16_t u16(std::span<const std::uint8_t> b, std::size_t at) const {
    const auto value = load<std::uint16_t>(b, at);
    return foreign_ ? __builtin_bswap16(value) : value;
  }
  std::uint32_t u32(std::span<const std::uint8_t> b, std::size_t at) const {
    const auto value = load<std::uint32_t>(b, at);
    return foreign_ ? __builtin_bswap32(value) : value;
  }
  std::uint64_t u64(std::span<const std::uint8_t> b, std::size_t at) const {
    const auto value = load<std::uint64_t>(b, at);
    return foreign_ ? __builtin_bswap64(value) : value;
  }

 private:
  static constexpr bool kNativeIsBig = std::endian::native == std::endian::big;
  template <typename T>
  static T load(std::span<const std::uint8_t> b, std::size_t at) {
    T value;
    std::memcpy(&value, b.data() + at, sizeof value);
    return value;
  }
  bool foreign_;
};

/// "KIND at packet N, byte offset M: WHY", N being the packet that could not be read, M where the
/// source stands.
std::string damage_text(const char* kind, const CaptureSummary& summary, const BlockSource& source,
                        const std::string& why);
/// For an end that came too early: says whether the file ended or reading it failed.
std::string cut_text(const CaptureSummary& summary, const BlockSource& source,
                     const std::string& inside);

/// After the file's magic number was recognised; read to the end or to the first defect.
Result<CaptureSummary> read_pcap(BlockSource& source, const std::string& name,
                                 wire::Interest interest, const FrameSink& each);
CaptureSummary read_pcapng(BlockSource& source, wire::Interest interest, const FrameSink& each);
Result<CaptureSummary> read_snoop(BlockSource& source, const std::string& name,
                                  wire::Interest interest, const FrameSink& each);

/// One of the magic numbers of a pcap file.
bool is_pcap(std::span<const std::uint8_t> start);
/// A pcapng section header block.
bool is_pcapng(std::span<const std::uint8_t> start);
/// The identification pattern of snoop (RFC 1761).
bool is_snoop(std::span<const std::uint8_t> start);

/// The link type of a number in a pcap file: some systems write one of their own for raw IP and
/// others instead of the registry's.
wire::LinkType link_type_of_dlt(std::uint32_t field);

}  // namespace alibi::evidence
