// SPDX-License-Identifier: Apache-2.0
// The fence's programs in the kernel, packet by packet (BPF_PROG_TEST_RUN on the loopback's index):
// what counts as an advert of another node, and what is dropped while the fence is closed.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "bpf/fence.h"
#include "bpf/packets.h"

namespace alibi::fence_test {
namespace {

constexpr std::uint32_t kDrop = 2;                 // TC_ACT_SHOT
constexpr std::uint32_t kPass = 0xffffffff;        // TC_ACT_UNSPEC: the next program decides
constexpr const char* kVip = "10.77.0.100";
constexpr const char* kVip6 = "2001:db8::100";
constexpr std::uint64_t kSecond = 1'000'000'000;

std::uint64_t now_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * kSecond + static_cast<std::uint64_t>(t.tv_nsec);
}

wire::IpAddress ip(std::string_view text) { return *wire::IpAddress::parse(text); }

wire::Advertisement v2(std::uint8_t priority = 100) {
  return {2, Vrid(77), Priority(priority), 1s, wire::AuthType::Pass,
          {'s', 'e', 'c', 'r', 'e', 't', 0, 0}, {ip(kVip)}};
}

wire::Advertisement v3(std::uint8_t priority = 100) {
  return {3, Vrid(78), Priority(priority), 1s, wire::AuthType::None, {}, {ip("fe80::77")}};
}

const Ip kIp6{.source = "fe80::2", .destination = "ff02::12"};

class FenceProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    auto loaded = bpf::Fence::load(3, 8, 1);
    ASSERT_TRUE(loaded) << loaded.error().message;
    fence_ = std::move(*loaded);
    four_ = &router(0, 77, 4, ip("10.77.0.1"), kVip);
    four_->version = 2;
    four_->auth_type = 1;
    std::memcpy(four_->auth_data, "secret", 6);
    six_ = &router(1, 78, 6, ip("fe80::1"), kVip6);
    peer_ = &router(2, 79, 4, ip("10.77.0.1"), "10.77.0.101");
    peer_->unicast = 1;
  }

  alibi_fence& router(std::uint32_t record, std::uint8_t vrid, std::uint8_t family,
                      const wire::IpAddress& source, std::string_view address) {
    const IfIndex loopback(1);
    EXPECT_TRUE(fence_->add(alibi_fence_router_key{1, vrid, family, {}},
                            alibi_fence_router{record, 1, 1, {}}));
    EXPECT_TRUE(fence_->add(bpf::address_key(loopback, ip(address)), record));
    alibi_fence& f = fence_->record(record);
    f.version = 3;
    f.interval_s = 1;
    f.fresh_ns = kSecond * 3 / 2;
    f.lease_ns = kSecond * 3;
    f.half_interval_ns = kSecond / 2;
    f.mode = ALIBI_FENCE_TAKEOVER;
    f.armed = f.master = 1;
    f.priority = 110;
    f.own_ns = now_ns();
    std::memcpy(f.source, source.bytes.data(), 16);
    return f;
  }

  std::uint32_t run(alibi_fence_way way, const Frame& frame, int repeat = 1) {
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = frame.data();
    options.data_size_in = static_cast<std::uint32_t>(frame.size());
    options.repeat = repeat;
    EXPECT_EQ(bpf_prog_test_run_opts(fence_->program(way), &options), 0) << std::strerror(errno);
    took_ns_ = options.duration;
    return options.retval;
  }
  std::uint32_t in(const Frame& frame) { return run(ALIBI_FENCE_IN, frame); }
  std::uint32_t out(const Frame& frame) { return run(ALIBI_FENCE_OUT, frame); }

  /// An own advert long ago, and one of another node unread.
  void close(alibi_fence& f) {
    f.own_ns = now_ns() - 4 * kSecond;
    f.seen = f.settled + 1;
  }

  std::unique_ptr<bpf::Fence> fence_;
  alibi_fence* four_ = nullptr;
  alibi_fence* six_ = nullptr;
  alibi_fence* peer_ = nullptr;
  std::uint32_t took_ns_ = 0;
};

enum class Heard { Counted, Refused, Ignored };

struct Case {
  const char* name;
  Frame frame;
  Heard heard;
};

Frame spoilt(Frame frame, std::size_t from_end) {
  frame[frame.size() - from_end] ^= 0x01;
  return frame;
}

