// SPDX-License-Identifier: Apache-2.0
// Which frames a tap keeps.
#include "os/socket_filter.h"

#include <gtest/gtest.h>

#include "wire/frame.h"

namespace alibi::os {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes ethernet(std::uint16_t type, const Bytes& payload) {
  Bytes frame(12, 0);
  frame.push_back(static_cast<std::uint8_t>(type >> 8));
  frame.push_back(static_cast<std::uint8_t>(type));
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

Bytes ipv4(std::uint8_t protocol, const Bytes& payload) {
  const auto from = wire::IpAddress::v4(0x0A000001), to = wire::IpAddress::v4(0x0A000002);
  Bytes packet = wire::encode_ipv4_header(from, to, 64, payload.size());
  packet[9] = protocol;
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

Bytes ipv6(std::uint8_t next, const Bytes& payload) {
  Bytes packet(40, 0);
  packet[0] = 0x60;
  packet[6] = next;
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

Bytes vxlan(std::uint16_t port, const Bytes& inner) {
  Bytes udp = {0xC0,
               0x00,
               static_cast<std::uint8_t>(port >> 8),
               static_cast<std::uint8_t>(port),
               0,
               0,
               0,
               0,
               8,
               0,
               0,
               0,
               0,
               0,
               1,
               0};
  udp.insert(udp.end(), inner.begin(), inner.end());
  return udp;
}

class HeartbeatFilter : public testing::Test {
 protected:
  void SetUp() override {
    auto compiled = compile_filter(heartbeat_expression(), 400);
    ASSERT_TRUE(compiled) << compiled.error().message;
    filter_ = *compiled;
  }
  bool passes(const Bytes& frame) const {
    return filter_passes(filter_, frame.data(), static_cast<std::uint32_t>(frame.size()));
  }
  SocketFilter filter_;
};

TEST_F(HeartbeatFilter, PassesVrrpAndArp) {
  EXPECT_TRUE(passes(ethernet(0x0800, ipv4(112, Bytes(20)))));
  EXPECT_TRUE(passes(ethernet(0x86dd, ipv6(112, Bytes(24)))));
  EXPECT_TRUE(passes(ethernet(0x0806, Bytes(28))));
}

TEST_F(HeartbeatFilter, PassesThemInsideVxlan) {
  const Bytes inner4 = ethernet(0x0800, ipv4(112, Bytes(20)));
  const Bytes inner6 = ethernet(0x86dd, ipv6(112, Bytes(24)));
  EXPECT_TRUE(passes(ethernet(0x0800, ipv4(17, vxlan(4789, inner4)))));
  EXPECT_TRUE(passes(ethernet(0x0800, ipv4(17, vxlan(8472, inner6)))));
  EXPECT_TRUE(passes(ethernet(0x0800, ipv4(17, vxlan(4789, ethernet(0x0806, Bytes(28)))))));
  EXPECT_TRUE(passes(ethernet(0x86dd, ipv6(17, vxlan(4789, inner4)))));
}

TEST_F(HeartbeatFilter, DropsTheRest) {
  const Bytes tcp = ethernet(0x0800, ipv4(6, Bytes(40)));
  EXPECT_FALSE(passes(tcp));
  EXPECT_FALSE(passes(ethernet(0x0800, ipv4(17, vxlan(4789, tcp)))));
  EXPECT_FALSE(passes(ethernet(0x0800, ipv4(17, vxlan(53, ethernet(0x0806, Bytes(28)))))));
  EXPECT_FALSE(passes(ethernet(0x88cc, Bytes(40))));
  EXPECT_FALSE(passes({}));
}

TEST(CompileFilter, AMistakeIsNamed) {
  const auto wrong = compile_filter("ip proto potato", 400);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("potato"), std::string::npos);
}

TEST(AdvertFilter, PassesAdvertsInTagsAndTunnelsAndNothingElse) {
  const auto compiled = compile_filter(
      "(" + advert_expression() + ") or (" + twice_tagged_advert_expression() + ")", 400);
  ASSERT_TRUE(compiled) << compiled.error().message;
  const auto passes = [&](const Bytes& frame) {
    return filter_passes(*compiled, frame.data(), static_cast<std::uint32_t>(frame.size()));
  };
  const auto behind = [](Bytes head, const Bytes& rest) {
    head.insert(head.end(), rest.begin(), rest.end());
    return head;
  };
  EXPECT_FALSE(passes(ethernet(0x0806, Bytes(28))));
  for (const std::uint8_t protocol : Bytes{112, 6}) {
    const bool is = protocol == 112;
    for (const bool six : {false, true}) {
      const Bytes ip = six ? ipv6(protocol, Bytes(40)) : ipv4(protocol, Bytes(40));
      const std::uint16_t type = six ? 0x86dd : 0x0800;
      const Bytes plain = ethernet(type, ip);
      const Bytes tag = {0, 7, static_cast<std::uint8_t>(type >> 8),
                         static_cast<std::uint8_t>(type)};
      const Bytes tagged = ethernet(0x8100, behind(tag, ip));
      EXPECT_EQ(passes(plain), is);
      EXPECT_EQ(passes(tagged), is);  // what is left of two tags
      for (const Bytes& inner : {plain, tagged}) {
        const Bytes geneve = behind({0, 1, 0x17, 0xc1, 0, 0, 0, 0, 2, 0, 0x65, 0x58, 0, 0, 1, 0},
                                    behind(Bytes(8), inner));
        const Bytes gre = behind({0, 0, 0x65, 0x58}, inner);
        const Bytes keyed = behind({0xb0, 0, 0x65, 0x58}, behind(Bytes(12), inner));
        for (const bool outer_six : {false, true}) {
          const auto outer = [&](std::uint8_t kind, const Bytes& payload) {
            return outer_six ? ethernet(0x86dd, ipv6(kind, payload))
                             : ethernet(0x0800, ipv4(kind, payload));
          };
          EXPECT_EQ(passes(outer(17, vxlan(4789, inner))), is);
          EXPECT_EQ(passes(outer(17, geneve)), is);
          EXPECT_EQ(passes(outer(47, gre)), is);
          EXPECT_EQ(passes(outer(47, keyed)), is);
          EXPECT_FALSE(passes(outer(17, vxlan(53, inner))));
        }
      }
      const Bytes routed =
          behind({0, 0, static_cast<std::uint8_t>(type >> 8), static_cast<std::uint8_t>(type)}, ip);
      EXPECT_EQ(passes(ethernet(0x0800, ipv4(47, routed))), is);
    }
  }
}

}  // namespace
}  // namespace alibi::os
