// SPDX-License-Identifier: Apache-2.0
#include "daemon/handover.h"

#include <gtest/gtest.h>

#include <random>

#include "os/event_loop.h"

namespace alibi::daemon {
namespace {

KeeperState sample() {
  KeeperState state;
  state.slots.push_back({"VI_1", "eth0", "state MASTER ...", true, true, false, Priority(101)});
  state.slots.push_back({"", "a-long-interface", std::string(3000, 'x'), false, false, true, {}});
  state.ports.push_back({"eth0", wire::Family::V4, IfIndex(2), "eth0|", true, 5, 1ULL << 40U, 7});
  state.ports.push_back({"eth1", wire::Family::V6, IfIndex(9), "", false, 0, 0, 0});
  return state;
}

TEST(Handover, StateComesBackAsItWas) {
  const auto back = decode_keeper_state(encode(sample()));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->slots.size(), 2U);
  EXPECT_EQ(back->slots[0].name, "VI_1");
  EXPECT_EQ(back->slots[0].interface, "eth0");
  EXPECT_TRUE(back->slots[0].started);
  EXPECT_TRUE(back->slots[0].has_addresses);
  EXPECT_FALSE(back->slots[0].track_fault);
  EXPECT_EQ(back->slots[0].told, Priority(101));
  EXPECT_EQ(back->slots[1].machine, std::string(3000, 'x'));
  EXPECT_TRUE(back->slots[1].track_fault);
  ASSERT_EQ(back->ports.size(), 2U);
  EXPECT_EQ(back->ports[0].malformed, 1ULL << 40U);
  EXPECT_TRUE(back->ports[0].up);
  EXPECT_EQ(back->ports[1].family, wire::Family::V6);
  EXPECT_EQ(back->ports[1].index, IfIndex(9));
}

TEST(Handover, EveryCutAndEveryTailIsRefused) {
  auto bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_keeper_state(std::span(bytes).first(size))) << size;
  }
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(decode_keeper_state(bytes));
}

TEST(Handover, AnotherVersionIsRefused) {
  auto bytes = encode(sample());
  bytes[4] ^= std::byte{1};
  const auto back = decode_keeper_state(bytes);
  ASSERT_FALSE(back);
  EXPECT_NE(back.error().message.find("version"), std::string::npos);
}

TEST(Handover, DamagedOctetsNeverReadPastTheEnd) {
  std::mt19937 random(7);
  const auto whole = encode(sample());
  for (int round = 0; round < 20000; ++round) {
    auto bytes = whole;
    for (int i = 0; i < 3; ++i) bytes[8 + random() % (bytes.size() - 8)] = std::byte(random());
    static_cast<void>(decode_keeper_state(bytes));  // the sanitizers judge
  }
}

TEST(Handover, StaleMessagesAreDropped) {
  auto pair = os::MessagePair::create();
  ASSERT_TRUE(pair);
  using Kind = HandoverMessage::Kind;
  pair->first.send_struct(HandoverMessage{Kind::State, kHandoverVersion, 1, 0});
  pair->first.send_struct(HandoverMessage{Kind::State, kHandoverVersion + 1, 2, 0});
  pair->first.send_struct(std::uint64_t{0});
  pair->first.send_struct(HandoverMessage{Kind::Yours, kHandoverVersion, 2, 9});
  const auto heard = hear_handover(pair->second, 2, os::monotonic_now());
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->message.kind, Kind::Yours);
  EXPECT_EQ(heard->message.number, 9U);
  EXPECT_FALSE(hear_handover(pair->second, 2, os::monotonic_now() + 1ms));
}

}  // namespace
}  // namespace alibi::daemon