Frame v2_with(void (*change)(wire::Advertisement&)) {
  auto advert = v2();
  change(advert);
  return advert_frame(advert);
}

std::vector<Case> version_2_cases() {
  using enum Heard;
  auto many = v2();
  many.addresses.resize(255, ip(kVip));
  auto none = v2();
  none.addresses.clear();
  Frame trailer = message(v2(), {});
  trailer.insert(trailer.end(), 28, 0xab);
  return {
      {"version 2", advert_frame(v2()), Counted},
      {"no address", advert_frame(none), Counted},
      {"255 addresses", advert_frame(many), Counted},
      {"a trailer outside the checksum", ip_frame({}, trailer), Counted},
      {"options", advert_frame(v2(), {.option_bytes = 40}), Counted},
      {"padding of short frames", [] { Frame f = advert_frame(v2()); f.resize(80); return f; }(),
       Counted},
      {"higher", advert_frame(v2(200)), Counted},
      {"resignation", advert_frame(v2(0)), Ignored},
      {"our own, looped back", advert_frame(v2(), {.source = "10.77.0.1"}), Ignored},
      {"another router", v2_with([](auto& a) { a.vrid = Vrid(99); }), Ignored},
      {"another protocol", advert_frame(v2(), {.protocol = 17}), Ignored},
      {"later fragment", advert_frame(v2(), {.fragment = 0x0004}), Ignored},
      {"first fragment", advert_frame(v2(), {.fragment = 0x2000}), Counted},
      {"TTL 254", advert_frame(v2(), {.ttl = 254}), Refused},
      {"to us alone", advert_frame(v2(), {.destination = "10.77.0.1"}), Refused},
      {"checksum", spoilt(advert_frame(v2()), 20), Refused},
      {"password", v2_with([](auto& a) { a.auth_data[0] = 'S'; }), Refused},
      {"no password", v2_with([](auto& a) { a.auth_type = wire::AuthType::None; }), Refused},
      {"interval", v2_with([](auto& a) { a.interval = 2s; }), Refused},
      {"version 3", v2_with([](auto& a) { a.version = 3; }), Refused},
      {"truncated in the addresses", shortened(advert_frame(v2()), 12), Refused},
      {"truncated in the header", shortened(advert_frame(v2()), 17), Ignored},
      {"IP header only", ip_frame({}, {}), Ignored},
      {"tagged inside the frame", with_vlan_tag(advert_frame(v2()), 5), Ignored},
  };
}

TEST_F(FenceProgram, CountsValidAdvertsOfVersion2) {
  for (const Case& c : version_2_cases()) {
    const std::uint64_t seen = four_->seen;
    const std::uint64_t refused = four_->refused;
    EXPECT_EQ(in(c.frame), kPass) << c.name;
    EXPECT_EQ(four_->seen - seen, c.heard == Heard::Counted ? 1U : 0U) << c.name;
    EXPECT_EQ(four_->refused - refused, c.heard == Heard::Refused ? 1U : 0U) << c.name;
  }
}

std::vector<Case> version_3_cases() {
  using enum Heard;
  auto many = v3();
  many.addresses.resize(200, ip("fe80::77"));  // more do not fit a test run
  Frame no_interval = message(v3(), kIp6);
  no_interval[4] = no_interval[5] = 0;
  no_interval[7] = static_cast<std::uint8_t>(no_interval[7] + 100);  // the checksum made good
  Ip options = kIp6;
  options.extensions = {{0, 0, 1, 4, 0, 0, 0, 0},
                        {0, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}};
  options.extension_kinds = {0, 60};
  Ip first = kIp6;
  first.extensions = {{0, 0, 0, 1, 0, 0, 0, 7}};
  first.extension_kinds = {44};
  Ip later = first;
  later.extensions = {{0, 0, 0x01, 0, 0, 0, 0, 7}};
  Ip atomic = first;
  atomic.extensions = {{0, 0, 0, 0, 0, 0, 0, 7}};
  Ip endless = kIp6;
  endless.extensions.assign(7, {0, 0, 1, 4, 0, 0, 0, 0});
  endless.extension_kinds.assign(7, 60);
  Ip near = kIp6;
  near.ttl = 254;
  return {
      {"version 3", advert_frame(v3(), kIp6), Counted},
      {"200 addresses", advert_frame(many, kIp6), Counted},
      {"hop-by-hop and destination options", advert_frame(v3(), options), Counted},
      {"first fragment", advert_frame(v3(), first), Counted},
      {"atomic fragment", advert_frame(v3(), atomic), Counted},
      {"later fragment", advert_frame(v3(), later), Ignored},
      {"more headers than anybody sends", advert_frame(v3(), endless), Ignored},
      {"hop limit 254", advert_frame(v3(), near), Refused},
      {"checksum", spoilt(advert_frame(v3(), kIp6), 1), Refused},
      {"interval 0", ip_frame(kIp6, no_interval), Refused},
      {"truncated", shortened(advert_frame(v3(), kIp6), 4), Refused},
      {"ours", advert_frame(v3(), {.source = "fe80::1", .destination = "ff02::12"}), Ignored},
  };
}

