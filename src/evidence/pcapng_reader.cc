// SPDX-License-Identifier: Apache-2.0
// pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, several interfaces with their
// own clock resolution, packet blocks old and new, and the loss counters in them.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "evidence/capture_reader.h"
#include "evidence/pcapng_blocks.h"
#include "evidence/ticks.h"

namespace alibi::evidence {
namespace {

using Octets = std::span<const std::uint8_t>;
using namespace pcapng;

constexpr std::size_t kBlockFrame = 12;  // type, length, length again
constexpr std::size_t kMaxInterfaces = 65535;
constexpr std::size_t kMaxName = 255;
constexpr std::uint32_t kNoSnapLength = 0;

struct Section {
  Order order{false};
  std::size_t first_interface = 0;  // index of its interface 0 in the summary
};

struct InterfaceClock {
  Ticks ticks;
  std::uint32_t snap_length = kNoSnapLength;
  std::uint64_t first = UINT64_MAX, last = 0, final = 0;  // ticks
  std::uint64_t lost_since = 0;  // drops of packets passed over since one was not
  bool absent_since = false;     // the same for the interface having gone
  std::int64_t first_ns = INT64_MAX, last_ns = INT64_MIN;  // until the clock was set
  std::int64_t final_ns = 0;
};

class PcapngReader {
 public:
  PcapngReader(BlockSource& source, wire::Interest interest, const FrameSink& each)
      : source_(source), interest_(interest), each_(each) {}
  CaptureSummary run();

 private:
  // Each returns what is wrong with the block, or nothing.
  using Defect = std::optional<std::string>;
  bool next_blocks();
  bool next_block();
  Defect take_block(std::uint32_t type, Octets body);
  Defect section(Octets body);
  Defect interface_description(Octets body);
  Defect enhanced_packet(Octets body);
  Defect old_packet(Octets body);
  Defect simple_packet(Octets body);
  Defect interface_statistics(Octets body);
  // The fields after the fixed part of the two packet blocks are the same.
  Defect packet(std::uint32_t interface, std::uint64_t ticks, Octets body, std::size_t lengths_at);
  template <typename Each>
  Defect options(Octets bytes, Each each) const;
  std::optional<std::size_t> find_interface(std::uint32_t in_section) const;

  void finish();
  void take_comment(std::size_t index, Octets comment);
  void close_span(std::size_t index);
  void hand_out(std::size_t index, Octets bytes);

  BlockSource& source_;
  const wire::Interest interest_;
  const FrameSink& each_;
  CaptureSummary summary_;
  std::vector<InterfaceClock> clocks_;  // beside summary_.interfaces
  Section section_;
  CapturedFrame frame_;
};

constexpr std::string_view kBackComment = "alibi: the interface is back";
constexpr std::string_view kUnseenComment = "alibi: the clock was set unseen";

/// CLOCK_REALTIME - CLOCK_MONOTONIC in a comment of `alibi capture`.
std::optional<std::int64_t> clock_offset(std::string_view comment) {
  constexpr std::string_view kStart = "alibi clock: realtime-monotonic=";
  if (comment.substr(0, kStart.size()) != kStart) return std::nullopt;
  comment.remove_prefix(kStart.size());
  std::int64_t offset = 0;
  const auto read = std::from_chars(comment.data(), comment.data() + comment.size(), offset);
  if (read.ec != std::errc()) return std::nullopt;
  return offset;
}

CaptureSummary PcapngReader::run() {
  source_.read_by([this] { return next_blocks(); });
  finish();
  return std::move(summary_);
}

void PcapngReader::finish() {
  for (std::size_t i = 0; i < clocks_.size(); ++i) {
    close_span(i);
    CaptureInterface& interface = summary_.interfaces[i];
    interface.timed = clocks_[i].first_ns <= clocks_[i].last_ns;
    if (!interface.timed) continue;
    interface.first_ns = clocks_[i].first_ns;
    interface.last_ns = clocks_[i].last_ns;
    interface.final_ns = clocks_[i].final_ns;
  }
}

// One block for which more may have to be read, then all that lie whole in what was read.
bool PcapngReader::next_blocks() {
  do {
    if (!next_block()) return false;
  } while (source_.window().size() >= kBlockFrame &&
           source_.window().size() >= section_.order.u32(source_.window(), 4));
  return true;
}

/// What was seen since the clock was set, on the clock as it was before.
void PcapngReader::close_span(std::size_t index) {
  InterfaceClock& clock = clocks_[index];
  if (clock.first > clock.last) return;
  const std::int64_t set = summary_.interfaces[index].clock_set_ns;
  clock.first_ns = std::min(clock.first_ns, minus(clock.ticks.unix_ns(clock.first), set));
  clock.last_ns = std::max(clock.last_ns, minus(clock.ticks.unix_ns(clock.last), set));
  clock.final_ns = minus(clock.ticks.unix_ns(clock.final), set);
  clock.first = UINT64_MAX;
  clock.last = 0;
}

// docs/formats/capture.md
void PcapngReader::take_comment(std::size_t index, Octets comment) {
  std::string_view text(reinterpret_cast<const char*>(comment.data()), comment.size());
  std::optional<std::int64_t> offset;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line == kBackComment || line == kUnseenComment) clocks_[index].absent_since = true;
    if (const auto told = clock_offset(line)) offset = told;
  }
  if (!offset) return;
  CaptureInterface& interface = summary_.interfaces[index];
  if (!interface.clock_offset) interface.clock_offset = offset;
  const std::int64_t set = minus(*offset, *interface.clock_offset);
  if (set == interface.clock_set_ns) return;
  close_span(index);
  interface.clock_set_ns = set;
  ++interface.clock_steps;
}

