// SPDX-License-Identifier: Apache-2.0
// Live verdicts come once, in time, and not before their evidence.
#include "daemon/verdict_watch.h"

#include <gtest/gtest.h>

#include "daemon/suspicion.h"
#include "investigate/scene_builder.h"

namespace alibi::daemon {
namespace {

using investigate::SceneBuilder;

/// Stopped from 10.4 s on, successor at 13.6 s, back at 15 s; cut off at `end_ms`.
evidence::Recording until(std::int64_t end_ms, bool with_cause) {
  SceneBuilder b(3);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  if (with_cause) {
    b.event(10'400, evidence::ThreadOn{10, 10, 1, {}});
    b.event(10'401, SceneBuilder::off('T', ""));
  }
  b.advert(2, 13'600, 102);
  b.advert(2, 14'600, 102);
  b.adverts(1, 15'000, 40'000, 103);
  b.finish(end_ms);
  std::erase_if(b.recording.heartbeats,
                [&](const auto& beat) { return beat.at > SceneBuilder::ms(end_ms); });
  return b.recording;
}

TEST(VerdictWatch, NamedCauseComesHalfASecondAfterTheHandOver) {
  VerdictWatch watch;
  EXPECT_TRUE(watch.take(until(13'900, true)).empty());
  const auto verdicts = watch.take(until(14'200, true));
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].cause->code, "host.process.stopped");
  EXPECT_TRUE(watch.take(until(14'500, true)).empty()) << "given once";
}

TEST(VerdictWatch, UnknownWaitsForTheOldMaster) {
  VerdictWatch watch;
  EXPECT_TRUE(watch.take(until(14'500, false)).empty());
  const auto verdicts = watch.take(until(15'600, false));
  ASSERT_GE(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].cause->code, "unknown");
}

TEST(VerdictWatch, RestGivesWhatIsLeft) {
  VerdictWatch watch;
  EXPECT_EQ(watch.rest(until(13'700, true)).size(), 1U);
}

/// Two masters that do not hear each other, for longer than the window reaches back.
TEST(VerdictWatch, TwoMastersThatLastAreToldOnce) {
  VerdictWatch watch;
  std::size_t told = 0;
  for (std::int64_t end = 12'000; end < 60'000; end += 700) {
    SceneBuilder b(3);
    b.adverts(1, 1000, 10'001, 103);
    b.adverts(1, 11'000, 60'000, 103, 2);
    b.adverts(2, 13'600, 60'000, 102, 1);
    b.finish(end);
    b.recording.begin = SceneBuilder::ms(std::max<std::int64_t>(0, end - 12'000));
    std::erase_if(b.recording.heartbeats, [&](const auto& beat) {
      return beat.at > b.recording.end || beat.at < b.recording.begin;
    });
    for (const auto& verdict : watch.take(b.recording)) {
      EXPECT_EQ(verdict.incident.at, SceneBuilder::ms(13'600));
      ++told;
    }
  }
  EXPECT_EQ(told, 1U);
}

TEST(Suspicion, ArousedByLatenessAndByANewSourceOnly) {
  const evidence::Recording recording = until(40'000, true);
  Suspicion suspicion;
  for (const evidence::Heartbeat& beat : recording.heartbeats) {
    if (beat.at > SceneBuilder::ms(10'001)) break;
    EXPECT_FALSE(suspicion.aroused(beat.at));
    suspicion.take(beat.at, beat.tap, beat.packet);
  }
  EXPECT_FALSE(suspicion.aroused(SceneBuilder::ms(11'000)));
  EXPECT_TRUE(suspicion.aroused(SceneBuilder::ms(11'600)));
  for (const evidence::Heartbeat& beat : recording.heartbeats) {
    if (beat.at > SceneBuilder::ms(10'001)) suspicion.take(beat.at, beat.tap, beat.packet);
  }
  EXPECT_TRUE(suspicion.aroused(SceneBuilder::ms(20'000)));
  EXPECT_FALSE(suspicion.aroused(SceneBuilder::ms(40'000)));
}

/// The same VRID on two interfaces, each with a master of its own.
TEST(Suspicion, RoutersOfTwoInterfacesDoNotTakeTurns) {
  Suspicion suspicion;
  for (std::int64_t ms = 1000; ms < 10'000; ms += 1000) {
    for (const evidence::TapId tap : {evidence::TapId{0}, evidence::TapId{1}}) {
      SceneBuilder b(3);
      b.advert(tap == 0 ? 1 : 2, ms, 100);
      const evidence::Heartbeat& beat = b.recording.heartbeats.front();
      suspicion.take(beat.at, tap, beat.packet);
    }
    EXPECT_FALSE(suspicion.aroused(SceneBuilder::ms(ms)));
  }
}

}  // namespace
}  // namespace alibi::daemon
