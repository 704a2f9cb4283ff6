// SPDX-License-Identifier: Apache-2.0
// The advertisement codec, both versions.
#include "wire/vrrp.h"

#include <algorithm>

#include "base/check.h"
#include "wire/checksum.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace alibi::wire {
namespace {

// RFC 3768 section 5.1 (version 2; fields from Auth Type on differ in version 3):
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Version| Type  | Virtual Rtr ID|   Priority    | Count IP Addrs|
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   Auth Type   |   Adver Int   |          Checksum             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                      IP Address (1 .. n)                      |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                     Authentication Data (1)                   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                     Authentication Data (2)                   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// RFC 9568 section 5.1 (version 3), second word; no authentication data at the end:
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Reserve| Max Advertise Interval|          Checksum             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
constexpr std::size_t kHeaderSize = 8;
constexpr std::size_t kAuthSize = 8;
constexpr std::size_t kChecksumAt = 6;
constexpr std::uint8_t kTypeAdvertisement = 1;
constexpr Duration kCentisecond = 10ms;
constexpr std::int64_t kMaxCentiseconds = 4095;  // 12 bits

// Reads everything after the first 8 octets. Returns the size of the message proper, or 0 when the
// octets end before it does.
std::size_t read_body(Bytes message, const Fixed<kHeaderSize>& header, Family family,
                      Advertisement& out) {
  Reader body(message.subspan(kHeaderSize));
  const unsigned count = header.u8<3>();
  out.addresses.reserve(std::min<std::size_t>(count, body.left() / 4));
  for (unsigned i = 0; i < count; ++i) {
    IpAddress address;
    address.family = family;
    const auto raw = body.take(address.size());
    if (!raw) return 0;
    std::copy(raw->begin(), raw->end(), address.bytes.begin());
    out.addresses.push_back(address);
  }
  if (out.version == 2) {
    // The field belongs to every v2 message, but senders without authentication that leave it out
    // exist; there is nothing in it to miss.
    if (const auto auth = body.take<kAuthSize>()) {
      out.auth_data = auth->array<0, kAuthSize>();
    } else if (out.auth_type != AuthType::None) {
      return 0;
    }
  }
  return message.size() - body.left();
}

bool checksum_holds(Bytes message, const IpAddress& source, const IpAddress& destination,
                    bool pseudo_header) {
  Checksum sum;
  if (pseudo_header) sum.add_pseudo_header(source, destination, kVrrpProtocol, message.size());
  return sum.add(message).value() == 0;
}

// True when the checksum holds in a form that `accept` allows; says in `decoded` which one did.
// IPv6 has one form only, RFC 9568 section 5.2.8: with the pseudo-header.
bool verify_checksum(Bytes message, const IpAddress& source, const IpAddress& destination,
                     V3Checksum accept, VrrpDecoded& decoded) {
  const bool version3 = decoded.advertisement.version == 3;
  const bool v6 = source.family == Family::V6;
  const bool try_pseudo = v6 || (version3 && accept != V3Checksum::MessageOnly);
  const bool try_plain = !version3 || (!v6 && accept != V3Checksum::PseudoHeader);
  if (try_pseudo && checksum_holds(message, source, destination, true)) {
    decoded.checksum_form = V3Checksum::PseudoHeader;
    return true;
  }
  if (try_plain && checksum_holds(message, source, destination, false)) {
    decoded.checksum_form = V3Checksum::MessageOnly;
    return true;
  }
  return false;
}

// What is wrong with the fields of a message that arrived undamaged.
VrrpDefect field_defect(const Advertisement& advert, std::uint8_t auth_type) {
  if (advert.vrid.value == 0) return VrrpDefect::VridZero;
  if (advert.version == 2 && auth_type > static_cast<std::uint8_t>(AuthType::Ah)) {
    return VrrpDefect::AuthType;
  }
  if (advert.interval == Duration{0}) return VrrpDefect::IntervalZero;
  return VrrpDefect::None;
}

}  // namespace

