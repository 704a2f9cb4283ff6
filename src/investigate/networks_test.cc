// SPDX-License-Identifier: Apache-2.0
#include "investigate/networks.h"

#include <gtest/gtest.h>

namespace alibi::investigate {
namespace {

using evidence::Direction;
using Groups = std::vector<std::vector<std::size_t>>;

constexpr std::uint64_t kVlan10 = wire::network_number(0, 10, 0);
constexpr std::uint64_t kVlan20 = wire::network_number(0, 20, 0);

/// An advert a second from `first` ms on, with identifications from `id` on (0: none).
Strand strand(evidence::TapId tap, std::uint64_t network, int first, std::uint16_t id,
              std::uint8_t mac = 1) {
  Strand out{tap, network, {wire::MacAddress{{2, 0, 0, 0, 0, mac}}}, Direction::In, {}, {}};
  for (int i = 0; i < 20; ++i) {
    const Instant at{(first + i * 1000) * 1'000'000LL};
    out.adverts.push_back({at, 7, id == 0 ? id : static_cast<std::uint16_t>(id + i)});
  }
  return out;
}

Groups streams(const std::vector<Strand>& strands) { return join_networks(strands).streams; }

TEST(Networks, TwoAtOneTapAreTwo) {
  EXPECT_EQ(streams({strand(0, kVlan10, 0, 1), strand(0, kVlan20, 300, 900)}), (Groups{{0}, {1}}));
  // As one daemon sends them that started both instances together.
  EXPECT_EQ(streams({strand(0, kVlan10, 0, 1), strand(0, kVlan20, 1, 1)}), (Groups{{0}, {1}}));
}

TEST(Networks, PacketsShowWhichAccessPortIsOfWhichVlan) {
  EXPECT_EQ(streams({strand(0, kVlan10, 0, 1), strand(0, kVlan20, 300, 900), strand(1, 0, 301, 900),
                     strand(2, 0, 1, 1)}),
            (Groups{{0, 3}, {1, 2}}));
}

TEST(Networks, OneNumberIsOneNetwork) {
  EXPECT_EQ(streams({strand(0, kVlan10, 0, 0), strand(0, kVlan20, 1, 0), strand(1, kVlan10, 2, 0),
                     strand(1, kVlan20, 3, 0)}),
            (Groups{{0, 2}, {1, 3}}));
}

TEST(Networks, TheNumberDecidesBetweenInstancesThatCountAlike) {
  EXPECT_EQ(streams({strand(0, kVlan10, 0, 1), strand(0, kVlan20, 1, 1), strand(1, kVlan10, 2, 1),
                     strand(1, kVlan20, 3, 1)}),
            (Groups{{0, 2}, {1, 3}}));
}

TEST(Networks, TheOnlyOneAtEachTapIsOne) {
  EXPECT_EQ(streams({strand(0, kVlan10, 0, 0), strand(1, 0, 1, 0)}), (Groups{{0, 1}}));
}

TEST(Networks, WithoutEvidenceTheyStayApartAndItIsSaid) {
  for (const std::uint16_t id : {std::uint16_t{0}, std::uint16_t{1}}) {
    const std::vector<Strand> strands{strand(0, kVlan10, 0, id), strand(0, kVlan20, 1, id),
                                      strand(1, 0, 2, id)};
    const Networks out = join_networks(strands);
    EXPECT_EQ(out.streams, (Groups{{0}, {1}, {2}}));
    EXPECT_EQ(out.undecided.size(), 2U);
  }
}

TEST(Networks, AnotherMacAddressIsAnotherSender) {
  const std::vector<Strand> strands{strand(0, 0, 0, 0, 1), strand(1, 0, 1, 0, 2)};
  const Networks out = join_networks(strands);
  EXPECT_EQ(out.streams, (Groups{{0}, {1}}));
  EXPECT_TRUE(out.undecided.empty());
}

TEST(Networks, APortWithTwoTunnelsPassesItOn) {
  Strand in = strand(1, wire::network_number(7, 0, 0), 1, 1);
  Strand out = strand(1, wire::network_number(8, 0, 0), 2, 1);
  out.direction = Direction::Out;
  EXPECT_EQ(streams({strand(0, 0, 0, 1), in, out, strand(2, 0, 3, 1)}), (Groups{{0, 1, 2, 3}}));
}

TEST(Networks, ASharedNumberDoesNotJoinTwoNetworksOfATap) {
  // Taps 1 and 2 are access ports of VLAN 10 and 20; tap 3 may be of either.
  const std::vector<Strand> strands{strand(0, kVlan10, 0, 1), strand(0, kVlan20, 300, 900),
                                    strand(1, 0, 1, 1), strand(2, 0, 301, 900),
                                    strand(3, 0, 50'000, 5'000)};
  const Networks out = join_networks(strands);
  EXPECT_EQ(out.streams, (Groups{{0, 2}, {1, 3}, {4}}));
  EXPECT_EQ(out.undecided.size(), 2U);
}

}  // namespace
}  // namespace alibi::investigate
