// SPDX-License-Identifier: Apache-2.0
// Text forms and classes of MAC and IP addresses.
#include "wire/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace alibi::wire {

std::string MacAddress::text() const {
  std::array<char, 18> out{};
  std::snprintf(out.data(), out.size(), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
                bytes[2], bytes[3], bytes[4], bytes[5]);
  return out.data();
}

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  constexpr std::size_t kSize = 17;
  if (text.size() != kSize) return std::nullopt;
  MacAddress out;
  for (std::size_t i = 0; i < out.bytes.size(); ++i) {
    const char* begin = text.data() + 3 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, out.bytes[i], 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
    if (i != 0 && begin[-1] != ':') return std::nullopt;
  }
  return out;
}

bool IpAddress::is_multicast() const {
  return family == Family::V4 ? (bytes[0] & 0xf0U) == 0xe0U : bytes[0] == 0xffU;
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const int af = family == Family::V4 ? AF_INET : AF_INET6;
  inet_ntop(af, bytes.data(), out.data(), static_cast<socklen_t>(out.size()));
  return out.data();
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  // inet_pton stops at a NUL: one inside the text would hide what follows it.
  if (text.size() >= buffer.size() || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::memcpy(buffer.data(), text.data(), text.size());
  IpAddress out;
  const bool v6 = text.find(':') != std::string_view::npos;
  out.family = v6 ? Family::V6 : Family::V4;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, buffer.data(), out.bytes.data()) != 1) return std::nullopt;
  return out;
}

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress out;
  for (unsigned i = 0; i < 4; ++i) {
    out.bytes[i] = static_cast<std::uint8_t>(host_order >> (24U - 8U * i) & 0xffU);
  }
  return out;
}

IpAddress vrrp_group(Family family) {
  if (family == Family::V4) return IpAddress::v4(0xE0000012);
  IpAddress out;
  out.family = Family::V6;
  out.bytes = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12};
  return out;
}

bool higher(const IpAddress& a, const IpAddress& b) { return a.bytes > b.bytes; }

}  // namespace alibi::wire
