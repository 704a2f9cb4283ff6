// SPDX-License-Identifier: Apache-2.0
// pcap savefiles (draft-ietf-opsawg-pcap), either byte order, micro- or nanosecond stamps, and the
// form with longer record headers that patched libpcaps of Linux 2.2 wrote.
#include <algorithm>

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
// Record header: seconds, fraction, captured length, original length, 4 octets each; in the
// modified form interface index (4), protocol (2), packet type (1), padding (1) behind them.
constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kRecordHeader = 16;
constexpr std::size_t kModifiedRecordHeader = 24;
constexpr std::uint32_t kMagicMicro = 0xa1b2c3d4;
constexpr std::uint32_t kMagicNano = 0xa1b23c4d;
constexpr std::uint32_t kMagicModified = 0xa1b2cd34;

struct Variant {
  bool big_endian = false;
  std::uint32_t magic = 0;
};

bool find_variant(Octets start, Variant& out) {
  if (start.size() < 4) return false;
  for (const bool big_endian : {false, true}) {
    out = {big_endian, Order(big_endian).u32(start, 0)};
    if (out.magic == kMagicMicro || out.magic == kMagicNano || out.magic == kMagicModified) {
      return true;
    }
  }
  return false;
}

class PcapReader {
 public:
  PcapReader(BlockSource& source, Variant variant, wire::LinkType link_type,
             wire::Interest interest, const FrameSink& each)
      : source_(source),
        order_(variant.big_endian),
        header_size_(variant.magic == kMagicModified ? kModifiedRecordHeader : kRecordHeader),
        fraction_ns_(variant.magic == kMagicNano ? 1 : 1000),
        interest_(interest),
        each_(each) {
    summary_.interfaces.emplace_back().link_type = link_type;
    frame_.link_type = link_type;
  }

  CaptureSummary run() {
    source_.read_by([this] { return next_records(); });
    CaptureInterface& interface = summary_.interfaces.front();
    interface.frames = summary_.frames;
    interface.timed = summary_.frames != 0;
    if (interface.timed) {
      interface.first_ns = first_;
      interface.last_ns = last_;
      interface.final_ns = final_;
    }
    return std::move(summary_);
  }

 private:
  /// One record for which more may have to be read, then all that lie whole in what was read. False
  /// at the end.
  bool next_records() {
    if (!next_record()) return false;
    const Octets window = source_.window();
    std::size_t at = 0;
    while (window.size() - at >= header_size_) {
      const Octets record = window.subspan(at);
      const std::size_t whole = header_size_ + order_.u32(record, 8);
      if (record.size() < whole) break;
      take(record.first(whole));
      at += whole;
    }
    source_.consume(at);
    return true;
  }

  bool next_record() {
    const auto stop = [this](const std::string& damage) {
      summary_.damage = damage;
      return false;
    };
    const Octets head = source_.peek(header_size_);
    if (head.empty() && source_.error().empty()) return false;
    if (head.size() < header_size_) return stop(cut_text(summary_, source_, "the record header"));
    const std::size_t captured = order_.u32(head, 8);
    if (captured > kMaxBlock) {
      return stop(damage_text(
          "damaged", summary_, source_,
          "a captured length of " + std::to_string(captured) + " bytes cannot be right"));
    }
    const Octets record = source_.peek(header_size_ + captured);
    if (record.size() < header_size_ + captured) {
      return stop(cut_text(summary_, source_, "the packet"));
    }
    take(record.first(header_size_ + captured));
    source_.consume(header_size_ + captured);
    return true;
  }

  void take(Octets record) {
    // A fraction may be more than a second in a damaged record.
    const std::int64_t at = std::int64_t{order_.u32(record, 0)} * 1'000'000'000 +
                            std::int64_t{order_.u32(record, 4)} * fraction_ns_;
    first_ = std::min(first_, at);
    last_ = std::max(last_, at);
    final_ = at;
    ++summary_.frames;
    const Octets bytes = record.subspan(header_size_);
    if (!wire::may_hold(bytes, frame_.link_type, interest_)) {
      ++summary_.interfaces.front().passed_over;
      return;
    }
    frame_.unix_ns = at;
    frame_.original_length = order_.u32(record, 12);
    frame_.number = summary_.frames;
    frame_.bytes = bytes;
    each_(frame_);
  }

  BlockSource& source_;
  const Order order_;
  const std::size_t header_size_;
  const std::int64_t fraction_ns_;
  const wire::Interest interest_;
  const FrameSink& each_;
  std::int64_t first_ = INT64_MAX;  // Unix time of the earliest and the latest packet
  std::int64_t last_ = 0;
  std::int64_t final_ = 0;  // of the last in the file
  CaptureSummary summary_;
  CapturedFrame frame_;
};

}  // namespace

wire::LinkType link_type_of_dlt(std::uint32_t field) {
  constexpr std::uint32_t kDltRaw = 12;
  constexpr std::uint32_t kDltRawOpenBsd = 14;
  constexpr std::uint32_t kFcsBits = 0xffff0000U;
  const std::uint32_t type = field & ~kFcsBits;
  if (type == kDltRaw || type == kDltRawOpenBsd) return wire::LinkType::Raw;
  return static_cast<wire::LinkType>(type);
}

bool is_pcap(Octets start) {
  Variant ignored{};
  return find_variant(start, ignored);
}

Result<CaptureSummary> read_pcap(BlockSource& source, const std::string& name,
                                 wire::Interest interest, const FrameSink& each) {
  const Octets head = source.peek(kFileHeader);
  Variant variant;
  find_variant(head, variant);
  if (head.size() < kFileHeader) {
    return fail(name + ": the capture ends inside its file header, at byte " +
                std::to_string(head.size()) + "; it holds no packet");
  }
  const wire::LinkType link_type = link_type_of_dlt(Order(variant.big_endian).u32(head, 20));
  source.consume(kFileHeader);
  return PcapReader(source, variant, link_type, interest, each).run();
}

}  // namespace alibi::evidence