bool PcapngReader::next_block() {
  const auto stop = [&](const std::string& damage) {
    summary_.damage = damage;
    return false;
  };
  const Octets head = source_.peek(kBlockFrame);
  if (head.empty() && source_.error().empty()) return false;
  if (head.size() < kBlockFrame) {
    return stop(cut_text(summary_, source_, "a block header"));
  }
  // The section header's type reads the same in both byte orders; its order comes in the body.
  if (section_.order.u32(head, 0) == kSectionHeader) {
    const bool big = Order(true).u32(head, 8) == kByteOrderMagic;
    if (!big && Order(false).u32(head, 8) != kByteOrderMagic) {
      return stop(damage_text("damaged", summary_, source_, "a section without byte-order magic"));
    }
    section_.order = Order(big);
  }
  const std::uint32_t type = section_.order.u32(head, 0);
  const std::size_t length = section_.order.u32(head, 4);
  if (length < kBlockFrame || length % 4 != 0 || length > kMaxBlock) {
    return stop(damage_text("damaged", summary_, source_,
                            "a block length of " + std::to_string(length) + " cannot be right"));
  }
  const Octets block = source_.peek(length);
  if (block.size() < length) return stop(cut_text(summary_, source_, "a block"));
  if (section_.order.u32(block, length - 4) != length) {
    return stop(
        damage_text("damaged", summary_, source_, "the two lengths of a block are not the same"));
  }
  if (const Defect why = take_block(type, block.subspan(8, length - kBlockFrame))) {
    return stop(damage_text("damaged", summary_, source_, *why));
  }
  source_.consume(length);
  return true;
}

PcapngReader::Defect PcapngReader::take_block(std::uint32_t type, Octets body) {
  switch (type) {
    case kSectionHeader:
      return section(body);
    case kInterfaceDescription:
      return interface_description(body);
    case kEnhancedPacket:
      return enhanced_packet(body);
    case kOldPacket:
      return old_packet(body);
    case kSimplePacket:
      return simple_packet(body);
    case kInterfaceStatistics:
      return interface_statistics(body);
    default:
      return std::nullopt;  // name resolution, secrets, custom blocks: skipped
  }
}

// Section header: magic (4), major (2), minor (2), section length (8), options.
PcapngReader::Defect PcapngReader::section(Octets body) {
  if (body.size() < 16) return "a section header that is too short";
  const unsigned major = section_.order.u16(body, 4);
  if (major != 1) return "pcapng version " + std::to_string(major) + ", known is version 1";
  section_.first_interface = summary_.interfaces.size();
  return std::nullopt;
}

