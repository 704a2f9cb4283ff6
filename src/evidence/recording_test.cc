// SPDX-License-Identifier: Apache-2.0
#include "evidence/recording.h"

#include <gtest/gtest.h>

namespace alibi::evidence {
namespace {

TEST(Recording, WallClockIsFoundAgain) {
  Recording recording;
  EXPECT_EQ(recording.at_unix_ns(77), Instant{77});  // made of captures
  recording.clock = {{Instant{100}, 1000}, {Instant{200}, 5000}, {Instant{300}, 900}};
  for (const std::int64_t at : {50, 100, 150, 200, 250, 350, 400})
    EXPECT_EQ(recording.at_unix_ns(recording.unix_ns(Instant{at})), Instant{at}) << at;
  // Set back from 5300 to 1200: shown twice, and the first time counts.
  EXPECT_EQ(recording.unix_ns(Instant{300}), 1200);
  EXPECT_EQ(recording.at_unix_ns(1190), Instant{190});
  // Set from 1200 to 5200: what was never shown is the moment of that.
  recording.clock.pop_back();
  EXPECT_EQ(recording.at_unix_ns(3000), Instant{200});
}

}  // namespace
}  // namespace alibi::evidence
