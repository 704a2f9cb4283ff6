// SPDX-License-Identifier: Apache-2.0
// The keeper's half of the fence against records in plain memory, the programs' half played here.
#include "daemon/keeper_fence.h"

#include <gtest/gtest.h>

#include <array>

namespace alibi::daemon {
namespace {

constexpr Instant kNow{1'000'000'000'000};
constexpr Priority kOurs{110};

class KeeperFenceTest : public ::testing::Test {
 protected:
  KeeperFenceTest() {
    f_.fresh_ns = 1'500'000'000;
    f_.lease_ns = 3'000'000'000;
    f_.mode = ALIBI_FENCE_TAKEOVER;
    fence_.decided(0, vrrp::State::Master, kOurs);
    fence_.arm(0);
    f_.own_ns = ns(kNow);
  }

  static std::uint64_t ns(Instant at) { return static_cast<std::uint64_t>(at.ns); }

  /// What the programs write when a valid advert of another node comes in.
  void hear(Priority priority, Instant at) {
    f_.foreign_ns = ns(at);
    f_.own_since = 0;
    if (priority >= Priority(f_.priority)) f_.overtaken = f_.seen + 1;
    f_.seen += 1;
    if (why(at) != ALIBI_FENCE_OPEN && f_.closed_ns == 0) {
      f_.closed_ns = ns(at);
      f_.closed_why = why(at);
    }
  }

  std::uint32_t why(Instant at) const { return alibi_fence_why(&f_, ns(at)); }

  std::vector<std::size_t> drained(Instant at) {
    std::vector<std::size_t> reopened;
    fence_.drained(at, [&](std::size_t i) { reopened.push_back(i); });
    return reopened;
  }