TEST_F(FenceProgram, CountsValidAdvertsOfVersion3) {
  for (const Case& c : version_3_cases()) {
    const std::uint64_t seen = six_->seen;
    const std::uint64_t refused = six_->refused;
    EXPECT_EQ(in(c.frame), kPass) << c.name;
    EXPECT_EQ(six_->seen - seen, c.heard == Heard::Counted ? 1U : 0U) << c.name;
    EXPECT_EQ(six_->refused - refused, c.heard == Heard::Refused ? 1U : 0U) << c.name;
  }
}

TEST_F(FenceProgram, TakesBothChecksumsOfVersion3OnIpv4AndUnicast) {
  auto advert = v3();
  advert.vrid = Vrid(79);
  advert.addresses = {ip("10.77.0.101")};
  const Ip direct{.destination = "10.77.0.1", .ttl = 64};
  for (const auto form : {wire::V3Checksum::PseudoHeader, wire::V3Checksum::MessageOnly}) {
    in(ip_frame(direct, message(advert, direct, form)));
  }
  EXPECT_EQ(peer_->seen, 2U);
  in(advert_frame(advert));  // to the group
  EXPECT_EQ(peer_->seen, 2U);
  EXPECT_EQ(peer_->refused, 1U);
}

struct Bound {
  const char* name;
  alibi_fence_way way;
  Frame frame;
  bool dropped;
};

std::vector<Bound> bound_for_the_address() {
  const auto IN = ALIBI_FENCE_IN;
  const auto OUT = ALIBI_FENCE_OUT;
  const Frame tcp(20, 0);
  const auto four = [&](const char* source, const char* destination, std::uint16_t fragment = 0) {
    return ip_frame({source, destination, 64, 6, fragment, 0, {}, {}}, tcp);
  };
  const auto six = [&](const char* source, const char* destination) {
    return ip_frame({source, destination, 64, 6, 0, 0, {}, {}}, tcp);
  };
  return {
      {"packet to it", IN, four("10.77.0.9", kVip), true},
      {"fragment to it", IN, four("10.77.0.9", kVip, 0x2003), true},
      {"packet from it", OUT, four(kVip, "10.77.0.9"), true},
      {"packet from it comes in", IN, four(kVip, "10.77.0.1"), false},
      {"packet to it goes out", OUT, four("10.77.0.1", kVip), false},
      {"packet to the host", IN, four("10.77.0.9", "10.77.0.1"), false},
      {"packet from the host", OUT, four("10.77.0.1", "10.77.0.9"), false},
      {"question for it", IN, arp_frame(1, "10.77.0.9", kVip), true},
      {"probe for it", IN, arp_frame(1, "0.0.0.0", kVip), true},
      {"answer to it", IN, arp_frame(2, "10.77.0.9", kVip), true},
      {"answer from it comes in", IN, arp_frame(2, kVip, "10.77.0.1"), false},
      {"answer from it", OUT, arp_frame(2, kVip, "10.77.0.9"), true},
      {"question from it", OUT, arp_frame(1, kVip, "10.77.0.9"), true},
      {"gratuitous", OUT, arp_frame(1, kVip, kVip), true},
      {"question of the host", OUT, arp_frame(1, "10.77.0.1", "10.77.0.9"), false},
      {"question for the host", IN, arp_frame(1, "10.77.0.9", "10.77.0.1"), false},
      {"truncated question", IN, shortened(arp_frame(1, "10.77.0.9", kVip), 2), false},
      {"IPv6 to it", IN, six("2001:db8::9", kVip6), true},
      {"IPv6 from it", OUT, six(kVip6, "2001:db8::9"), true},
      {"IPv6 to the host", IN, six("2001:db8::9", "2001:db8::1"), false},
      {"solicitation", IN, nd_frame(135, "fe80::9", "ff02::1:ff00:100", kVip6), true},
      {"solicitation behind options", IN,
       nd_frame(135, "fe80::9", "ff02::1:ff00:100", kVip6, true), true},
      {"solicitation for the host", IN, nd_frame(135, "fe80::9", "ff02::1:ff00:1", "2001:db8::1"),
       false},
      {"advertisement comes in", IN, nd_frame(136, "fe80::9", "ff02::1", kVip6), false},
      {"advertisement", OUT, nd_frame(136, "fe80::1", "ff02::1", kVip6), true},
      {"solicitation of ours for it", OUT, nd_frame(135, "fe80::1", "ff02::1:ff00:100", kVip6),
       true},
      {"echo names it", OUT, nd_frame(128, "fe80::1", "fe80::9", kVip6), false},
      {"truncated solicitation", IN,
       shortened(nd_frame(135, "fe80::9", "ff02::1:ff00:100", kVip6), 1), false},
      {"advert to it", IN, advert_frame(v2(), {.destination = kVip}), false},
      {"advert from it", OUT, advert_frame(v2(), {.source = kVip}), false},
      {"tagged inside the frame", IN, with_vlan_tag(four("10.77.0.9", kVip), 5), false},
  };
}