template <typename Each>
PcapngReader::Defect PcapngReader::options(Octets bytes, Each each) const {
  while (bytes.size() >= 4) {
    const std::uint16_t code = section_.order.u16(bytes, 0);
    const std::size_t length = section_.order.u16(bytes, 2);
    if (code == kOptEnd) return std::nullopt;
    if (bytes.size() - 4 < padded(length)) return "an option that goes past its block";
    each(code, bytes.subspan(4, length));
    bytes = bytes.subspan(4 + padded(length));
  }
  return std::nullopt;
}

std::string name_of(Octets value) {
  const auto end = std::find(value.begin(), value.end(), std::uint8_t{0});
  const auto size = std::min<std::size_t>(static_cast<std::size_t>(end - value.begin()), kMaxName);
  return {value.begin(), value.begin() + static_cast<std::ptrdiff_t>(size)};
}

// Interface description: link type (2), reserved (2), snap length (4), options.
PcapngReader::Defect PcapngReader::interface_description(Octets body) {
  if (body.size() < 8) return "an interface description that is too short";
  if (summary_.interfaces.size() == kMaxInterfaces) return "more than 65535 interfaces";
  CaptureInterface interface;
  interface.link_type = link_type_of_dlt(section_.order.u16(body, 0));
  std::uint8_t resolution = 6;
  std::int64_t offset_seconds = 0;
  Octets comment;
  const auto defect = options(body.subspan(8), [&](std::uint16_t code, Octets value) {
    if (code == kOptComment) comment = value;
    if (code == kIfName) interface.name = name_of(value);
    if (code == kIfDescription) interface.description = name_of(value);
    if (code == kIfTsResolution && !value.empty()) resolution = value[0];
    if (code == kIfTsOffset && value.size() == 8) {
      offset_seconds = static_cast<std::int64_t>(section_.order.u64(value, 0));
    }
  });
  if (defect) return defect;
  summary_.interfaces.push_back(std::move(interface));
  clocks_.push_back({Ticks(resolution, offset_seconds), section_.order.u32(body, 4)});
  take_comment(clocks_.size() - 1, comment);
  return std::nullopt;
}

std::optional<std::size_t> PcapngReader::find_interface(std::uint32_t in_section) const {
  const std::size_t index = section_.first_interface + in_section;
  if (index >= summary_.interfaces.size()) return std::nullopt;
  return index;
}

PcapngReader::Defect PcapngReader::packet(std::uint32_t interface, std::uint64_t ticks, Octets body,
                                          std::size_t lengths_at) {
  const auto index = find_interface(interface);
  if (!index) return "a packet of interface " + std::to_string(interface) + ", never described";
  const std::size_t captured = section_.order.u32(body, lengths_at);
  const std::size_t data_at = lengths_at + 8;
  if (captured > body.size() - data_at) return "a packet that goes past its block";
  const std::size_t options_at = std::min(body.size(), data_at + padded(captured));
  const auto defect = options(body.subspan(options_at), [&](std::uint16_t code, Octets value) {
    if (code == kOptComment) take_comment(*index, value);
    if (code == kEpbFlags && value.size() == 4) {
      const std::uint32_t flags = section_.order.u32(value, 0) & 3U;
      if (flags == kFlagInbound) frame_.direction = Direction::In;
      if (flags == kFlagOutbound) frame_.direction = Direction::Out;
    }
    if (code == kEpbDropCount && value.size() == 8) {
      frame_.dropped_before = section_.order.u64(value, 0);
    }
  });
  if (defect) return defect;
  InterfaceClock& clock = clocks_[*index];
  clock.first = std::min(clock.first, ticks);
  clock.last = std::max(clock.last, ticks);
  clock.final = ticks;
  frame_.unix_ns = clock.ticks.unix_ns(ticks);
  frame_.clock_set_ns = summary_.interfaces[*index].clock_set_ns;
  frame_.original_length = section_.order.u32(body, lengths_at + 4);
  hand_out(*index, body.subspan(data_at, captured));
  return std::nullopt;
}

