// SPDX-License-Identifier: Apache-2.0
#include "investigate/segments.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

/// Two interfaces of one host, a tap each.
struct TwoInterfaces {
  evidence::Recording recording;

  TwoInterfaces() {
    recording.taps.resize(2);
    recording.taps[0].label = "eth0";
    recording.taps[1].label = "eth1";
    recording.end = Instant{20'000'000'000};
  }
  /// Adverts each second in [from, until) s, `offset` ms after it.
  void adverts(evidence::TapId tap, const char* source, const char* address, int from, int until,
               int offset = 0, std::uint64_t network = 0) {
    for (int s = from; s < until; ++s) {
      evidence::Heartbeat beat;
      beat.at = Instant{s * 1'000'000'000LL + offset * 1'000'000LL};
      beat.tap = tap;
      beat.packet.source = *wire::IpAddress::parse(source);
      beat.packet.network = network;
      wire::Advertisement& advert = beat.packet.decoded.advertisement;
      advert.vrid = Vrid{51};
      advert.priority = Priority{100};
      advert.addresses = {*wire::IpAddress::parse(address)};
      recording.heartbeats.push_back(beat);
    }
    std::stable_sort(recording.heartbeats.begin(), recording.heartbeats.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
  }
  std::vector<Kind> kinds() const {
    std::vector<Kind> out;
    for (const Verdict& verdict : investigate(recording)) out.push_back(verdict.incident.kind);
    return out;
  }
};

TEST(Segments, one_number_on_two_interfaces_is_two_routers) {
  TwoInterfaces r;
  r.adverts(0, "192.0.2.1", "192.0.2.7", 1, 20);
  r.adverts(1, "10.0.0.1", "10.0.0.7", 1, 20, 300);
  EXPECT_TRUE(r.kinds().empty());
}

TEST(Segments, two_networks_at_one_trunk_port_are_two_routers) {
  constexpr std::uint64_t kVni7 = 7U << 12U;
  TwoInterfaces r;
  r.adverts(0, "10.0.0.1", "10.0.0.7", 1, 20, 0, kVni7);
  r.adverts(0, "10.0.0.9", "10.0.0.7", 1, 20, 300, kVni7 + 4096);
  EXPECT_TRUE(r.kinds().empty());
  TwoInterfaces one;
  one.adverts(0, "10.0.0.1", "10.0.0.7", 1, 20, 0, kVni7);
  one.adverts(0, "10.0.0.9", "10.0.0.7", 1, 20, 300, kVni7);
  EXPECT_FALSE(one.kinds().empty());
}

TEST(Segments, each_has_hand_overs_of_its_own) {
  TwoInterfaces r;
  r.adverts(0, "192.0.2.1", "192.0.2.7", 1, 8);
  r.adverts(0, "192.0.2.2", "192.0.2.7", 11, 20, 600);
  r.adverts(1, "10.0.0.1", "10.0.0.7", 1, 20, 300);
  EXPECT_EQ(r.kinds(), (std::vector{Kind::Silence}));
}

TEST(Segments, a_common_address_joins_what_no_tap_sees_together) {
  TwoInterfaces r;
  r.adverts(0, "192.0.2.1", "192.0.2.7", 1, 20);
  r.adverts(1, "192.0.2.2", "192.0.2.7", 5, 20, 300);
  EXPECT_FALSE(r.kinds().empty());
}

TEST(Segments, a_link_local_address_does_not) {
  TwoInterfaces r;
  r.adverts(0, "fe80::1", "fe80::7", 1, 20);
  r.adverts(1, "fe80::2", "fe80::7", 5, 20, 300);
  EXPECT_TRUE(r.kinds().empty());
}

TEST(Segments, a_tap_between_two_joins_all_three) {
  TwoInterfaces r;
  r.recording.taps.resize(3);
  r.adverts(0, "192.0.2.1", "192.0.2.7", 1, 5);
  r.adverts(2, "192.0.2.3", "192.0.2.9", 1, 5);
  r.adverts(1, "192.0.2.1", "192.0.2.7", 1, 5, 1);
  r.adverts(1, "192.0.2.3", "192.0.2.9", 1, 5, 1);
  const auto streams = streams_of(r.recording);
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(segments_of(streams.begin()->second).size(), 1U);
}

}  // namespace
}  // namespace alibi::investigate