TEST_F(FenceProgram, OpenDropsNothing) {
  for (const Bound& b : bound_for_the_address()) EXPECT_EQ(run(b.way, b.frame), kPass) << b.name;
  EXPECT_EQ(four_->closed_count, 0U);
}

TEST_F(FenceProgram, ClosedDropsWhatIsForOrFromTheAddressOnly) {
  close(*four_);
  close(*six_);
  for (const Bound& b : bound_for_the_address()) {
    EXPECT_EQ(run(b.way, b.frame), b.dropped ? kDrop : kPass) << b.name;
  }
  EXPECT_EQ(four_->dropped[ALIBI_FENCE_IN][ALIBI_FENCE_ARP], 3U);
  EXPECT_EQ(four_->dropped[ALIBI_FENCE_OUT][ALIBI_FENCE_ARP], 3U);
  EXPECT_EQ(four_->dropped[ALIBI_FENCE_IN][ALIBI_FENCE_IPV4], 2U);
  EXPECT_EQ(four_->dropped[ALIBI_FENCE_OUT][ALIBI_FENCE_IPV4], 1U);
  EXPECT_EQ(six_->dropped[ALIBI_FENCE_IN][ALIBI_FENCE_ND], 2U);
  EXPECT_EQ(six_->dropped[ALIBI_FENCE_OUT][ALIBI_FENCE_ND], 2U);
  EXPECT_EQ(six_->dropped[ALIBI_FENCE_IN][ALIBI_FENCE_IPV6], 1U);
  EXPECT_EQ(four_->closed_count, 1U);
  EXPECT_GT(four_->closed_ns, 0U);
}

TEST_F(FenceProgram, DisarmedDropsNothingEvenSo) {
  close(*four_);
  four_->armed = 0;  // a backup that has the address on its loopback, as LVS has it
  EXPECT_EQ(in(arp_frame(1, "10.77.0.9", kVip)), kPass);
}

TEST_F(FenceProgram, AdvertOfHigherRankClosesAtOnceAndSettlingOpens) {
  const Frame question = arp_frame(1, "10.77.0.9", kVip);
  in(advert_frame(v2(110)));
  EXPECT_EQ(four_->closed_why, static_cast<unsigned>(ALIBI_FENCE_OVERTAKEN));
  EXPECT_EQ(in(question), kDrop);
  four_->settled = four_->seen;
  EXPECT_EQ(in(question), kPass);
  EXPECT_EQ(std::string(four_->foreign_source, four_->foreign_source + 4),
            std::string("\x0a\x4d\x00\x02", 4));
}

TEST_F(FenceProgram, LowerAdvertClosesOnlyAKeeperThatIsOverdue) {
  const Frame question = arp_frame(1, "10.77.0.9", kVip);
  in(advert_frame(v2(100)));
  EXPECT_EQ(in(question), kPass);  // ours left just now: alive, and of higher rank
  four_->own_ns = now_ns() - 2 * kSecond;
  EXPECT_EQ(in(question), kDrop);
  EXPECT_EQ(four_->closed_why, static_cast<unsigned>(ALIBI_FENCE_LATE));
}

