// SPDX-License-Identifier: Apache-2.0
// snoop, the capture format of Solaris (RFC 1761).
#include <algorithm>

#include "evidence/capture_reader.h"

namespace alibi::evidence {
namespace {

using Octets = std::span<const std::uint8_t>;

// File header: identification pattern (8), version (4), datalink type (4). Packet records:
//
//   +-------------------------------+-------------------------------+
//   | original length (4)           | included length (4)           |
//   +-------------------------------+-------------------------------+
//   | packet record length (4)      | cumulative drops (4)          |
//   +-------------------------------+-------------------------------+
//   | seconds (4)                   | microseconds (4)              |
//   +-------------------------------+-------------------------------+
//   | packet data, padding
//
// All numbers are big-endian.
constexpr std::size_t kFileHeader = 16;
constexpr std::size_t kRecordHeader = 24;
constexpr std::uint32_t kEthernet = 4;
constexpr auto kUnknownLinkType = static_cast<wire::LinkType>(0xffff);

class SnoopReader {
 public:
  SnoopReader(BlockSource& source, wire::LinkType link_type, wire::Interest interest,
              const FrameSink& each)
      : source_(source), interest_(interest), each_(each) {
    summary_.interfaces.emplace_back().link_type = link_type;
    frame_.link_type = link_type;
  }

  CaptureSummary run() {
    while (next_record()) {
    }
    summary_.interfaces.front().frames = summary_.frames;
    return std::move(summary_);
  }

 private:
  bool next_record() {
    const auto stop = [this](const std::string& damage) {
      summary_.damage = damage;
      return false;
    };
    const Octets head = source_.peek(kRecordHeader);
    if (head.empty() && source_.error().empty()) return false;
    if (head.size() < kRecordHeader) return stop(cut_text(summary_, source_, "the record header"));
    const std::size_t captured = kOrder.u32(head, 4);
    const std::size_t length = kOrder.u32(head, 8);
    if (length > kMaxBlock || length < kRecordHeader || captured > length - kRecordHeader) {
      return stop(damage_text("damaged", summary_, source_,
                              "a record length of " + std::to_string(length) + " for " +
                                  std::to_string(captured) + " bytes cannot be right"));
    }
    const Octets record = source_.peek(length);
    if (record.size() < kRecordHeader + captured) {
      return stop(cut_text(summary_, source_, "the packet"));
    }
    take(record.first(kRecordHeader + captured));
    source_.consume(std::min(length, record.size()));  // the last padding may be missing
    return true;
  }

  void take(Octets record) {
    CaptureInterface& interface = summary_.interfaces.front();
    const std::uint32_t drops = kOrder.u32(record, 12);
    const std::uint32_t more = drops > last_drops_ ? drops - last_drops_ : 0;
    last_drops_ = drops;
    interface.lost += more;
    frame_.dropped_before += more;
    frame_.unix_ns = std::int64_t{kOrder.u32(record, 16)} * 1'000'000'000 +
                     std::int64_t{kOrder.u32(record, 20)} * 1000;
    interface.first_ns =
        interface.timed ? std::min(interface.first_ns, frame_.unix_ns) : frame_.unix_ns;
    interface.last_ns =
        interface.timed ? std::max(interface.last_ns, frame_.unix_ns) : frame_.unix_ns;
    interface.final_ns = frame_.unix_ns;
    interface.timed = true;
    frame_.number = ++summary_.frames;
    frame_.bytes = record.subspan(kRecordHeader);
    if (!wire::may_hold(frame_.bytes, frame_.link_type, interest_)) {
      ++interface.passed_over;
      return;
    }
    frame_.original_length = kOrder.u32(record, 0);
    each_(frame_);
    frame_.dropped_before = 0;
  }

  static constexpr Order kOrder{true};
  BlockSource& source_;
  const wire::Interest interest_;
  const FrameSink& each_;
  std::uint32_t last_drops_ = 0;
  CaptureSummary summary_;
  CapturedFrame frame_;
};

}  // namespace

bool is_snoop(Octets start) {
  constexpr std::string_view kPattern("snoop\0\0\0", 8);
  return start.size() >= kPattern.size() &&
         std::equal(kPattern.begin(), kPattern.end(), start.begin());
}

Result<CaptureSummary> read_snoop(BlockSource& source, const std::string& name,
                                  wire::Interest interest, const FrameSink& each) {
  const Octets head = source.peek(kFileHeader);
  if (head.size() < kFileHeader) {
    return fail(name + ": the capture ends inside its file header, at byte " +
                std::to_string(head.size()) + "; it holds no packet");
  }
  const Order order(true);
  const std::uint32_t version = order.u32(head, 8);
  if (version != 2) {
    return fail(name + ": snoop version " + std::to_string(version) + ", known is version 2");
  }
  const bool ethernet = order.u32(head, 12) == kEthernet;
  source.consume(kFileHeader);
  return SnoopReader(source, ethernet ? wire::LinkType::Ethernet : kUnknownLinkType, interest, each)
      .run();
}

}  // namespace alibi::evidence
