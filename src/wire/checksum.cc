// SPDX-License-Identifier: Apache-2.0
// One's complement sums over 16-bit words.
#include "wire/checksum.h"

namespace alibi::wire {

Checksum& Checksum::add(Bytes bytes) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) {
    sum_ += static_cast<std::uint64_t>(bytes[i]) << 8U | bytes[i + 1];
  }
  if (i < bytes.size()) sum_ += static_cast<std::uint64_t>(bytes[i]) << 8U;
  return *this;
}

Checksum& Checksum::add_u32(std::uint32_t value) {
  sum_ += (value >> 16U) + (value & 0xffffU);
  return *this;
}

Checksum& Checksum::add_pseudo_header(const IpAddress& source, const IpAddress& destination,
                                      std::uint8_t protocol, std::size_t length) {
  add(Bytes(source.bytes).first(source.size()));
  add(Bytes(destination.bytes).first(destination.size()));
  add_u32(protocol);
  return add_u32(static_cast<std::uint32_t>(length));
}

std::uint16_t Checksum::value() const {
  std::uint64_t sum = sum_;
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

}  // namespace alibi::wire
