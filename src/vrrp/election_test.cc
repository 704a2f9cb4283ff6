// SPDX-License-Identifier: Apache-2.0
// Precedence and the two durations, against figures of the RFCs and of measured keepalived.
#include "vrrp/election.h"

#include <gtest/gtest.h>

#include "vrrp/timers.h"

namespace alibi::vrrp {
namespace {

wire::IpAddress v4(std::string_view text) { return *wire::IpAddress::parse(text); }

TEST(Election, PriorityThenAddress) {
  const Candidate us{Priority{100}, v4("10.0.0.2")};
  EXPECT_EQ(standing({Priority{0}, v4("10.0.0.9")}, us), Standing::Resigns);
  EXPECT_EQ(standing({Priority{101}, v4("10.0.0.1")}, us), Standing::Higher);
  EXPECT_EQ(standing({Priority{99}, v4("10.0.0.9")}, us), Standing::Lower);
  EXPECT_EQ(standing({Priority{100}, v4("10.0.0.3")}, us), Standing::TieHigher);
  EXPECT_EQ(standing({Priority{100}, v4("10.0.0.1")}, us), Standing::Lower);
}

TEST(Election, AddressesCompareUnsigned) {
  const Candidate us{Priority{100}, v4("10.0.0.2")};
  EXPECT_EQ(standing({Priority{100}, v4("200.0.0.1")}, us), Standing::TieHigher);
  const Candidate six{Priority{100}, v4("fe80::2")};
  EXPECT_EQ(standing({Priority{100}, v4("fe80::1:0:0:1")}, six), Standing::TieHigher);
}

TEST(Timers, SkewV2IgnoresTheInterval) {
  EXPECT_EQ(skew_time(2, Priority{100}, 1s), 609375us);
  EXPECT_EQ(skew_time(2, Priority{100}, 5s), 609375us);
  EXPECT_EQ(skew_time(2, Priority{254}, 1s), 7812us);
  EXPECT_EQ(skew_time(2, Priority{1}, 1s), 996093us);
}

TEST(Timers, SkewV3ScalesWithTheMastersInterval) {
  EXPECT_EQ(skew_time(3, Priority{100}, 1s), 609375us);
  EXPECT_EQ(skew_time(3, Priority{100}, 10ms), 6093us);
  EXPECT_EQ(skew_time(3, Priority{100}, 40950ms), 24953906us);
}

TEST(Timers, V3CutsTheIntervalToCentiseconds) {
  EXPECT_EQ(skew_time(3, Priority{128}, 19ms), 5000us);
  EXPECT_EQ(master_down_interval(3, Priority{128}, 19ms, 3), 35ms);
}

TEST(Timers, MasterDownOfTheDefaults) {
  EXPECT_EQ(master_down_interval(2, Priority{100}, 1s, 3), 3609375us);
  EXPECT_EQ(master_down_interval(2, Priority{254}, 1s, 3), 3007812us);
  EXPECT_EQ(master_down_interval(3, Priority{100}, 10ms, 3), 36093us);
  EXPECT_EQ(master_down_interval(2, Priority{100}, 1s, 5), 5609375us);
}

}  // namespace
}  // namespace alibi::vrrp
