// SPDX-License-Identifier: Apache-2.0
// The classic savefile format (draft-ietf-opsawg-pcap): a header, then records, in the byte order
// and the clock resolution that the magic number gives away.
#include <array>

#include "evidence/capture_reader.h"

namespace alibi::evidence {
namespace {

using Octets = std::span<const std::uint8_t>;

// File header:
//
//   +-------------------------------+-------------------------------+
//   | magic number (4)              | major (2)     | minor (2)     |
//   +-------------------------------+-------------------------------+
//   | reserved (4)                  | reserved (4)                  |
//   +-------------------------------+-------------------------------+
//   | snap length (4)               | FCS, link type (4)            |
//   +-------------------------------+-------------------------------+
//
// Record header: seconds, fraction, captured length, original length, 4 octets each.
constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kRecordHeader = 16;
constexpr std::uint32_t kMagicMicro = 0xa1b2c3d4;
constexpr std::uint32_t kMagicNano = 0xa1b23c4d;

struct Variant {
  bool big_endian;
  bool nanoseconds;
};

bool find_variant(Octets start, Variant& out) {
  if (start.size() < 4) return false;
  for (const bool big_endian : {false, true}) {
    const std::uint32_t magic = Order(big_endian).u32(start, 0);
    out = {big_endian, magic == kMagicNano};
    if (magic == kMagicMicro || magic == kMagicNano) return true;
  }
  return false;
}

// Some systems write their own number for raw IP instead of the registry's.
wire::LinkType link_type_of(std::uint32_t field) {
  constexpr std::uint32_t kDltRaw = 12;
  constexpr std::uint32_t kDltRawOpenBsd = 14;
  const std::uint32_t type = field & 0xffffU;
  if (type == kDltRaw || type == kDltRawOpenBsd) return wire::LinkType::Raw;
  return static_cast<wire::LinkType>(type);
}

}  // namespace

bool is_pcap(Octets start) {
  Variant ignored{};
  return find_variant(start, ignored);
}

Result<CaptureSummary> read_pcap(BlockSource& source, const std::string& name,
                                 const FrameSink& each) {
  const Octets head = source.peek(kFileHeader);
  Variant variant{};
  find_variant(head, variant);
  if (head.size() < kFileHeader) {
    return fail(name + ": the capture ends inside its file header, at byte " +
                std::to_string(head.size()) + "; it holds no packet");
  }
  const Order order(variant.big_endian);
  CaptureSummary summary;
  summary.interfaces.emplace_back().link_type = link_type_of(order.u32(head, 20));
  source.consume(kFileHeader);
  const std::int64_t fraction_ns = variant.nanoseconds ? 1 : 1000;
  CapturedFrame frame;
  frame.link_type = summary.interfaces.front().link_type;
  while (true) {
    const std::uint64_t offset = source.offset();
    const Octets record = source.peek(kRecordHeader);
    if (record.empty() && source.read_errno() == 0) break;
    if (record.size() < kRecordHeader) {
      summary.damage = cut_text(summary, source, offset, "the record header");
      break;
    }
    const std::size_t captured = order.u32(record, 8);
    if (captured > kMaxBlock) {
      summary.damage = damage_text(
          "damaged", summary, offset,
          "a captured length of " + std::to_string(captured) + " bytes cannot be right");
      break;
    }
    const Octets whole = source.peek(kRecordHeader + captured);
    if (whole.size() < kRecordHeader + captured) {
      summary.damage = cut_text(summary, source, offset, "the packet");
      break;
    }
    frame.unix_ns = std::int64_t{order.u32(whole, 0)} * 1'000'000'000 +
                    std::int64_t{order.u32(whole, 4)} * fraction_ns;
    frame.original_length = order.u32(whole, 12);
    frame.number = ++summary.frames;
    frame.bytes = whole.subspan(kRecordHeader, captured);
    each(frame);
    source.consume(kRecordHeader + captured);
  }
  return summary;
}

}  // namespace alibi::evidence
