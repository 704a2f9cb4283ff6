// SPDX-License-Identifier: Apache-2.0
// draft-ietf-opsawg-pcapng: section header, interface description, enhanced packet and interface
// statistics blocks.
#include "evidence/pcapng_encode.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "evidence/pcapng_blocks.h"

namespace alibi::evidence {

using namespace pcapng;

namespace {

constexpr std::size_t kMaxOption = 65532;  // the largest 16-bit length that is a multiple of 4
constexpr std::uint8_t kNanoseconds = 9;
static_assert(std::endian::native == std::endian::little);

}  // namespace

void PcapngEncoder::begin(std::uint32_t type) {
  bytes_.clear();
  number(type, 4);
  number(0, 4);  // length, known at the end
}

void PcapngEncoder::number(std::uint64_t value, unsigned octets) {
  const std::size_t at = bytes_.size();
  bytes_.resize(at + octets);
  std::memcpy(bytes_.data() + at, &value, octets);
}

void PcapngEncoder::time(std::int64_t unix_ns) {
  const auto ticks = static_cast<std::uint64_t>(std::max<std::int64_t>(unix_ns, 0));
  number(ticks >> 32U, 4);
  number(ticks & 0xffffffffU, 4);
}

void PcapngEncoder::data(Bytes value) {
  const std::size_t at = bytes_.size();
  bytes_.resize(at + padded(value.size()), 0);
  if (!value.empty()) std::memcpy(bytes_.data() + at, value.data(), value.size());
}

void PcapngEncoder::option(std::uint16_t code, std::uint64_t value, unsigned octets) {
  number(code, 2);
  number(octets, 2);
  number(value, octets);
  bytes_.resize(padded(bytes_.size()), 0);
}

void PcapngEncoder::text_option(std::uint16_t code, std::string_view value) {
  if (value.empty()) return;
  value = value.substr(0, kMaxOption);
  number(code, 2);
  number(value.size(), 2);
  data({reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
}

PcapngEncoder::Bytes PcapngEncoder::finish() {
  number(kOptEnd, 4);
  const auto length = static_cast<std::uint32_t>(bytes_.size() + 4);
  number(length, 4);
  std::memcpy(bytes_.data() + 4, &length, 4);
  return bytes_;
}

PcapngEncoder::Bytes PcapngEncoder::section() {
  begin(kSectionHeader);
  number(kByteOrderMagic, 4);
  number(1, 2);
  number(0, 2);
  number(UINT64_MAX, 8);  // section length: not given
  text_option(kShbUserApplication, "alibi");
  return finish();
}

PcapngEncoder::Bytes PcapngEncoder::interface(const CaptureInterface& interface,
                                              std::uint32_t snap_length, std::string_view filter,
                                              std::string_view comment) {
  begin(kInterfaceDescription);
  number(static_cast<std::uint16_t>(interface.link_type), 2);
  number(0, 2);
  number(snap_length, 4);
  text_option(kOptComment, comment);
  text_option(kIfName, interface.name);
  text_option(kIfDescription, interface.description);
  option(kIfTsResolution, kNanoseconds, 1);
  // The first octet says what the filter is: 0, an expression.
  if (!filter.empty()) text_option(kIfFilter, std::string(1, '\0').append(filter));
  return finish();
}

PcapngEncoder::Bytes PcapngEncoder::packet(const CapturedFrame& frame, std::string_view comment) {
  begin(kEnhancedPacket);
  number(frame.interface, 4);
  time(frame.unix_ns);
  number(frame.bytes.size(), 4);
  number(std::max<std::size_t>(frame.original_length, frame.bytes.size()), 4);
  data(frame.bytes);
  text_option(kOptComment, comment);
  if (frame.direction != Direction::Unknown)
    option(kEpbFlags, frame.direction == Direction::In ? kFlagInbound : kFlagOutbound, 4);
  if (frame.dropped_before != 0) option(kEpbDropCount, frame.dropped_before, 8);
  if (frame.packet_id != 0) option(kEpbPacketId, frame.packet_id, 8);
  return finish();
}

PcapngEncoder::Bytes PcapngEncoder::statistics(std::uint32_t index, std::int64_t unix_ns,
                                               std::uint64_t received, std::uint64_t dropped,
                                               std::string_view comment) {
  begin(kInterfaceStatistics);
  number(index, 4);
  time(unix_ns);
  text_option(kOptComment, comment);
  option(kIsbReceived, received, 8);
  option(kIsbDropped, dropped, 8);
  return finish();
}

}  // namespace alibi::evidence
