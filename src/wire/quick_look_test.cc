// SPDX-License-Identifier: Apache-2.0
#include "wire/quick_look.h"

#include <gtest/gtest.h>

#include "wire/testing.h"

namespace alibi::wire {
namespace {

using testing::hex;
using testing::operator+;
using Octets = std::vector<std::uint8_t>;

const Octets kAdvert = hex(testing::kV2PassFrame);

bool heartbeat(const Octets& bytes, LinkType type = LinkType::Ethernet) {
  return may_hold(bytes, type, Interest::Heartbeats);
}

Octets vxlan(const Octets& inner) {
  const Octets udp = hex("c000 12b5 0000 0000 08000000 00000100") + inner;
  Octets ip = encode_ipv4_header(IpAddress::v4(1), IpAddress::v4(2), 64, udp.size());
  ip[9] = 17;
  return hex("020000000002 020000000001 0800") + ip + udp;
}

TEST(QuickLook, PassesOverOtherTraffic) {
  EXPECT_TRUE(heartbeat(kAdvert));
  for (const unsigned protocol : {1U, 2U, 6U, 17U, 58U, 89U, 132U}) {
    Octets other = kAdvert;
    other[14 + 9] = static_cast<std::uint8_t>(protocol);
    EXPECT_FALSE(heartbeat(other)) << protocol;
    EXPECT_FALSE(heartbeat(vxlan(other)));
    EXPECT_TRUE(may_hold(other, LinkType::Ethernet, Interest::Everything));
  }
  EXPECT_TRUE(heartbeat(vxlan(kAdvert)));
  EXPECT_TRUE(heartbeat(vxlan(vxlan(kAdvert))));
  EXPECT_FALSE(heartbeat(kAdvert, static_cast<LinkType>(105)));
}

TEST(QuickLook, NeighboursOnlyWhereTheyAreAskedFor) {
  const Octets arp = encode_gratuitous_arp({{2, 0, 0, 0, 0, 1}}, IpAddress::v4(7));
  EXPECT_FALSE(heartbeat(arp));
  EXPECT_TRUE(may_hold(arp, LinkType::Ethernet, Interest::HeartbeatsAndNeighbours));
  const Octets na =
      encode_unsolicited_na({{2, 0, 0, 0, 0, 1}}, *IpAddress::parse("fe80::1"), false);
  EXPECT_FALSE(heartbeat(na));
  EXPECT_TRUE(may_hold(na, LinkType::Ethernet, Interest::HeartbeatsAndNeighbours));
}

TEST(QuickLook, NeverPassesOverWhatTheDecoderFinds) {
  // The fuzzer fuzz_packet asks the same of any octets.
  for (const Octets& frame : {kAdvert, vxlan(kAdvert), hex("81000005")}) {
    for (std::size_t size = 0; size <= frame.size(); ++size) {
      const std::span<const std::uint8_t> cut(frame.data(), size);
      if (decode_frame(cut, LinkType::Ethernet).vrrp) {
        EXPECT_TRUE(may_hold(cut, LinkType::Ethernet, Interest::Heartbeats)) << size;
      }
    }
  }
}

TEST(QuickLook, LoopbackAndPppHeaders) {
  const Octets packet(kAdvert.begin() + 14, kAdvert.end());
  for (const char* family : {"00000002", "02000000"}) {
    EXPECT_TRUE(decode_frame(hex(family) + packet, LinkType::Null).vrrp);
    EXPECT_TRUE(heartbeat(hex(family) + packet, LinkType::Loop));
  }
  EXPECT_EQ(decode_frame(hex("00000007") + packet, LinkType::Null).defect, FrameDefect::NotOurs);
  for (const char* protocol : {"ff030021", "0021", "ff0321", "21"}) {
    EXPECT_TRUE(decode_frame(hex(protocol) + packet, LinkType::Ppp).vrrp) << protocol;
    EXPECT_TRUE(heartbeat(hex(protocol) + packet, LinkType::PppHdlc));
  }
  EXPECT_EQ(decode_frame(hex("ff"), LinkType::Ppp).defect, FrameDefect::Truncated);
  EXPECT_TRUE(is_known(LinkType::Loop));
  EXPECT_FALSE(is_known(static_cast<LinkType>(105)));
}

}  // namespace
}  // namespace alibi::wire
