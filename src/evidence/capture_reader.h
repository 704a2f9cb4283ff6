// SPDX-License-Identifier: Apache-2.0
// What the two capture formats share while being read. Private to evidence/.
#pragma once

#include <functional>
#include <string>

#include "evidence/block_source.h"
#include "evidence/capture_file.h"

namespace alibi::evidence {

using FrameSink = std::function<void(const CapturedFrame&)>;

/// Numbers in the byte order of the machine that wrote the file.
class Order {
 public:
  explicit Order(bool big_endian) : big_endian_(big_endian) {}
  std::uint16_t u16(std::span<const std::uint8_t> b, std::size_t at) const {
    return static_cast<std::uint16_t>(big_endian_ ? b[at] << 8U | b[at + 1]
                                                  : b[at + 1] << 8U | b[at]);
  }
  std::uint32_t u32(std::span<const std::uint8_t> b, std::size_t at) const {
    const std::uint32_t first = u16(b, at);
    const std::uint32_t second = u16(b, at + 2);
    return big_endian_ ? first << 16U | second : second << 16U | first;
  }
  std::uint64_t u64(std::span<const std::uint8_t> b, std::size_t at) const {
    const std::uint64_t first = u32(b, at);
    const std::uint64_t second = u32(b, at + 4);
    return big_endian_ ? first << 32U | second : second << 32U | first;
  }

 private:
  bool big_endian_;
};

/// "KIND at packet N, byte offset M: WHY", N being the packet that could not be read.
std::string damage_text(const char* kind, const CaptureSummary& summary, std::uint64_t offset,
                        const std::string& why);
/// For an end that came too early: says whether the file ended or reading it failed.
std::string cut_text(const CaptureSummary& summary, const BlockSource& source, std::uint64_t offset,
                     const std::string& inside);

/// After the file's magic number was recognised; read to the end or to the first defect.
Result<CaptureSummary> read_pcap(BlockSource& source, const std::string& name,
                                 const FrameSink& each);
CaptureSummary read_pcapng(BlockSource& source, const FrameSink& each);

/// One of the four magic numbers of a pcap file with 16-octet record headers.
bool is_pcap(std::span<const std::uint8_t> start);
/// A pcapng section header block.
bool is_pcapng(std::span<const std::uint8_t> start);

}  // namespace alibi::evidence
