// SPDX-License-Identifier: Apache-2.0
// The messages against the kernel, in a network namespace of the test's own where that is allowed.
#include "os/nftables.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace alibi::os {
namespace {

BlockedAddress blocked(const char* text, int index = 1) {
  return {*wire::IpAddress::parse(text), IfIndex(index)};
}

void in_own_namespace(const std::function<void()>& work) {
  bool entered = false;
  std::thread([&] {
    entered = ::unshare(CLONE_NEWNET) == 0;
    if (entered) work();
  }).join();
  if (!entered) GTEST_SKIP() << "needs root";
}

TEST(Firewall, TableIsMadeAndMadeAgainAndDeleted) {
  in_own_namespace([] {
    auto firewall = Firewall::open({"alibi_test", -1, true});
    ASSERT_TRUE(firewall);
    for (int i = 0; i < 2; ++i) {
      const auto made = firewall->make_table();
      ASSERT_TRUE(made) << made.error().message;
    }
    EXPECT_TRUE(firewall->delete_table());
    EXPECT_TRUE(firewall->delete_table());
  });
}

TEST(Firewall, ElementsComeAndGoAndAgainIsNoError) {
  in_own_namespace([] {
    auto firewall = Firewall::open({});
    ASSERT_TRUE(firewall && firewall->make_table());
    const std::vector<BlockedAddress> all{blocked("10.0.0.1"), blocked("2001:db8::1"),
                                          blocked("fe80::1", 7), blocked("fe80::1", 8)};
    for (int i = 0; i < 2; ++i) {
      const auto done = firewall->block(all);
      ASSERT_TRUE(done) << done.error().message;
    }
    const std::vector<BlockedAddress> some{all[3], all[0]};
    for (int i = 0; i < 2; ++i) {
      const auto done = firewall->unblock(some);
      ASSERT_TRUE(done) << done.error().message;
    }
    // Two are left: removing all of them meets two that are not there.
    EXPECT_TRUE(firewall->unblock(all));
    EXPECT_TRUE(firewall->block(all));
    EXPECT_TRUE(firewall->unblock_all());
  });
}

TEST(Firewall, MoreAddressesThanOneMessageHolds) {
  in_own_namespace([] {
    auto firewall = Firewall::open({});
    ASSERT_TRUE(firewall && firewall->make_table());
    std::vector<BlockedAddress> many;
    for (int i = 0; i < 255; ++i) {
      many.push_back(blocked(("2001:db8::" + std::to_string(i)).c_str()));
      many.push_back(blocked(("10.0.0." + std::to_string(i)).c_str()));
    }
    const auto done = firewall->block(many);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(firewall->unblock(many));
  });
}

TEST(Firewall, WithoutATableBlockingMakesIt) {
  in_own_namespace([] {
    auto firewall = Firewall::open({});
    ASSERT_TRUE(firewall);
    const std::vector<BlockedAddress> one{blocked("10.0.0.1")};
    EXPECT_TRUE(firewall->block(one));
  });
}

}  // namespace
}  // namespace alibi::os
