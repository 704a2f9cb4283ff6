// SPDX-License-Identifier: Apache-2.0
// For tests only: bytes from hexadecimal text, and frames that real programs sent.
#pragma once

#include <cctype>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace alibi::wire::testing {

inline std::vector<std::uint8_t> hex(std::string_view text) {
  std::vector<std::uint8_t> out;
  unsigned nibbles = 0;
  unsigned value = 0;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) continue;
    const auto at = std::string_view("0123456789abcdef").find(c);
    CHECK(at != std::string_view::npos);
    value = value << 4U | static_cast<unsigned>(at);
    if (++nibbles % 2 == 0) out.push_back(static_cast<std::uint8_t>(value & 0xffU));
  }
  CHECK(nibbles % 2 == 0);
  return out;
}

inline std::vector<std::uint8_t> operator+(std::vector<std::uint8_t> a,
                                           const std::vector<std::uint8_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The first two are from tcpdump's tests/vrrp.pcap, the next two from PcapPlusPlus.
inline constexpr std::string_view kV2PassFrame =
    "01005e000012 00005e00012a 0800"
    "45000030 12340000 ff70bebc 0a00005b e0000012"
    "212abf03 010af11f 0a042a01 0a042a02 0a042a03 61626364 65666768";
inline constexpr std::string_view kV3Ipv6Frame =
    "333300000012 00005e00022d 86dd"
    "60000000 002870ff fe80000000000000d6ca6dfffe66cf60 ff020000000000000000000000000012"
    "312dbf02 03e8cfa0 fe8000000000000002005efffe00022d 2001000000000000 00000000abcd000a";
inline constexpr std::string_view kV2NoAuthDataFrame =
    "01005e000012 00005e000101 0800"
    "45000028 00000000 ff701a8d c0a8001e e0000012"
    "21016403 000138fa c0a80001 c0a80002 c0a80003";
inline constexpr std::string_view kV3Ipv4Frame =
    "01005e000012 00005e000101 0800"
    "45000024 00000000 ff701a91 c0a8001e e0000012"
    "31016402 0001484d c0a80001 c0a80002";

}  // namespace alibi::wire::testing