TEST_F(FenceProgram, OwnAdvertsLeavingAreLife) {
  const Ip ours{.source = "10.77.0.1"};
  const Frame question = arp_frame(1, "10.77.0.9", kVip);
  in(advert_frame(v2(200)));
  EXPECT_EQ(in(question), kDrop);
  const std::uint64_t before = now_ns();
  out(advert_frame(v2(110), {.source = "10.77.0.7"}));  // forwarded, not ours
  EXPECT_LT(four_->own_ns, before);
  four_->own_ns = before - kSecond;
  out(advert_frame(v2(110), ours));
  EXPECT_GE(four_->own_ns, before);
  EXPECT_EQ(in(question), kDrop);  // it may have left while the other came in
  out(advert_frame(v2(110), ours));
  EXPECT_EQ(four_->own_since, 1U);  // the same moment
  four_->own_ns -= kSecond;
  out(advert_frame(v2(110), ours));
  EXPECT_EQ(in(question), kPass);  // read before the second
}

TEST_F(FenceProgram, ResignationClosesUntilTheNextAdvert) {
  const Ip ours{.source = "10.77.0.1"};
  const Frame question = arp_frame(1, "10.77.0.9", kVip);
  out(advert_frame(v2(0), ours));
  EXPECT_EQ(in(question), kDrop);
  EXPECT_EQ(four_->closed_why, static_cast<unsigned>(ALIBI_FENCE_RESIGNED));
  out(advert_frame(v2(110), ours));
  EXPECT_EQ(in(question), kPass);
}

TEST_F(FenceProgram, LeaseEndsByItselfAndTakeoverDoesNot) {
  const Frame question = arp_frame(1, "10.77.0.9", kVip);
  four_->own_ns = now_ns() - 4 * kSecond;
  EXPECT_EQ(in(question), kPass);
  four_->mode = ALIBI_FENCE_LEASE;
  EXPECT_EQ(in(question), kDrop);
  EXPECT_EQ(four_->closed_why, static_cast<unsigned>(ALIBI_FENCE_LEASE_OVER));
  out(advert_frame(v2(110), {.source = "10.77.0.1"}));
  EXPECT_EQ(in(question), kPass);
}

TEST_F(FenceProgram, MasterNoMoreIsClosedUntilTheAddressesAreOff) {
  four_->master = 0;
  EXPECT_EQ(in(arp_frame(1, "10.77.0.9", kVip)), kDrop);
  EXPECT_EQ(four_->closed_why, static_cast<unsigned>(ALIBI_FENCE_NOT_MASTER));
}

/// No limit is asserted: the figures are for reading (docs/adr quotes them).
TEST_F(FenceProgram, CostOfAPacket) {
  const Frame data(1400, 0);
  const std::vector<Bound> frames = {
      {"packet to another address", ALIBI_FENCE_IN,
       ip_frame({.destination = "10.77.0.1", .protocol = 6}, data), false},
      {"packet to the address, open", ALIBI_FENCE_IN,
       ip_frame({.destination = kVip, .protocol = 6}, data), false},
      {"packet from the address, open", ALIBI_FENCE_OUT,
       ip_frame({.source = kVip, .destination = "10.77.0.9", .protocol = 6}, data), false},
      {"IPv6 packet to the address, open", ALIBI_FENCE_IN,
       ip_frame({.source = "2001:db8::9", .destination = kVip6, .protocol = 6}, data), false},
      {"ARP question", ALIBI_FENCE_IN, arp_frame(1, "10.77.0.9", kVip), false},
      {"neither IP nor ARP", ALIBI_FENCE_IN, with_vlan_tag(ip_frame({}, data), 5), false},
      {"foreign advert", ALIBI_FENCE_IN, advert_frame(v2()), false},
  };
  for (const Bound& b : frames) {
    std::uint32_t best = ~0U;
    for (int i = 0; i < 5; ++i) {
      run(b.way, b.frame, 100'000);
      best = std::min(best, took_ns_);
    }
    std::printf("%-36s %4u ns\n", b.name, best);
    EXPECT_GT(best, 0U);
  }
}

}  // namespace
}  // namespace alibi::fence_test
