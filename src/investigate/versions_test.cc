// SPDX-License-Identifier: Apache-2.0
// Two routers that speak different versions: who is said not to heed whom, and who is not.
#include "investigate/versions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "investigate/scene_builder.h"

namespace alibi::investigate {
namespace {

constexpr std::uint32_t kShared = 0x0a000064;
constexpr std::uint32_t kOther = 0x0a000065;

/// Adverts each second in this version and for this address.
void adverts(SceneBuilder& b, int host, std::int64_t from_ms, std::int64_t until_ms, int version,
             std::uint32_t address = kShared) {
  const std::size_t before = b.recording.heartbeats.size();
  b.adverts(host, from_ms, until_ms, host == 1 ? 110 : 100);
  for (std::size_t i = before; i < b.recording.heartbeats.size(); ++i) {
    auto& advert = b.recording.heartbeats[i].packet.decoded.advertisement;
    advert.version = static_cast<std::uint8_t>(version);
    advert.addresses = {wire::IpAddress::v4(address)};
  }
}

std::vector<Verdict> failures(SceneBuilder& b) {
  std::vector<Verdict> found;
  for (Verdict& verdict : investigate(b.finish(20'000))) {
    if (verdict.failure) found.push_back(std::move(verdict));
  }
  return found;
}

TEST(Versions, BothMastersOfOneAddressAreAMismatch) {
  SceneBuilder b(3);
  adverts(b, 1, 1000, 19'500, 2);
  adverts(b, 2, 8600, 19'500, 3);
  const auto found = failures(b);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].cause->code, "config.mismatch");
  EXPECT_EQ(found[0].incident.kind, Kind::Conflict);
  EXPECT_EQ(found[0].incident.at, SceneBuilder::ms(8600));
  EXPECT_EQ(found[0].to_source, wire::IpAddress::v4(0x0a000002));
  EXPECT_GE(found[0].incident.two_masters, 10s);
}

TEST(Versions, AnotherAddressIsAnotherPair) {
  SceneBuilder b(3);
  adverts(b, 1, 1000, 19'500, 2);
  adverts(b, 2, 8600, 19'500, 3, kOther);
  EXPECT_TRUE(failures(b).empty());
}

/// As the window of a recorder moves on, two that quarrel begin with it.
TEST(Versions, WhoWasThereFromTheBeginningDidNotBegin) {
  SceneBuilder b(3);
  adverts(b, 1, 1000, 19'500, 2);
  adverts(b, 2, 1600, 19'500, 3);
  EXPECT_TRUE(failures(b).empty());
}

TEST(Versions, OneThatChangesItsOwnVersionQuarrelsWithNobody) {
  SceneBuilder b(3);
  adverts(b, 1, 1000, 10'001, 2);
  adverts(b, 1, 10'500, 19'500, 3);
  for (const Verdict& verdict : failures(b)) EXPECT_NE(verdict.cause->code, "config.mismatch");
}

TEST(Versions, OneThatSpeaksBothHearsBoth) {
  SceneBuilder b(3);
  adverts(b, 1, 1000, 19'500, 2);
  adverts(b, 1, 1010, 19'500, 3);
  adverts(b, 2, 8600, 19'500, 3);
  for (const Verdict& verdict : failures(b)) {
    EXPECT_THAT(verdict.cause->headline, testing::Not(testing::HasSubstr("versions")));
  }
}

}  // namespace
}  // namespace alibi::investigate
