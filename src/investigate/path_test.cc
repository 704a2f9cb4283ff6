// SPDX-License-Identifier: Apache-2.0
// Capture files of several hosts: own clocks, own beginnings and ends, duplicates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

/// Captures at two taps: host 1 behind the first, host 2 behind the second.
struct Captures {
  Captures() : b(2) {
    b.recording.has_host_evidence = false;
    for (evidence::Tap& tap : b.recording.taps) tap.netns = 0;
  }

  /// Adverts each second, numbered as keepalived numbers them; `reaches` taps on their way.
  void adverts(int host, std::int64_t from, std::int64_t until, int priority,
               std::size_t reaches = 2) {
    for (std::int64_t t = from; t < until; t += 1000) {
      const std::size_t before = b.recording.heartbeats.size();
      b.advert(host, t, priority, reaches);
      ++ip_id[static_cast<std::size_t>(host)];
      for (std::size_t i = before; i < b.recording.heartbeats.size(); ++i) {
        if (!numbered) continue;
        b.recording.heartbeats[i].packet.ip_id = ip_id[static_cast<std::size_t>(host)];
      }
    }
  }

  /// Host 1's adverts are lost between the taps from 11 s to 15 s; host 2 steps in.
  void loss(std::size_t reaches = 1) {
    adverts(1, 1000, 10'001, 103);
    adverts(1, 11'000, 16'000, 103, reaches);
    adverts(1, 16'000, 30'000, 103);
    adverts(2, 13'600, 15'700, 102);
  }

  void shift(evidence::TapId tap, Duration by) {
    for (evidence::Heartbeat& beat : b.recording.heartbeats) {
      if (beat.tap == tap) beat.at = beat.at + by;
    }
  }

  void drop(evidence::TapId tap, std::int64_t from_ms, std::int64_t until_ms) {
    std::erase_if(b.recording.heartbeats, [&](const evidence::Heartbeat& beat) {
      return beat.tap == tap && beat.at >= SceneBuilder::ms(from_ms) &&
             beat.at < SceneBuilder::ms(until_ms);
    });
  }

  Verdict failure() {
    for (const Verdict& verdict : investigate(b.finish(60'000))) {
      if (verdict.failure && verdict.incident.kind == Kind::Silence) return verdict;
    }
    return {};
  }

  SceneBuilder b;
  bool numbered = true;
  std::uint16_t ip_id[3] = {0, 65'530, 400};  // one of them wraps
};

TEST(Path, LossIsPlacedWhateverTheClocksSay) {
  for (const Duration by : {Duration(0), Duration(7s), Duration(-3600s), Duration(400ms)}) {
    Captures c;
    c.loss();
    c.shift(1, by);
    const Verdict verdict = c.failure();
    ASSERT_TRUE(verdict.cause.has_value()) << by.count();
    EXPECT_EQ(verdict.cause->code, "network.loss") << by.count();
    EXPECT_EQ(verdict.where->first_bad, 1U);
  }
}

TEST(Path, AGapOfTheSenderIsNoLossWhateverTheClocksSay) {
  for (const Duration by : {Duration(0), Duration(7s), Duration(-3600s)}) {
    Captures c;
    c.adverts(1, 1000, 10'001, 103);
    c.adverts(1, 16'000, 30'000, 103);
    c.adverts(2, 13'600, 15'700, 102);
    c.shift(1, by);
    const Verdict verdict = c.failure();
    ASSERT_TRUE(verdict.cause.has_value()) << by.count();
    EXPECT_EQ(verdict.cause->code, "unknown");
    EXPECT_EQ(verdict.where->origin, Origin::AtOrBefore) << by.count();
  }
}

TEST(Path, WithoutNumbersOtherClocksProveNothing) {
  Captures c;
  c.numbered = false;
  c.adverts(1, 1000, 10'001, 103);
  c.adverts(1, 16'000, 40'000, 103);
  c.adverts(2, 13'600, 15'700, 102);
  c.shift(1, 7s);
  const Verdict verdict = c.failure();
  ASSERT_TRUE(verdict.cause.has_value());
  EXPECT_EQ(verdict.cause->code, "unknown");
  EXPECT_EQ(verdict.where->origin, Origin::Unclear);
  EXPECT_THAT(verdict.where->why_unclear, testing::HasSubstr("their clocks differ"));
}

TEST(Path, ACaptureThatBeginsOrEndsInTheGapProvesNothing) {
  for (const bool ends : {true, false}) {
    for (const evidence::TapId tap : {evidence::TapId{0}, evidence::TapId{1}}) {
      Captures c;
      c.loss();
      if (ends) c.drop(tap, 12'500, 99'000);
      else c.drop(tap, 0, 12'500);
      for (const Verdict& verdict : investigate(c.b.finish(30'000))) {
        if (!verdict.cause) continue;
        EXPECT_EQ(verdict.cause->code, "unknown") << ends << " " << tap;
      }
    }
  }
}

/// Nothing passes between the last two taps. Host 1 is held meanwhile, and goes on as the master
/// that it thinks it is: it had never heard host 2, whose adverts did not get through.
TEST(Path, WhoWasNeverHeardWasNotSilent) {
  SceneBuilder b(3);
  b.adverts(1, 1000, 10'001, 103);
  b.adverts(1, 11'000, 13'001, 103, 2);
  b.adverts(2, 13'600, 20'601, 102, 1);
  b.adverts(1, 20'000, 21'001, 103, 2);
  b.adverts(2, 21'600, 22'601, 102);
  b.adverts(1, 22'000, 30'000, 103);
  std::size_t returns = 0;
  for (const Verdict& verdict : investigate(b.finish(30'000))) {
    ASSERT_GE(verdict.incident.at, verdict.incident.silent_since);
    if (verdict.to_source != wire::IpAddress::v4(0x0a000001U) || !verdict.failure) continue;
    ++returns;
    ASSERT_TRUE(verdict.cause);
    EXPECT_EQ(verdict.cause->code, "network.loss") << verdict.cause->headline;
    ASSERT_TRUE(verdict.where);
    EXPECT_EQ(verdict.where->first_bad, 1U);
  }
  EXPECT_EQ(returns, 1U);
}

/// The sender is late for one advert of four while none gets through, or for all but one.
TEST(Path, ALateSenderIsNotWhatALossIs) {
  for (const bool mostly : {false, true}) {
    SceneBuilder b(3);
    b.keepalived();
    b.beats(1000, 30'000);
    b.adverts(1, 1000, 10'001, 103);
    b.adverts(1, 11'000, mostly ? 11'001 : 12'001, 103, 2);
    b.adverts(1, 13'900, 16'000, 103, 2);
    b.adverts(2, mostly ? 13'600 : 14'600, 16'500, 102);
    b.adverts(1, 17'000, 30'000, 103);
    bool found = false;
    for (const Verdict& verdict : investigate(b.finish(30'000))) {
      if (verdict.incident.kind != Kind::Silence) continue;
      found = true;
      EXPECT_EQ(verdict.cause->code, mostly ? "unknown" : "network.loss");
      EXPECT_EQ(verdict.where->origin, mostly ? Origin::Unclear : Origin::Segment);
    }
    EXPECT_TRUE(found);
  }
}

TEST(Path, DuplicatesAndOvertakingChangeNothing) {
  Captures c;
  c.loss();
  const auto once = c.b.recording.heartbeats;
  for (evidence::Heartbeat beat : once) {
    if (beat.packet.ip_id % 3 == 0) {
      beat.at = beat.at + 130ms;
      c.b.recording.heartbeats.push_back(beat);
    }
  }
  const auto verdicts = investigate(c.b.finish(30'000));
  Captures clean;
  clean.loss();
  EXPECT_EQ(verdicts.size(), investigate(clean.b.finish(30'000)).size());
  const Verdict verdict = c.failure();
  ASSERT_TRUE(verdict.cause.has_value());
  EXPECT_EQ(verdict.cause->code, "network.loss");
}

TEST(Path, OneIdentificationForAllMakesNoDuplicates) {
  Captures c;
  for (std::int64_t t = 1000; t < 20'000; t += 990) {
    c.b.advert(1, t, 103);
    c.b.recording.heartbeats.back().packet.ip_id = 256;
    (c.b.recording.heartbeats.end() - 2)->packet.ip_id = 256;
  }
  EXPECT_TRUE(investigate(c.b.finish(20'000)).empty());
}

TEST(Path, TapsInReverseOrderAccuseNobodyWrongly) {
  Captures c;
  c.loss();
  for (evidence::Heartbeat& beat : c.b.recording.heartbeats) {
    beat.tap = static_cast<evidence::TapId>(1 - beat.tap);
  }
  // One clock: the order shows in the lag.
  const Verdict ordered = c.failure();
  EXPECT_EQ(ordered.cause->code, "network.loss");
  EXPECT_EQ(ordered.where->taps.front().tap, 1);
  // Clocks of their own and one direction: it does not.
  c.shift(1, 7s);
  const Verdict verdict = c.failure();
  if (verdict.cause->code == "network.loss") {
    EXPECT_EQ(verdict.where->taps.front().tap, 1);
  } else {
    EXPECT_EQ(verdict.cause->code, "unknown");
  }
}

}  // namespace
}  // namespace alibi::investigate
