// SPDX-License-Identifier: Apache-2.0
// VRRP advertisements, version 2 (RFC 3768 section 5) and 3 (RFC 9568 section 5), as values and
// bytes. Knows the packet alone: what a router makes of it is vrrp/.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/strong.h"
#include "wire/address.h"

namespace alibi::wire {

inline constexpr std::uint8_t kVrrpProtocol = 112;

enum class AuthType : std::uint8_t { None = 0, Pass = 1, Ah = 2 };

/// One advertisement. `interval` is the Advertisement/Max Advertise Interval: whole seconds in v2,
/// centiseconds in v3. `auth_data` is v2's 8 octets, zero padded (keepalived always sends them).
struct Advertisement {
  std::uint8_t version = 2;
  Vrid vrid{1};
  Priority priority{100};
  Duration interval = 1s;
  AuthType auth_type = AuthType::None;
  std::array<std::uint8_t, 8> auth_data{};
  std::vector<IpAddress> addresses;
  bool operator==(const Advertisement&) const = default;
};

/// Why bytes are no acceptable advertisement; each is a counter.
enum class VrrpDefect : std::uint8_t {
  None,
  Truncated,         ///< shorter than its fixed header or its address count says
  Version,           ///< neither 2 nor 3
  Type,              ///< not 1 = ADVERTISEMENT
  VridZero,          ///< VRID 0 is not allowed
  Checksum,
  AuthType,          ///< v2 authentication type that does not exist
  IntervalZero,
};
std::string_view text(VrrpDefect defect);

/// How to compute the v3 IPv4 checksum: keepalived and RFC 5798's reading include a pseudo-header,
/// RFC 9568 section 5.2.8 for IPv4 does not. Decoding accepts either unless told otherwise.
enum class V3Checksum : std::uint8_t { PseudoHeader, MessageOnly, Either };

struct VrrpDecoded {
  VrrpDefect defect = VrrpDefect::None;
  Advertisement advertisement;  ///< filled as far as it could be read
  std::size_t trailing = 0;     ///< octets after the message (padding, 28-octet HMAC trailer)
  V3Checksum checksum_form = V3Checksum::PseudoHeader;  ///< the form that matched (v3 IPv4)
};

/// `message` is the IP payload (protocol 112). `source`/`destination` are needed for the
/// pseudo-header. Never reads past the span.
VrrpDecoded decode_vrrp(std::span<const std::uint8_t> message, const IpAddress& source,
                        const IpAddress& destination, V3Checksum accept = V3Checksum::Either);

/// The IP payload of an advertisement, checksum filled in. `form` must not be Either.
std::vector<std::uint8_t> encode_vrrp(const Advertisement& advertisement, const IpAddress& source,
                                      const IpAddress& destination,
                                      V3Checksum form = V3Checksum::PseudoHeader);

/// 00:00:5e:00:01:VRID or 00:00:5e:00:02:VRID (RFC 9568 section 7.3).
MacAddress virtual_mac(Family family, Vrid vrid);

}  // namespace alibi::wire
