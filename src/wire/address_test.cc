// SPDX-License-Identifier: Apache-2.0
#include "wire/address.h"

#include <gtest/gtest.h>

namespace alibi::wire {
namespace {

TEST(Address, TextAndBack) {
  for (const char* text : {"0.0.0.0", "192.168.205.7", "255.255.255.255", "::", "fe80::1",
                           "2001:db8::a:0:0:1", "ff02::12"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->text(), text);
  }
}

TEST(Address, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "10.0.0.1/24", "fe80::1%eth0", "::1::2",
        " 1.2.3.4", "1.2.3.4 ", "01.2.3.4", "1:2:3:4:5:6:7:8:9"}) {
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)).has_value());
  EXPECT_FALSE(IpAddress::parse(std::string(300, '1')).has_value());
}

TEST(Address, Classes) {
  EXPECT_EQ(IpAddress::v4(0xE0000012).text(), "224.0.0.18");
  EXPECT_TRUE(IpAddress::v4(0xE0000012).is_multicast());
  EXPECT_FALSE(IpAddress::v4(0xC0A80001).is_multicast());
  EXPECT_EQ(vrrp_group(Family::V4).text(), "224.0.0.18");
  EXPECT_EQ(vrrp_group(Family::V6).text(), "ff02::12");
  EXPECT_TRUE(vrrp_group(Family::V6).is_multicast());
  EXPECT_TRUE(IpAddress{}.is_unspecified());
  EXPECT_FALSE(vrrp_group(Family::V6).is_unspecified());
}

TEST(Address, HigherComparesUnsigned) {
  EXPECT_TRUE(higher(IpAddress::v4(0xC0000001), IpAddress::v4(0x7F000001)));
  EXPECT_FALSE(higher(IpAddress::v4(1), IpAddress::v4(1)));
  EXPECT_FALSE(higher(IpAddress::v4(0x0A000001), IpAddress::v4(0x0A000002)));
}

TEST(Address, MacText) {
  const MacAddress mac{{0x00, 0x00, 0x5e, 0x00, 0x01, 0xcd}};
  EXPECT_EQ(mac.text(), "00:00:5e:00:01:cd");
  EXPECT_EQ(MacAddress::parse("00:00:5e:00:01:cd"), mac);
  EXPECT_EQ(MacAddress::parse("00:00:5E:00:01:CD"), mac);
  for (const char* text : {"", "00:00:5e:00:01", "00:00:5e:00:01:cg", "00-00:5e:00:01:cd",
                           "00:00:5e:00:01:cd ", "0:00:5e:00:01:cdd", "00:00:5e:00:01:-1"}) {
    EXPECT_FALSE(MacAddress::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace alibi::wire