void PcapngReader::hand_out(std::size_t index, Octets bytes) {
  CaptureInterface& interface = summary_.interfaces[index];
  std::uint64_t& lost_since = clocks_[index].lost_since;
  ++summary_.frames;
  ++interface.frames;
  interface.lost += frame_.dropped_before;
  lost_since += frame_.dropped_before;
  if (!wire::may_hold(bytes, interface.link_type, interest_)) {
    ++interface.passed_over;
    return;
  }
  frame_.dropped_before = std::exchange(lost_since, 0);
  frame_.absent_before = std::exchange(clocks_[index].absent_since, false);
  frame_.interface = static_cast<std::uint32_t>(index);
  frame_.link_type = interface.link_type;
  frame_.number = summary_.frames;
  frame_.interfaces = summary_.interfaces.size();
  frame_.bytes = bytes;
  each_(frame_);
}

// Enhanced packet: interface (4), time high (4), time low (4), captured (4), original (4), data,
// options.
PcapngReader::Defect PcapngReader::enhanced_packet(Octets body) {
  if (body.size() < 20) return "a packet block that is too short";
  frame_ = {};
  const Order& order = section_.order;
  const std::uint64_t ticks = std::uint64_t{order.u32(body, 4)} << 32U | order.u32(body, 8);
  return packet(order.u32(body, 0), ticks, body, 12);
}

// Packet block, obsolete: interface (2), drops (2, 0xffff unknown), then as above.
PcapngReader::Defect PcapngReader::old_packet(Octets body) {
  if (body.size() < 20) return "a packet block that is too short";
  frame_ = {};
  const Order& order = section_.order;
  const std::uint16_t drops = order.u16(body, 2);
  if (drops != 0xffff) frame_.dropped_before = drops;
  const std::uint64_t ticks = std::uint64_t{order.u32(body, 4)} << 32U | order.u32(body, 8);
  return packet(order.u16(body, 0), ticks, body, 12);
}

// Simple packet: original length (4), data as far as the snap length of interface 0 lets it be.
PcapngReader::Defect PcapngReader::simple_packet(Octets body) {
  if (body.size() < 4) return "a packet block that is too short";
  const auto index = find_interface(0);
  if (!index) return "a packet of interface 0, never described";
  frame_ = {};
  frame_.timed = false;
  frame_.original_length = section_.order.u32(body, 0);
  std::size_t captured = std::min<std::size_t>(frame_.original_length, body.size() - 4);
  const std::uint32_t snap_length = clocks_[*index].snap_length;
  if (snap_length != kNoSnapLength) captured = std::min<std::size_t>(captured, snap_length);
  hand_out(*index, body.subspan(4, captured));
  return std::nullopt;
}

// Interface statistics: interface (4), time (8), options; a later block replaces an earlier one.
PcapngReader::Defect PcapngReader::interface_statistics(Octets body) {
  if (body.size() < 12) return "an interface statistics block that is too short";
  const auto index = find_interface(section_.order.u32(body, 0));
  if (!index) return "statistics of an interface that was never described";
  CaptureInterface& interface = summary_.interfaces[*index];
  std::uint64_t by_interface = 0;
  std::uint64_t by_system = 0;
  const auto defect = options(body.subspan(12), [&](std::uint16_t code, Octets value) {
    if (value.size() != 8) return;
    if (code == kIsbReceived) interface.received = section_.order.u64(value, 0);
    if (code == kIsbDropped) by_interface = section_.order.u64(value, 0);
    if (code == kIsbOsDropped) by_system = section_.order.u64(value, 0);
  });
  // A number that cannot be right is none.
  constexpr std::uint64_t kMost = UINT64_C(1) << 62U;
  if (by_interface < kMost && by_system < kMost) interface.dropped = by_interface + by_system;
  return defect;
}

}  // namespace

bool is_pcapng(Octets start) {
  return start.size() >= 4 && Order(false).u32(start, 0) == kSectionHeader;
}

CaptureSummary read_pcapng(BlockSource& source, wire::Interest interest, const FrameSink& each) {
  return PcapngReader(source, interest, each).run();
}

}  // namespace alibi::evidence
