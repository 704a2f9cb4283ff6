// SPDX-License-Identifier: Apache-2.0
// The Internet checksum (RFC 1071) and the pseudo-headers it may start with.
#pragma once

#include <cstdint>

#include "wire/address.h"
#include "wire/reader.h"

namespace alibi::wire {

class Checksum {
 public:
  /// Adds octets; only the last part added may have an odd length.
  Checksum& add(Bytes bytes);
  Checksum& add_u32(std::uint32_t value);
  /// RFC 8200 section 8.1 (IPv6), RFC 793 section 3.1 (IPv4); `length` is the upper layer's.
  Checksum& add_pseudo_header(const IpAddress& source, const IpAddress& destination,
                              std::uint8_t protocol, std::size_t length);
  /// The value for the checksum field; over a message that already carries a right one: 0.
  std::uint16_t value() const;

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace alibi::wire
