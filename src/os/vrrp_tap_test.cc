// SPDX-License-Identifier: Apache-2.0
// What strip_ip takes and what it refuses.
#include "os/vrrp_tap.h"

#include <gtest/gtest.h>

#include "wire/frame.h"

namespace alibi::os {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes packet_v4() {
  auto bytes = wire::encode_ipv4_header(*wire::IpAddress::parse("10.0.0.2"),
                                        *wire::IpAddress::parse("224.0.0.18"), 254, 3);
  bytes.insert(bytes.end(), {1, 2, 3, 0, 0});  // two octets of Ethernet's padding
  return bytes;
}

Bytes packet_v6() {
  Bytes bytes(40);
  bytes[0] = 0x60;
  bytes[5] = 3;
  bytes[6] = 112;
  bytes[7] = 255;
  bytes[8] = 0xfe;
  bytes[9] = 0x80;
  bytes[24] = 0xff;
  bytes.insert(bytes.end(), {1, 2, 3});
  return bytes;
}

TEST(StripIp, HeaderIsTakenOffAndPaddingIsNoMessage) {
  const auto four = packet_v4();
  const auto v4 = strip_ip(four, wire::Family::V4);
  ASSERT_TRUE(v4);
  EXPECT_EQ(Bytes(v4->message.begin(), v4->message.end()), (Bytes{1, 2, 3}));
  EXPECT_EQ(v4->ttl, 254);
  EXPECT_EQ(v4->source.text(), "10.0.0.2");
  EXPECT_EQ(v4->destination.text(), "224.0.0.18");
  const auto six = packet_v6();
  const auto v6 = strip_ip(six, wire::Family::V6);
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->message.size(), 3U);
  EXPECT_EQ(v6->source.text(), "fe80::");
}

TEST(StripIp, EveryLengthShorterThanItSaysIsRefused) {
  for (const auto family : {wire::Family::V4, wire::Family::V6}) {
    const auto whole = family == wire::Family::V4 ? packet_v4() : packet_v6();
    const std::size_t needed = family == wire::Family::V4 ? 23 : 43;
    for (std::size_t size = 0; size < needed; ++size) {
      EXPECT_FALSE(strip_ip(std::span(whole).first(size), family)) << size;
    }
    EXPECT_TRUE(strip_ip(std::span(whole).first(needed), family));
  }
  auto fragment = packet_v4();
  fragment[6] = 0x20;
  EXPECT_FALSE(strip_ip(fragment, wire::Family::V4));
  auto other = packet_v4();
  other[9] = 6;
  EXPECT_FALSE(strip_ip(other, wire::Family::V4));
}

}  // namespace
}  // namespace alibi::os
