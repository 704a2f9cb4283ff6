// SPDX-License-Identifier: Apache-2.0
#include "investigate/blind.h"

#include <gtest/gtest.h>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

/// Host 1 is watched (namespace 1), host 2 is not. One of them falls silent for 4 s, and the tap
/// that hears it lost frames meanwhile.
Kind first_kind(int silent) {
  SceneBuilder scene(2);
  scene.keepalived();
  scene.adverts(silent, 1000, 10'001, 103);
  scene.adverts(3 - silent, 13'600, 20'000, 102);
  for (evidence::Heartbeat& beat : scene.recording.heartbeats) {
    if (beat.at >= SceneBuilder::ms(13'000) && beat.at < SceneBuilder::ms(14'000)) {
      beat.dropped_before = 5;
    }
  }
  const auto verdicts = investigate(scene.finish(20'000));
  EXPECT_FALSE(verdicts.empty());
  return verdicts.empty() ? Kind::Conflict : verdicts.front().incident.kind;
}

TEST(BlindTimes, AWatchedSendersOwnEvidenceTellsMoreThanTheTaps) {
  EXPECT_EQ(first_kind(1), Kind::Silence);
}

TEST(BlindTimes, ThatAnotherHostWasWatchedSaysNothingOfIt) {
  EXPECT_EQ(first_kind(2), Kind::Unseen);
}

TEST(BlindTimes, WhatWasLostAtSomeTimeIsLostAtAny) {
  BlindTimes times;
  times.take(Instant{1}, 0, false);
  times.take(Instant{10}, 0, false);
  times.lose(3, 2);
  EXPECT_EQ(times.within(Instant{1}, Instant{5}).unplaced, 3U);
  EXPECT_EQ(times.within(Instant{1}, Instant{5}).lost, 0U);
  EXPECT_EQ(times.within(Instant{10}, Instant{50}).lost, 2U);  // behind the last
  EXPECT_FALSE(proven(times.within(Instant{1}, Instant{5}), 4s, 1s));
  EXPECT_TRUE(proven(times.within(Instant{1}, Instant{5}), 5s, 1s));
}

/// A capture that was over, or whose interface had gone for good: nobody fell silent.
TEST(BlindTimes, NobodyIsSilentAfterTheCaptureIsOver) {
  SceneBuilder scene(2);
  scene.recording.has_host_evidence = false;
  scene.adverts(1, 1000, 10'001, 103, 1);  // at the first tap alone
  for (evidence::Tap& tap : scene.recording.taps) {
    tap.netns = 0;
    tap.begin = SceneBuilder::ms(1000);
    tap.end = SceneBuilder::ms(60'000);
  }
  scene.recording.taps[0].end = SceneBuilder::ms(10'500);
  EXPECT_TRUE(investigate(scene.finish(60'000)).empty());
  scene.recording.taps[0].end = SceneBuilder::ms(60'000);
  const auto verdicts = investigate(scene.recording);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].incident.kind, Kind::Silenced);
}

}  // namespace
}  // namespace alibi::investigate
