// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wire/testing.h"

namespace alibi::wire {
namespace {

using testing::hex;
using testing::operator+;
using Octets = std::vector<std::uint8_t>;

const Octets kFrame = hex(testing::kV2PassFrame);
const Octets kPacket(kFrame.begin() + 14, kFrame.end());
const Octets kMessage(kFrame.begin() + 34, kFrame.end());

std::uint8_t high(std::size_t n) { return static_cast<std::uint8_t>(n >> 8U); }
std::uint8_t low(std::size_t n) { return static_cast<std::uint8_t>(n & 0xffU); }

Octets ethernet(std::string_view type, const Octets& payload) {
  return hex("020000000002 020000000001") + hex(type) + payload;
}
Octets ipv4(std::uint8_t protocol, const Octets& payload) {
  auto header =
      encode_ipv4_header(IpAddress::v4(0x0A090901), IpAddress::v4(0x0A090902), 64, payload.size());
  header[9] = protocol;
  return header + payload;
}
Octets ipv6(std::uint8_t next, const Octets& payload) {
  return Octets{0x60, 0, 0, 0, high(payload.size()), low(payload.size()), next, 255} +
         hex("fe80000000000000d6ca6dfffe66cf60 ff020000000000000000000000000012") + payload;
}
Octets udp(std::uint16_t port, const Octets& payload) {
  const std::size_t size = payload.size() + 8;
  return Octets{0xc0, 0, high(port), low(port), high(size), low(size), 0, 0} + payload;
}

void expect_advert(const Frame& frame, unsigned tunnels = 0) {
  EXPECT_EQ(frame.defect, FrameDefect::None) << text(frame.defect);
  ASSERT_TRUE(frame.vrrp.has_value());
  EXPECT_EQ(frame.vrrp->decoded.defect, VrrpDefect::None) << text(frame.vrrp->decoded.defect);
  EXPECT_EQ(frame.vrrp->decoded.trailing, 0U);
  EXPECT_EQ(frame.vrrp->tunnels, tunnels);
}

TEST(Frame, Ethernet) {
  const Frame frame = decode_frame(kFrame, LinkType::Ethernet);
  expect_advert(frame);
  EXPECT_EQ(frame.vrrp->source.text(), "10.0.0.91");
  EXPECT_EQ(frame.vrrp->destination.text(), "224.0.0.18");
  EXPECT_EQ(frame.vrrp->ttl, 255);
  EXPECT_EQ(frame.vrrp->ip_id, 0x1234);
  EXPECT_EQ(frame.vrrp->source_mac.text(), "00:00:5e:00:01:2a");
}

TEST(Frame, EthernetPaddingIsNoPartOfTheMessage) {
  expect_advert(decode_frame(kFrame + Octets(18, 0), LinkType::Ethernet));
}

TEST(Frame, VlanTags) {
  expect_advert(decode_frame(ethernet("8100 0064 0800", kPacket), LinkType::Ethernet));
  expect_advert(decode_frame(ethernet("88a8 0001 8100 0064 0800", kPacket), LinkType::Ethernet));
  EXPECT_EQ(
      decode_frame(ethernet("8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 0800", kPacket),
                   LinkType::Ethernet)
          .defect,
      FrameDefect::TooDeep);
}

TEST(Frame, CookedAndRawLinkTypes) {
  const Frame sll =
      decode_frame(hex("0004 0001 0006 0000 5e00 012a 0000 0800") + kPacket, LinkType::LinuxSll);
  expect_advert(sll);
  EXPECT_EQ(sll.vrrp->source_mac.text(), "00:00:5e:00:01:2a");
  const Frame sll2 = decode_frame(hex("0800 0000 00000002 0001 04 06 00005e00012a0000") + kPacket,
                                  LinkType::LinuxSll2);
  expect_advert(sll2);
  EXPECT_EQ(sll2.vrrp->source_mac.text(), "00:00:5e:00:01:2a");
  expect_advert(decode_frame(kPacket, LinkType::Raw));
  expect_advert(decode_frame(kPacket, LinkType::Ipv4));
  const Octets v6 = hex(testing::kV3Ipv6Frame);
  const Octets packet6(v6.begin() + 14, v6.end());
  expect_advert(decode_frame(packet6, LinkType::Raw));
  expect_advert(decode_frame(packet6, LinkType::Ipv6));
  EXPECT_EQ(decode_frame(packet6, LinkType::Ipv4).defect, FrameDefect::BadIpHeader);
  EXPECT_EQ(decode_frame(kPacket, static_cast<LinkType>(105)).defect, FrameDefect::LinkType);
}

TEST(Frame, Ipv4OptionsAreSkipped) {
  Octets packet = kPacket;
  packet[0] = 0x46;
  packet[3] = low(packet[3] + 4U);
  packet.insert(packet.begin() + 20, {0x94, 0x04, 0, 0});  // router alert
  expect_advert(decode_frame(packet, LinkType::Raw));
}

TEST(Frame, BadIpHeaders) {
  const auto defect = [](std::size_t at, std::uint8_t value) {
    Octets packet = kPacket;
    packet[at] = value;
    return decode_frame(packet, LinkType::Ipv4).defect;
  };
  EXPECT_EQ(defect(0, 0x55), FrameDefect::BadIpHeader);
  EXPECT_EQ(defect(0, 0x44), FrameDefect::BadIpHeader);
  EXPECT_EQ(defect(3, 19), FrameDefect::BadIpHeader);
  EXPECT_EQ(defect(0, 0x4f), FrameDefect::BadIpHeader);  // header longer than the total length
  EXPECT_EQ(defect(7, 1), FrameDefect::Fragment);
  EXPECT_EQ(defect(9, 6), FrameDefect::NotOurs);
}

TEST(Frame, AdvertCutByTheSnapLengthIsReportedAsFarAsItGoes) {
  const Frame frame = decode_frame(std::span(kFrame).first(48), LinkType::Ethernet);
  EXPECT_EQ(frame.defect, FrameDefect::Truncated);
  ASSERT_TRUE(frame.vrrp.has_value());
  EXPECT_EQ(frame.vrrp->decoded.defect, VrrpDefect::Truncated);
  EXPECT_EQ(frame.vrrp->decoded.advertisement.vrid, Vrid(42));
  EXPECT_EQ(frame.vrrp->decoded.advertisement.priority, Priority(191));
}

TEST(Frame, AuthenticationHeaderIsSkipped) {
  const Octets header = hex("70 04 0000 00000001 00000002") + Octets(12, 0x5a);
  expect_advert(decode_frame(ipv4(51, header + kMessage), LinkType::Raw));
  EXPECT_EQ(decode_frame(ipv4(51, hex("70 ff 0000")), LinkType::Raw).defect,
            FrameDefect::Truncated);
}

TEST(Frame, Ipv6ExtensionHeaders) {
  const Octets v6 = hex(testing::kV3Ipv6Frame);
  const Octets message(v6.begin() + 54, v6.end());
  const Octets hop = hex("70 00 05 02 0000 0100");
  expect_advert(decode_frame(ipv6(112, message), LinkType::Raw));
  expect_advert(decode_frame(ipv6(0, hop + message), LinkType::Raw));
  const Octets first_fragment = hex("70 00 0001 00000007");
  expect_advert(decode_frame(ipv6(44, first_fragment + message), LinkType::Raw));
  EXPECT_EQ(decode_frame(ipv6(44, hex("70 00 0009 00000007") + message), LinkType::Raw).defect,
            FrameDefect::Fragment);
  Octets chain;
  for (int i = 0; i < 20; ++i) chain = chain + hex("00 00 0104 0000 0000");
  EXPECT_EQ(decode_frame(ipv6(0, chain + message), LinkType::Raw).defect, FrameDefect::TooDeep);
  EXPECT_EQ(decode_frame(ipv6(59, message), LinkType::Raw).defect, FrameDefect::NotOurs);
}

TEST(Frame, Tunnels) {
  const Octets vxlan = hex("08000000 00000100") + kFrame;
  for (const std::uint16_t port : {std::uint16_t{4789}, std::uint16_t{8472}}) {
    const Frame frame =
        decode_frame(ethernet("0800", ipv4(17, udp(port, vxlan))), LinkType::Ethernet);
    expect_advert(frame, 1);
    EXPECT_EQ(frame.vrrp->source_mac.text(), "00:00:5e:00:01:2a");
    EXPECT_EQ(frame.vrrp->source.text(), "10.0.0.91");
  }
  EXPECT_EQ(decode_frame(ipv4(17, udp(53, vxlan)), LinkType::Raw).defect, FrameDefect::NotOurs);
  EXPECT_EQ(
      decode_frame(ipv4(17, udp(4789, hex("00000000 00000100") + kFrame)), LinkType::Raw).defect,
      FrameDefect::NotOurs);
  const Octets geneve = hex("0200 6558 00000100 0102 80 01 00000000") + kFrame;
  expect_advert(decode_frame(ipv4(17, udp(6081, geneve)), LinkType::Raw), 1);
  expect_advert(decode_frame(ipv4(47, hex("0000 6558") + kFrame), LinkType::Raw), 1);
  expect_advert(decode_frame(ipv4(47, hex("3000 6558 00000007 00000009") + kFrame), LinkType::Raw),
                1);
  expect_advert(decode_frame(ipv4(47, hex("8000 0800 abcd0000") + kPacket), LinkType::Raw), 1);
  EXPECT_EQ(decode_frame(ipv4(47, hex("2001 880b 00000007") + kPacket), LinkType::Raw).defect,
            FrameDefect::NotOurs);
  expect_advert(decode_frame(ipv4(4, kPacket), LinkType::Raw), 1);
  Octets nested = kPacket;
  for (unsigned i = 1; i <= 4; ++i) {
    nested = ipv4(4, nested);
    expect_advert(decode_frame(nested, LinkType::Raw), i);
  }
  EXPECT_EQ(decode_frame(ipv4(4, nested), LinkType::Raw).defect, FrameDefect::TooDeep);
}

TEST(Frame, TheInnermostNetworkIsKnown) {
  const auto network = [](const Octets& bytes, LinkType link_type) {
    const Frame frame = decode_frame(bytes, link_type);
    return frame.vrrp ? network_text(frame.vrrp->network) : "no advert";
  };
  EXPECT_EQ(network(kFrame, LinkType::Ethernet), "");
  EXPECT_EQ(network(ethernet("8100 e064 0800", kPacket), LinkType::Ethernet), "VLAN 100");
  EXPECT_EQ(network(ethernet("88a8 0001 8100 0064 0800", kPacket), LinkType::Ethernet),
            "VLAN 100 in VLAN 1");
  const Octets inside = ethernet("8100 000a 0800", kPacket);
  const Octets vxlan = udp(4789, hex("08000000 00000700") + inside);
  EXPECT_EQ(network(ipv4(17, vxlan), LinkType::Raw), "VNI 7 VLAN 10");
  EXPECT_EQ(network(ethernet("8100 0064 0800", ipv4(17, vxlan)), LinkType::Ethernet),
            "VNI 7 VLAN 10");
  const Octets geneve = hex("0200 6558 00000100 0102 80 01 00000000") + kFrame;
  EXPECT_EQ(network(ipv4(17, udp(6081, geneve)), LinkType::Raw), "VNI 1");
  EXPECT_EQ(network(ipv4(47, hex("b000 6558 abcd0000 00000007 00000009") + kFrame), LinkType::Raw),
            "VNI 7");
}

TEST(Frame, EveryPrefixIsReadWithoutAComplaintFromTheSanitizers) {
  const Octets whole = ethernet(
      "8100 0001 0800", ipv4(17, udp(4789, hex("08000000 00000100") + hex(testing::kV3Ipv6Frame))));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::uint8_t> exact(whole.begin(),
                                          whole.begin() + static_cast<std::ptrdiff_t>(size));
    const Frame frame = decode_frame(exact, LinkType::Ethernet);
    EXPECT_EQ(frame.defect, FrameDefect::Truncated) << size;
  }
}

TEST(Frame, GratuitousArp) {
  const MacAddress mac{{2, 0, 0, 0, 0, 1}};
  const auto bytes = encode_gratuitous_arp(mac, IpAddress::v4(0xC0A8CD07));
  EXPECT_EQ(bytes, hex("ffffffffffff 020000000001 0806 0001 0800 06 04 0001"
                       "020000000001 c0a8cd07 ffffffffffff c0a8cd07"));
  const Frame frame = decode_frame(bytes, LinkType::Ethernet);
  EXPECT_EQ(frame.defect, FrameDefect::None);
  ASSERT_TRUE(frame.arp.has_value());
  EXPECT_TRUE(frame.arp->gratuitous());
  EXPECT_EQ(frame.arp->sender_mac, mac);
  EXPECT_EQ(frame.arp->sender_ip.text(), "192.168.205.7");
}

TEST(Frame, UnsolicitedNeighbourAdvertisement) {
  const MacAddress mac{{2, 0, 0, 0, 0, 1}};
  const IpAddress address = *IpAddress::parse("2001:db8::7");
  const auto bytes = encode_unsolicited_na(mac, address, true);
  EXPECT_EQ(bytes.size(), 86U);
  EXPECT_EQ(bytes[21], 255);
  EXPECT_EQ(bytes[58], 0xa0);  // R and O
  const Frame frame = decode_frame(bytes, LinkType::Ethernet);
  ASSERT_TRUE(frame.arp.has_value());
  EXPECT_TRUE(frame.arp->gratuitous());
  EXPECT_EQ(frame.arp->operation, 2);
  EXPECT_EQ(frame.arp->sender_ip, address);
  EXPECT_EQ(frame.arp->sender_mac, mac);
}

TEST(Frame, NeighbourSolicitationAsksForItsTarget) {
  const Octets message =
      hex("87 00 0000 00000000 20010db8000000000000000000000007") + hex("01 01 020000000009");
  const Frame frame = decode_frame(ipv6(58, message), LinkType::Raw);
  ASSERT_TRUE(frame.arp.has_value());
  EXPECT_FALSE(frame.arp->gratuitous());
  EXPECT_EQ(frame.arp->operation, 1);
  EXPECT_EQ(frame.arp->target_ip.text(), "2001:db8::7");
  EXPECT_EQ(frame.arp->sender_mac.text(), "02:00:00:00:00:09");
}

TEST(Frame, Ipv4HeaderOfAnAdvert) {
  const auto header =
      encode_ipv4_header(IpAddress::v4(0xC0A8001E), vrrp_group(Family::V4), 255, 20);
  EXPECT_EQ(header, hex("45c00028 00000000 ff7019cd c0a8001e e0000012"));
}

}  // namespace
}  // namespace alibi::wire
