// SPDX-License-Identifier: Apache-2.0
#include "evidence/capture_pieces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alibi::evidence {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kRouter = 7;
const wire::IpAddress kSource = wire::IpAddress::v4(0x0a000001);

/// A hundred packets in a hundred seconds.
PieceChain chain(const std::string& path, std::int64_t begin_s) {
  PieceChain out;
  out.all.path = path;
  out.all.interfaces = {{"", wire::LinkType::Ethernet}};
  out.all.routers = {kRouter};
  out.first_ns = begin_s * kSecond;
  out.last_ns = (begin_s + 100) * kSecond;
  out.frames = 100;
  return out;
}

CaptureHead head(const std::string& path, std::int64_t first_s) {
  CaptureHead out;
  out.path = path;
  out.interfaces = {{"", wire::LinkType::Ethernet}};
  out.routers = {kRouter};
  out.first_ns = first_s * kSecond;
  return out;
}

bool joined(const PieceChain& to, const CaptureHead& one) {
  return find_chain(std::vector<PieceChain>{to}, one).chain.has_value();
}

TEST(CapturePieces, WhatBeginsWhereTheOtherEndsGoesOnWithIt) {
  const PieceChain a = chain("x.pcap", 1000);
  EXPECT_TRUE(joined(a, head("y.pcap", 1101)));
  EXPECT_TRUE(joined(a, head("y.pcap", 1119)));   // a silence
  EXPECT_FALSE(joined(a, head("y.pcap", 1121)));  // or nothing was captured: the names must tell
  EXPECT_FALSE(joined(a, head("x.pcap1", 1099)));
  const auto later = find_chain(std::vector<PieceChain>{a}, head("x.pcap17", 2000));
  ASSERT_TRUE(later.chain);
  EXPECT_TRUE(later.unseen_between);
  EXPECT_EQ(later.between_ns, 900 * kSecond);
}

TEST(CapturePieces, AnotherLinkRouterOrStationIsATapOfItsOwn) {
  PieceChain a = chain("x.pcap", 1000);
  CaptureHead next = head("x.pcap1", 1101);
  next.interfaces[0].link_type = wire::LinkType::LinuxSll2;
  EXPECT_FALSE(joined(a, next));
  next = head("x.pcap1", 1101);
  next.routers = {8};
  EXPECT_FALSE(joined(a, next));
  next.routers = {};
  EXPECT_TRUE(joined(a, next));
  next = head("x.pcap1", 1101);
  a.all.ways[kSource] = Direction::Out;
  next.ways[kSource] = Direction::In;
  EXPECT_FALSE(joined(a, next));
  next.ways[kSource] = Direction::Out;
  EXPECT_TRUE(joined(a, next));
}

TEST(CapturePieces, AClockThatWasSetBetweenTwoPiecesIsReckonedWith) {
  PieceChain a = chain("x.pcapng", 1000);
  a.all.clock_offset = 5 * kSecond;
  CaptureHead next = head("x.pcapng1", 701);  // set back by 400 s
  next.clock_offset = -395 * kSecond;
  const auto found = find_chain(std::vector<PieceChain>{a}, next);
  ASSERT_TRUE(found.chain);
  EXPECT_EQ(found.clock_set_ns, -400 * kSecond);
  EXPECT_EQ(found.between_ns, kSecond);
}

TEST(CapturePieces, OfTwoThatItMayGoOnWithTheNameDecidesOrNothing) {
  const std::vector<PieceChain> two{chain("lb1/x.pcap0", 1000), chain("lb2/x.pcap0", 1000)};
  EXPECT_EQ(find_chain(two, head("lb2/x.pcap1", 1101)).chain, 1U);
  EXPECT_EQ(find_chain(two, head("lb1/x.pcap1.gz", 1101)).chain, 0U);
  const auto unclear = find_chain(two, head("other", 1101));
  EXPECT_FALSE(unclear.chain);
  EXPECT_THAT(unclear.rivals, ElementsAre(0U, 1U));
}

TEST(CapturePieces, DumpcapsNamesAreOneCapture) {
  const PieceChain a = chain("r_00001_20231114221320.pcapng", 1000);
  EXPECT_TRUE(joined(a, head("r_00003_20231114231320.pcapng", 4600)));
  EXPECT_FALSE(joined(chain("lb1.pcap", 1000), head("lb2.pcap", 4600)));
}

}  // namespace
}  // namespace alibi::evidence
