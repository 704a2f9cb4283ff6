// SPDX-License-Identifier: Apache-2.0
// Packet acceptance: each rule, the order of the rules, and what is reported how often.
#include "vrrp/acceptance.h"

#include <gtest/gtest.h>

namespace alibi::vrrp {
namespace {

wire::IpAddress ip(std::uint8_t last) { return wire::IpAddress::v4(0x0A000000U + last); }

struct Acceptance : testing::Test {
  Acceptance() {
    ours.vrid = Vrid{51};
    ours.addresses = {ip(100), ip(101)};
    ours.auth_type = wire::AuthType::Pass;
    ours.auth_data = {'s', 'e', 'c', 'r', 'e', 't'};
    good.advert = {2,  Vrid{51}, Priority{100}, 1s, ours.auth_type, ours.auth_data, ours.addresses};
    good.source = ip(2);
  }
  std::optional<RejectCode> check(const AdvertReceived& packet) {
    return broken_rule(ours, ip(1), packet);
  }
  Parameters ours;
  AdvertReceived good;
};

TEST_F(Acceptance, GoodPacket) { EXPECT_EQ(check(good), std::nullopt); }

TEST_F(Acceptance, EachRuleByItself) {
  auto p = good;
  p.advert.vrid = Vrid{52};
  EXPECT_EQ(check(p), RejectCode::Vrid);
  p = good;
  p.source = ip(1);
  EXPECT_EQ(check(p), RejectCode::OwnAddress);
  p = good;
  p.ttl = 254;
  EXPECT_EQ(check(p), RejectCode::Ttl);
  p = good;
  p.advert.version = 3;
  EXPECT_EQ(check(p), RejectCode::Version);
  p = good;
  p.advert.auth_type = wire::AuthType::None;
  EXPECT_EQ(check(p), RejectCode::AuthType);
  p = good;
  p.advert.auth_data[7] = 'x';
  EXPECT_EQ(check(p), RejectCode::AuthData);
  p = good;
  p.advert.interval = 2s;
  EXPECT_EQ(check(p), RejectCode::Interval);
  p = good;
  p.unicast = true;
  EXPECT_EQ(check(p), RejectCode::Multicast);
}

TEST_F(Acceptance, OrderIsKeepalivedsSoThatCountersAgree) {
  auto p = good;
  p.ttl = 1;
  p.advert.version = 3;
  p.advert.auth_type = wire::AuthType::None;
  p.advert.interval = 9s;
  EXPECT_EQ(check(p), RejectCode::Ttl);
  p.ttl = 255;
  EXPECT_EQ(check(p), RejectCode::Version);
  p.advert.version = 2;
  EXPECT_EQ(check(p), RejectCode::AuthType);
  p.advert.auth_type = wire::AuthType::Pass;
  EXPECT_EQ(check(p), RejectCode::Interval);
}

TEST_F(Acceptance, AuthDataIsNotLookedAtWithoutAuthentication) {
  ours.auth_type = wire::AuthType::None;
  good.advert.auth_type = wire::AuthType::None;
  good.advert.auth_data = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(check(good), std::nullopt);
}

TEST_F(Acceptance, UnicastMayBeRouted) {
  ours.unicast = true;
  good.unicast = true;
  good.ttl = 60;
  EXPECT_EQ(check(good), std::nullopt);
  good.unicast = false;
  EXPECT_EQ(check(good), RejectCode::Ttl);
  good.ttl = 255;
  EXPECT_EQ(check(good), RejectCode::Multicast);
}

TEST_F(Acceptance, V3TakesAnyIntervalButZero) {
  ours.version = 3;
  good.advert.version = 3;
  good.advert.auth_type = wire::AuthType::None;
  good.advert.interval = 70ms;
  EXPECT_EQ(check(good), std::nullopt);
  good.advert.interval = 0s;
  EXPECT_EQ(check(good), RejectCode::Interval);
}

TEST_F(Acceptance, AddressListInAnyOrder) {
  EXPECT_TRUE(address_list_matches(ours, good.advert));
  std::swap(good.advert.addresses[0], good.advert.addresses[1]);
  EXPECT_TRUE(address_list_matches(ours, good.advert));
  good.advert.addresses[0] = ip(99);
  EXPECT_FALSE(address_list_matches(ours, good.advert));
  good.advert.addresses.pop_back();
  EXPECT_FALSE(address_list_matches(ours, good.advert));
}

TEST_F(Acceptance, WordsNameBothSides) {
  good.advert.addresses.pop_back();
  EXPECT_EQ(rejection_text(RejectCode::AddressList, ours, good),
            "received an unexpected ip number count 1 from 10.0.0.2, expected 2!");
  good.advert.addresses = {ip(100), ip(99)};
  EXPECT_EQ(rejection_text(RejectCode::AddressList, ours, good),
            "expected ip address 10.0.0.101 is not in the advert from 10.0.0.2!");
  good.ttl = 63;
  EXPECT_EQ(rejection_text(RejectCode::Ttl, ours, good),
            "invalid TTL/hop-limit from 10.0.0.2. Expected 255, got 63");
}

}  // namespace
}  // namespace alibi::vrrp