std::string_view text(VrrpDefect defect) {
  switch (defect) {
    case VrrpDefect::None:
      return "none";
    case VrrpDefect::Truncated:
      return "truncated";
    case VrrpDefect::Version:
      return "version";
    case VrrpDefect::Type:
      return "type";
    case VrrpDefect::VridZero:
      return "vrid_zero";
    case VrrpDefect::Checksum:
      return "checksum";
    case VrrpDefect::AuthType:
      return "auth_type";
    case VrrpDefect::IntervalZero:
      return "interval_zero";
  }
  return "unknown";
}

VrrpDecoded decode_vrrp(Bytes message, const IpAddress& source, const IpAddress& destination,
                        V3Checksum accept) {
  VrrpDecoded out;
  Advertisement& advert = out.advertisement;
  const auto defect = [&out](VrrpDefect why) {
    out.defect = why;
    return out;
  };
  Reader reader(message);
  const auto header = reader.take<kHeaderSize>();
  if (!header) return defect(VrrpDefect::Truncated);
  advert.version = header->u8<0>() >> 4U;
  advert.vrid = Vrid(header->u8<1>());
  advert.priority = Priority(header->u8<2>());
  if (advert.version != 2 && advert.version != 3) return defect(VrrpDefect::Version);
  std::uint8_t auth_type = 0;
  if (advert.version == 2) {
    auth_type = header->u8<4>();
    if (auth_type <= static_cast<std::uint8_t>(AuthType::Ah)) {
      advert.auth_type = static_cast<AuthType>(auth_type);
    }
    advert.interval = std::chrono::seconds(header->u8<5>());
  } else {
    advert.interval = (header->u16<4>() & 0x0fffU) * kCentisecond;
  }
  if ((header->u8<0>() & 0x0fU) != kTypeAdvertisement) return defect(VrrpDefect::Type);
  const std::size_t size = read_body(message, *header, source.family, advert);
  if (size == 0) return defect(VrrpDefect::Truncated);
  out.trailing = message.size() - size;
  // A sender may or may not have counted what follows the message (an HMAC trailer, padding).
  if (!verify_checksum(message.first(size), source, destination, accept, out) &&
      !(out.trailing != 0 && verify_checksum(message, source, destination, accept, out))) {
    return defect(VrrpDefect::Checksum);
  }
  out.defect = field_defect(advert, auth_type);
  return out;
}

std::vector<std::uint8_t> encode_vrrp(const Advertisement& advert, const IpAddress& source,
                                      const IpAddress& destination, V3Checksum form) {
  CHECK(form != V3Checksum::Either);
  CHECK(advert.version == 2 || advert.version == 3);
  CHECK(advert.addresses.size() <= 255);
  Writer out(kHeaderSize + advert.addresses.size() * source.size() + kAuthSize);
  out.u8(static_cast<std::uint8_t>(advert.version << 4U | kTypeAdvertisement));
  out.u8(advert.vrid.value);
  out.u8(advert.priority.value);
  out.u8(static_cast<std::uint8_t>(advert.addresses.size()));
  if (advert.version == 2) {
    out.u8(static_cast<std::uint8_t>(advert.auth_type));
    out.u8(static_cast<std::uint8_t>(std::clamp<std::int64_t>(advert.interval / 1s, 1, 255)));
  } else {
    out.u16(static_cast<std::uint16_t>(
        std::clamp<std::int64_t>(advert.interval / kCentisecond, 1, kMaxCentiseconds)));
  }
  out.u16(0);
  for (const IpAddress& address : advert.addresses) {
    CHECK(address.family == source.family);
    out.bytes(Bytes(address.bytes).first(address.size()));
  }
  if (advert.version == 2) out.bytes(advert.auth_data);
  Checksum sum;
  if (source.family == Family::V6 || (advert.version == 3 && form == V3Checksum::PseudoHeader)) {
    sum.add_pseudo_header(source, destination, kVrrpProtocol, out.view().size());
  }
  sum.add(out.view());
  out.patch_u16(kChecksumAt, sum.value());
  return out.finish();
}

MacAddress virtual_mac(Family family, Vrid vrid) {
  const std::uint8_t kind = family == Family::V4 ? 1 : 2;
  return MacAddress{{0x00, 0x00, 0x5e, 0x00, kind, vrid.value}};
}

}  // namespace alibi::wire