  std::array<alibi_fence, 1> records_{};
  alibi_fence& f_ = records_[0];
  KeeperFence fence_{records_};
};

TEST_F(KeeperFenceTest, OpensWhenAllThatWasSeenIsReadAndWeAreStillMaster) {
  hear(Priority(200), kNow);
  hear(Priority(200), kNow);
  EXPECT_EQ(why(kNow), ALIBI_FENCE_OVERTAKEN);
  fence_.read(0);
  fence_.decided(0, vrrp::State::Master, kOurs);
  EXPECT_EQ(why(kNow), ALIBI_FENCE_OVERTAKEN);  // one is still in the queue
  fence_.read(0);
  fence_.decided(0, vrrp::State::Master, Priority(210));
  EXPECT_EQ(why(kNow), ALIBI_FENCE_OPEN);
  EXPECT_EQ(fence_.next(), kNow + 20ms);  // asked for when one was missing, and then for nothing
  EXPECT_TRUE(drained(kNow + 20ms).empty());
  EXPECT_EQ(fence_.next(), kNever);
}

TEST_F(KeeperFenceTest, DecidingWithoutReadingOpensNothing) {
  hear(Priority(200), kNow);
  fence_.decided(0, vrrp::State::Master, kOurs);  // a timer, while the packet is on its way
  EXPECT_EQ(why(kNow), ALIBI_FENCE_OVERTAKEN);
  EXPECT_TRUE(drained(kNow + 19ms).empty());
  EXPECT_EQ(why(kNow + 19ms), ALIBI_FENCE_OVERTAKEN);
}

TEST_F(KeeperFenceTest, AdvertsThatTheQueueHadNoRoomForAreSettledWhenItIsEmpty) {
  const Instant late = kNow + 10s;
  for (int i = 0; i < 1000; ++i) hear(Priority(100), kNow + 5s);
  EXPECT_EQ(why(late), ALIBI_FENCE_LATE);
  for (int i = 0; i < 277; ++i) {
    fence_.read(0);
    fence_.decided(0, vrrp::State::Master, kOurs);
  }
  EXPECT_EQ(why(late), ALIBI_FENCE_LATE);
  EXPECT_LT(fence_.next(), late);
  EXPECT_EQ(drained(late), std::vector<std::size_t>{0});  // the last is 5 s old: it is gone
  EXPECT_EQ(why(late), ALIBI_FENCE_OPEN);
  // What was read before the settling counts for nothing after it.
  hear(Priority(200), late);
  fence_.decided(0, vrrp::State::Master, kOurs);
  EXPECT_EQ(why(late), ALIBI_FENCE_OVERTAKEN);
}

TEST_F(KeeperFenceTest, OfLostAdvertsTheNextOneReadTellsTheTruth) {
  for (int i = 0; i < 10; ++i) hear(Priority(200), kNow);
  fence_.read(0);
  fence_.decided(0, vrrp::State::Master, kOurs);
  EXPECT_TRUE(drained(kNow + 20ms).empty());  // nine are lost
  fence_.decided(0, vrrp::State::Master, kOurs);
  EXPECT_EQ(why(kNow + 1s), ALIBI_FENCE_OVERTAKEN);
  EXPECT_EQ(fence_.next(), kNow + 1500ms);
  hear(Priority(200), kNow + 1s);
  fence_.read(0);
  fence_.decided(0, vrrp::State::Master, Priority(210));
  EXPECT_EQ(why(kNow + 1s), ALIBI_FENCE_OPEN);
  EXPECT_TRUE(drained(kNow + 1500ms).empty());
  EXPECT_EQ(fence_.next(), kNever);
}

TEST_F(KeeperFenceTest, WhoIsMasterNoMoreStaysClosedUntilTheAddressesAreOff) {
  hear(Priority(200), kNow);
  fence_.read(0);
  fence_.decided(0, vrrp::State::Backup, kOurs);
  EXPECT_EQ(why(kNow), ALIBI_FENCE_NOT_MASTER);
  fence_.disarm(0);
  EXPECT_EQ(why(kNow), ALIBI_FENCE_OPEN);
  EXPECT_TRUE(drained(kNow + 1s).empty());
}

TEST_F(KeeperFenceTest, LowerAdvertWhileOursIsFreshClosesNothing) {
  hear(Priority(100), kNow + 1s);
  EXPECT_EQ(why(kNow + 1500ms), ALIBI_FENCE_OPEN);
  EXPECT_EQ(why(kNow + 1501ms), ALIBI_FENCE_LATE);
}

TEST_F(KeeperFenceTest, TellsOnceWhatItDroppedWhileClosed) {
  EXPECT_FALSE(fence_.opened(0, kNow));
  hear(Priority(200), kNow);
  f_.foreign_priority = 200;
  f_.foreign_source[0] = 10;
  f_.foreign_source[3] = 2;
  f_.dropped[ALIBI_FENCE_IN][ALIBI_FENCE_ARP] += 7;
  EXPECT_FALSE(fence_.opened(0, kNow + 1s));  // still closed
  fence_.read(0);
  fence_.decided(0, vrrp::State::Master, kOurs);
  const auto opened = fence_.opened(0, kNow + 2s);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->closed_for, 2s);
  EXPECT_EQ(opened->dropped_in_all(), 7U);
  EXPECT_EQ(opened->text(),
            "fence was closed for 2.000 s: an advert of the same rank or above, not yet read "
            "(10.0.0.2, priority 200); dropped in+out: ARP 7+0, ND 0+0, IPv4 0+0, IPv6 0+0");
  EXPECT_FALSE(fence_.opened(0, kNow + 3s));
}

TEST_F(KeeperFenceTest, StatusSaysWhyAndWhatWasDropped) {
  f_.guarded = 1;
  EXPECT_EQ(fence_status(f_, kNow.ns).why, static_cast<unsigned>(ALIBI_FENCE_OPEN));
  hear(Priority(200), kNow);
  f_.closed_count = 1;
  f_.refused = 4;
  f_.dropped[ALIBI_FENCE_OUT][ALIBI_FENCE_ND] = 3;
  const FenceStatus status = fence_status(f_, (kNow + 1s).ns);
  EXPECT_TRUE(status.guarded);
  EXPECT_TRUE(status.armed);
  EXPECT_EQ(fence_reason_text(status.why),
            "an advert of the same rank or above, not yet read");
  EXPECT_EQ(status.closed_since_ns, kNow.ns);
  EXPECT_EQ(status.closed_count, 1U);
  EXPECT_EQ(status.foreign_adverts, 1U);
  EXPECT_EQ(status.refused_adverts, 4U);
  EXPECT_EQ(status.dropped[ALIBI_FENCE_OUT][ALIBI_FENCE_ND], 3U);
  EXPECT_FALSE(fence_status(SharedFence{}, 0, kNow.ns));
}

TEST(FenceMode, IsReadAndWritten) {
  for (const auto mode : {FenceMode::Off, FenceMode::Takeover, FenceMode::Lease}) {
    EXPECT_EQ(parse_fence_mode(text(mode)), mode);
  }
  EXPECT_FALSE(parse_fence_mode(""));
}

TEST_F(KeeperFenceTest, LeaseIsCountedFromTheAdvertThatOpenedIt) {
  f_.mode = ALIBI_FENCE_LEASE;
  f_.closed_ns = ns(kNow + 3s);
  f_.closed_why = ALIBI_FENCE_LEASE_OVER;
  EXPECT_EQ(why(kNow + 4s), ALIBI_FENCE_LEASE_OVER);
  EXPECT_FALSE(fence_.opened(0, kNow + 4s));
  f_.own_ns = ns(kNow + 5s);
  EXPECT_EQ(fence_.opened(0, kNow + 6s)->closed_for, 2s);
}

TEST_F(KeeperFenceTest, WithoutAFenceNothingHappens) {
  KeeperFence none(SharedFence{}, 1);
  none.set_source(0, {});
  none.read(0);
  none.decided(0, vrrp::State::Master, kOurs);
  none.arm(0);
  none.disarm(0);
  EXPECT_FALSE(none.opened(0, kNow));
  EXPECT_EQ(none.next(), kNever);
}

}  // namespace
}  // namespace alibi::daemon
