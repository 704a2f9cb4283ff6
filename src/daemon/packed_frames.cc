// SPDX-License-Identifier: Apache-2.0
// A record is a Head and the frame. In the frame of an untagged IPv4 packet without options the
// identification is 0 (Head has how far it is from the expected one), and the header checksum is
// what has to be added to a right one.
#include "daemon/packed_frames.h"

#include <algorithm>
#include <cstring>

#include "wire/checksum.h"

namespace alibi::daemon {
namespace {

#pragma pack(push, 1)
struct Head {
  std::uint64_t dropped_before = 0;
  std::int64_t clock_step = 0;  ///< of REALTIME - MONOTONIC since the frame before
  std::uint16_t ip_id = 0;      ///< less what was expected
  std::uint32_t original_length = 0;
  std::uint16_t tap = 0;
  std::uint8_t direction = 0;
};
#pragma pack(pop)
static_assert(sizeof(Head) == 25);
/// What may change in a frame that is repeated lies before this.
constexpr std::size_t kVolatile = 18;

constexpr std::size_t kEthernet = 14, kIpv4 = 20;
constexpr std::size_t kIdAt = kEthernet + 4, kChecksumAt = kEthernet + 10;
constexpr std::size_t kKeyed = 64;  ///< octets that tell kinds apart: through the VRRP header

std::uint16_t get16(const std::uint8_t* from) {
  return static_cast<std::uint16_t>(from[0] << 8 | from[1]);
}

void put16(std::uint8_t* to, unsigned value) {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}

bool has_plain_ipv4(std::span<const std::uint8_t> frame) {
  return frame.size() >= kEthernet + kIpv4 && frame[12] == 0x08 && frame[13] == 0x00 &&
         frame[kEthernet] == 0x45;
}

/// The right checksum of the header; its own field must be 0.
std::uint16_t header_checksum(std::span<const std::uint8_t> frame) {
  return wire::Checksum().add(frame.subspan(kEthernet, kIpv4)).value();
}

std::uint64_t key_of(std::span<const std::uint8_t> record) {
  std::uint64_t key = 0xcbf29ce484222325U;  // FNV-1a, eight octets at a time
  const auto take = [&key](std::span<const std::uint8_t> octets) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), std::min<std::size_t>(octets.size(), sizeof word));
    key = (key ^ word) * 0x100000001b3U;
    key ^= key >> 29;
  };
  const std::size_t end = std::min(record.size(), sizeof(Head) + kKeyed);
  for (std::size_t i = kVolatile; i < end; i += 8)
    take(record.subspan(i, std::min<std::size_t>(8, end - i)));
  return key ^ record.size();
}

}  // namespace

FrameKind PackedFrames::add(const KeptFrame& frame) {
  Head head;
  head.dropped_before = frame.dropped_before;
  head.original_length = frame.original_length;
  head.tap = frame.tap;
  head.direction = static_cast<std::uint8_t>(frame.direction);
  const std::int64_t offset = frame.realtime_ns - frame.at.ns;
  head.clock_step = offset - expected_.realtime_minus_at;
  expected_.realtime_minus_at = offset;
  scratch_.resize(sizeof head + frame.bytes.size());
  const std::span<std::uint8_t> copy = std::span(scratch_).subspan(sizeof head);
  std::copy(frame.bytes.begin(), frame.bytes.end(), copy.begin());
  if (has_plain_ipv4(copy)) {
    std::uint16_t& expected = expected_.ip_id[{frame.tap, frame.direction}];
    const std::uint16_t id = get16(&copy[kIdAt]);
    const std::uint16_t checksum = get16(&copy[kChecksumAt]);
    put16(&copy[kChecksumAt], 0);
    put16(&copy[kChecksumAt], static_cast<unsigned>(checksum - header_checksum(copy)));
    put16(&copy[kIdAt], 0);
    head.ip_id = static_cast<std::uint16_t>(id - expected);
    expected = static_cast<std::uint16_t>(id + 1);
  }
  std::memcpy(scratch_.data(), &head, sizeof head);
  const RecordKind kind = records_.add(key_of(scratch_), frame.at, scratch_);
  TapShare& share = taps_[frame.tap];
  ++share.frames;
  share.dropped_before += frame.dropped_before;
  return {kind.number, kind.changed_end <= kVolatile};
}

void PackedFrames::each(const Each& take) const {
  Expected expected;
  KeptFrame frame;
  records_.each([&](Instant at, const RecordKind& kind, std::span<const std::uint8_t> record) {
    Head head;
    std::memcpy(&head, record.data(), sizeof head);
    expected.realtime_minus_at += head.clock_step;
    frame.at = at;
    frame.realtime_ns = at.ns + expected.realtime_minus_at;
    frame.tap = head.tap;
    frame.direction = static_cast<evidence::Direction>(head.direction);
    frame.original_length = head.original_length;
    frame.dropped_before = head.dropped_before;
    frame.bytes.assign(record.begin() + sizeof head, record.end());
    if (has_plain_ipv4(frame.bytes)) {
      std::uint16_t& next = expected.ip_id[{frame.tap, frame.direction}];
      const auto id = static_cast<std::uint16_t>(next + head.ip_id);
      next = static_cast<std::uint16_t>(id + 1);
      const std::uint16_t wrong = get16(&frame.bytes[kChecksumAt]);
      put16(&frame.bytes[kIdAt], id);
      put16(&frame.bytes[kChecksumAt], 0);
      put16(&frame.bytes[kChecksumAt], static_cast<unsigned>(wrong + header_checksum(frame.bytes)));
    }
    take(frame, {kind.number, kind.changed_end <= kVolatile});
  });
}

const wire::Frame& FrameDecoder::decode(const KeptFrame& frame, const FrameKind& kind) {
  if (kind.number >= frames_.size()) frames_.resize(kind.number + 1);
  wire::Frame& decoded = frames_[kind.number];
  if (!kind.repeated)
    decoded = wire::decode_frame(frame.bytes, wire::LinkType::Ethernet);
  else if (decoded.vrrp && decoded.vrrp->tunnels == 0 && has_plain_ipv4(frame.bytes))
    decoded.vrrp->ip_id = get16(&frame.bytes[kIdAt]);
  return decoded;
}

}  // namespace alibi::daemon
