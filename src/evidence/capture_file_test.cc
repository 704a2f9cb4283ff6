// SPDX-License-Identifier: Apache-2.0
#include "evidence/capture_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evidence/ticks.h"
#include "wire/testing.h"

namespace alibi::evidence {
namespace {

using ::testing::HasSubstr;
using wire::testing::hex;
using wire::testing::operator+;
using Octets = std::vector<std::uint8_t>;

constexpr auto kAll = wire::Interest::Everything;
const FrameSink kIgnore = [](const CapturedFrame&) {};

struct Read {
  CaptureSummary summary;
  std::vector<CapturedFrame> frames;  // without their bytes
  std::vector<Octets> bytes;
};

Result<Read> read(const Octets& file) {
  Read out;
  auto summary = read_capture_bytes(file, "test.pcap", kAll, [&out](const CapturedFrame& frame) {
    out.frames.push_back(frame);
    out.frames.back().bytes = {};
    out.bytes.emplace_back(frame.bytes.begin(), frame.bytes.end());
  });
  if (!summary) return tl::unexpected(summary.error());
  out.summary = std::move(*summary);
  return out;
}

// Numbers in either byte order.
Octets number(bool big, std::uint64_t value, unsigned octets) {
  Octets out(octets);
  for (unsigned i = 0; i < octets; ++i) {
    out[big ? octets - 1 - i : i] = static_cast<std::uint8_t>(value >> (8 * i) & 0xffU);
  }
  return out;
}

Octets pcap(bool big, std::uint32_t magic, std::uint32_t link_type = 1) {
  return number(big, magic, 4) + number(big, 2, 2) + number(big, 4, 2) + Octets(8, 0) +
         number(big, 262144, 4) + number(big, link_type, 4);
}
Octets record(bool big, std::uint32_t seconds, std::uint32_t fraction, const Octets& data) {
  return number(big, seconds, 4) + number(big, fraction, 4) + number(big, data.size(), 4) +
         number(big, data.size() + 10, 4) + data;
}

Octets block(bool big, std::uint32_t type, Octets body) {
  body.resize((body.size() + 3) / 4 * 4);
  const auto length = number(big, body.size() + 12, 4);
  return number(big, type, 4) + length + body + length;
}
Octets option(bool big, std::uint16_t code, const Octets& value) {
  Octets out = number(big, code, 2) + number(big, value.size(), 2) + value;
  out.resize((out.size() + 3) / 4 * 4);
  return out;
}
Octets section(bool big) {
  return block(
      big, 0x0a0d0d0a,
      number(big, 0x1a2b3c4d, 4) + number(big, 1, 2) + number(big, 0, 2) + Octets(8, 0xff));
}
Octets interface(bool big, const Octets& options = {}, std::uint16_t link_type = 1) {
  return block(big, 1, number(big, link_type, 2) + Octets(2, 0) + number(big, 0, 4) + options);
}
Octets packet(bool big, std::uint32_t index, std::uint64_t ticks, const Octets& data,
              const Octets& options = {}) {
  Octets body = number(big, index, 4) + number(big, ticks >> 32U, 4) +
                number(big, ticks & 0xffffffffU, 4) + number(big, data.size(), 4) +
                number(big, data.size(), 4) + data;
  body.resize((body.size() + 3) / 4 * 4);
  return block(big, 6, body + options);
}

TEST(Pcap, BothByteOrdersAndResolutions) {
  for (const bool big : {false, true}) {
    const auto micro = read(pcap(big, 0xa1b2c3d4) + record(big, 1700000000, 7, {1, 2, 3}) +
                            record(big, 0xffffffff, 999999, {}));
    ASSERT_TRUE(micro) << micro.error().message;
    EXPECT_EQ(micro->summary.damage, "");
    EXPECT_EQ(micro->summary.frames, 2U);
    ASSERT_EQ(micro->frames.size(), 2U);
    EXPECT_EQ(micro->frames[0].unix_ns, 1700000000'000007000);
    EXPECT_EQ(micro->frames[0].original_length, 13U);
    EXPECT_EQ(micro->frames[0].number, 1U);
    EXPECT_EQ(micro->bytes[0], (Octets{1, 2, 3}));
    EXPECT_EQ(micro->frames[1].unix_ns, 4294967295'999999000);
    const auto nano = read(pcap(big, 0xa1b23c4d, 276) + record(big, 1, 7, {1}));
    ASSERT_TRUE(nano);
    EXPECT_EQ(nano->frames.at(0).unix_ns, 1'000000007);
    EXPECT_EQ(nano->summary.interfaces.at(0).link_type, wire::LinkType::LinuxSll2);
    EXPECT_EQ(nano->frames.at(0).link_type, wire::LinkType::LinuxSll2);
  }
}

TEST(Pcap, EveryCutKeepsWhatCameBeforeAndSaysWhere) {
  const Octets file =
      pcap(false, 0xa1b2c3d4) + record(false, 1, 0, {1, 2, 3, 4}) + record(false, 2, 0, {5, 6});
  for (std::size_t size = 1; size < file.size(); ++size) {
    const auto out = read(Octets(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)));
    if (size < 24) {
      EXPECT_FALSE(out) << size;
      continue;
    }
    ASSERT_TRUE(out) << size;
    EXPECT_EQ(out->summary.frames, size < 44 ? 0U : 1U) << size;
    EXPECT_EQ(out->summary.damage.empty(), size == 24 || size == 44) << size;
  }
  const auto cut = read(Octets(file.begin(), file.end() - 1));
  EXPECT_EQ(cut->summary.damage,
            "truncated at packet 2, byte offset 44: the file ends inside the packet");
}

// The same records behind interface, protocol and packet type of the patched libpcap.
TEST(Pcap, ModifiedRecordHeaders) {
  for (const bool big : {false, true}) {
    const Octets extra = number(big, 2, 4) + number(big, 0x0800, 2) + Octets{0, 0};
    const Octets head = record(big, 5, 7, {1, 2, 3});
    const Octets both = Octets(head.begin(), head.begin() + 16) + extra + Octets{1, 2, 3};
    const auto out = read(pcap(big, 0xa1b2cd34) + both + both);
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->summary.damage, "");
    EXPECT_EQ(out->summary.frames, 2U);
    EXPECT_EQ(out->frames.at(1).unix_ns, 5'000'007'000);
    EXPECT_EQ(out->bytes.at(1), (Octets{1, 2, 3}));
  }
}

TEST(Snoop, RecordsWithPaddingAndDrops) {
  const Octets head = {'s', 'n', 'o', 'o', 'p', 0, 0, 0};
  const auto packet_of = [](std::uint32_t drops, const Octets& data, std::size_t pad) {
    return number(true, data.size() + 5, 4) + number(true, data.size(), 4) +
           number(true, 24 + data.size() + pad, 4) + number(true, drops, 4) + number(true, 9, 4) +
           number(true, 8, 4) + data + Octets(pad, 0);
  };
  const Octets file = head + number(true, 2, 4) + number(true, 4, 4) + packet_of(0, {1, 2, 3}, 1) +
                      packet_of(6, {4}, 3) + packet_of(6, {5}, 0);
  const auto out = read(file);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->summary.damage, "");
  EXPECT_EQ(out->summary.interfaces.at(0).link_type, wire::LinkType::Ethernet);
  EXPECT_EQ(out->summary.interfaces.at(0).lost, 6U);
  EXPECT_EQ(out->bytes, (std::vector<Octets>{{1, 2, 3}, {4}, {5}}));
  EXPECT_EQ(out->frames.at(0).unix_ns, 9'000'008'000);
  EXPECT_EQ(out->frames.at(0).original_length, 8U);
  EXPECT_EQ(out->frames.at(1).dropped_before, 6U);
  EXPECT_EQ(out->frames.at(2).dropped_before, 0U);
  const auto cut = read(Octets(file.begin(), file.end() - 1));
  EXPECT_EQ(cut->summary.damage,
            "truncated at packet 3, byte offset 72: the file ends inside the packet");
  EXPECT_THAT(read(head + number(true, 7, 4) + number(true, 4, 4)).error().message,
              HasSubstr("snoop version 7"));
}

TEST(Capture, WhatHoldsNoHeartbeatIsCountedAndItsDropsAreKept) {
  const Octets advert = hex(wire::testing::kV2PassFrame);
  Octets tcp = advert;
  tcp[23] = 6;
  const Octets lost = option(false, 4, number(false, 3, 8));
  const Octets file = section(false) + interface(false) + packet(false, 0, 9, tcp, lost) +
                      packet(false, 0, 5, tcp) + packet(false, 0, 7, advert, lost) +
                      packet(false, 0, 6, tcp, lost);
  std::vector<CapturedFrame> frames;
  const auto summary = read_capture_bytes(file, "x", wire::Interest::Heartbeats,
                                          [&](const CapturedFrame& f) { frames.push_back(f); });
  ASSERT_TRUE(summary);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].number, 3U);
  EXPECT_EQ(frames[0].dropped_before, 6U);
  const CaptureInterface& tap = summary->interfaces.at(0);
  EXPECT_EQ(tap.frames, 4U);
  EXPECT_EQ(tap.passed_over, 3U);
  EXPECT_EQ(tap.lost, 9U);
  EXPECT_EQ(tap.first_ns, 5'000);
  EXPECT_EQ(tap.last_ns, 9'000);
}

TEST(Pcap, AnAbsurdLengthIsDamage) {
  const auto out = read(pcap(false, 0xa1b2c3d4) + record(false, 1, 0, {1}) +
                        hex("00000000 00000000 ffffffff ffffffff"));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->summary.frames, 1U);
  EXPECT_THAT(out->summary.damage, HasSubstr("damaged at packet 2, byte offset 41"));
}

TEST(Capture, RefusalsSayWhatToDo) {
  EXPECT_THAT(read({}).error().message, HasSubstr("empty"));
  EXPECT_THAT(read(hex("fd377a585a00")).error().message, HasSubstr("unxz -k"));
  EXPECT_THAT(read(hex("474d4255")).error().message, HasSubstr("editcap"));
  EXPECT_THAT(read(hex("00010203 04050607")).error().message, HasSubstr("not a capture"));
  EXPECT_THAT(read_capture("/nonexistent/x.pcap", kAll, kIgnore).error().message,
              HasSubstr("cannot read /nonexistent/x.pcap"));
  EXPECT_THAT(read_capture("/", kAll, kIgnore).error().message, HasSubstr("directory"));
}

TEST(Pcapng, SectionsOfEitherOrderWithTheirOwnInterfaces) {
  Octets file;
  for (const bool big : {false, true}) {
    file = file + section(big) + interface(big, option(big, 2, {'e', 't', 'h', '0'})) +
           interface(big, option(big, 2, {'l', 'o'}) + option(big, 9, {9}), 101) +
           block(big, 0xbad, {1, 2, 3}) + packet(big, 0, 1'500'000, {1}) +
           packet(big, 1, 7, {2, 2});
  }
  const auto out = read(file);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->summary.damage, "");
  ASSERT_EQ(out->summary.interfaces.size(), 4U);
  EXPECT_EQ(out->summary.interfaces[2].name, "eth0");
  EXPECT_EQ(out->summary.interfaces[3].link_type, wire::LinkType::Raw);
  ASSERT_EQ(out->frames.size(), 4U);
  EXPECT_EQ(out->frames[2].interface, 2U);
  EXPECT_EQ(out->frames[2].unix_ns, 1'500'000'000);
  EXPECT_EQ(out->frames[3].interface, 3U);
  EXPECT_EQ(out->frames[3].unix_ns, 7);
  EXPECT_EQ(out->bytes[3], (Octets{2, 2}));
}

TEST(Pcapng, PacketOptionsAndStatistics) {
  const Octets statistics = number(true, 0, 4) + Octets(8, 0) +
                            option(true, 4, number(true, 100, 8)) +
                            option(true, 5, number(true, 9, 8)) + Octets(4, 0);
  const auto out = read(section(true) + interface(true) +
                        packet(true, 0, 1, {1}, option(true, 2, number(true, 1, 4))) +
                        packet(true, 0, 2, {1},
                               option(true, 1, {'h', 'i'}) + option(true, 2, number(true, 2, 4)) +
                                   option(true, 4, number(true, 42, 8))) +
                        packet(true, 0, 3, {1}) + block(true, 5, statistics));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->summary.damage, "");
  EXPECT_EQ(out->frames.at(0).direction, Direction::In);
  EXPECT_EQ(out->frames.at(1).direction, Direction::Out);
  EXPECT_EQ(out->frames.at(1).dropped_before, 42U);
  EXPECT_EQ(out->frames.at(2).direction, Direction::Unknown);
  EXPECT_EQ(out->frames.at(2).dropped_before, 0U);
  EXPECT_EQ(out->summary.interfaces[0].received, 100U);
  EXPECT_EQ(out->summary.interfaces[0].dropped, 9U);
}

TEST(Pcapng, OldAndSimplePacketBlocks) {
  const Octets old = number(false, 0, 2) + number(false, 5, 2) + number(false, 0, 4) +
                     number(false, 2'000'000, 4) + number(false, 3, 4) + number(false, 9, 4) +
                     Octets{7, 8, 9, 0} + option(false, 2, number(false, 2, 4));
  const auto out = read(section(false) + interface(false) + block(false, 2, old) +
                        block(false, 3, number(false, 3, 4) + Octets{4, 5, 6, 0}));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->summary.damage, "");
  EXPECT_EQ(out->bytes.at(0), (Octets{7, 8, 9}));
  EXPECT_EQ(out->frames.at(0).unix_ns, 2'000'000'000);
  EXPECT_EQ(out->frames.at(0).dropped_before, 5U);
  EXPECT_EQ(out->frames.at(0).direction, Direction::Out);
  EXPECT_EQ(out->bytes.at(1), (Octets{4, 5, 6}));
  EXPECT_FALSE(out->frames.at(1).timed);
}

TEST(Pcapng, DamageEndsTheReadingAndIsPlaced) {
  const Octets good = section(false) + interface(false) + packet(false, 0, 1, {1});
  const auto damage = [&good](const Octets& more) {
    const auto out = read(good + more);
    EXPECT_TRUE(out);
    EXPECT_EQ(out->summary.frames, 1U);
    EXPECT_THAT(out->summary.damage,
                HasSubstr("packet 2, byte offset " + std::to_string(good.size())));
    return out->summary.damage;
  };
  EXPECT_THAT(damage(packet(false, 7, 1, {1})), HasSubstr("interface 7"));
  EXPECT_THAT(damage(hex("06000000 0d000000 00000000")), HasSubstr("block length of 13"));
  EXPECT_THAT(damage(hex("06000000 00000000 00000000")), HasSubstr("block length of 0"));
  EXPECT_THAT(damage(hex("06000000 ffffff7f 00000000")), HasSubstr("cannot be right"));
  EXPECT_THAT(damage(hex("06000000 10000000 00000000 14000000")), HasSubstr("two lengths"));
  EXPECT_THAT(damage(hex("06000000 10000000 00000000 10000000")), HasSubstr("too short"));
  EXPECT_THAT(damage(hex("0a0d0d0a 10000000 00000000 10000000")), HasSubstr("byte-order magic"));
  EXPECT_THAT(damage(hex("06000000")), HasSubstr("truncated"));
  EXPECT_THAT(damage(packet(false, 0, 1, {1}, hex("0400ff00"))), HasSubstr("option"));
  auto past = packet(false, 0, 1, {1});
  past[8 + 12] = 5;
  EXPECT_THAT(damage(past), HasSubstr("goes past its block"));
}

TEST(Pcapng, EveryPrefixIsReadWithoutAComplaintFromTheSanitizers) {
  const Octets file = section(true) + interface(true, option(true, 2, {'l', 'o'})) +
                      packet(true, 0, 1, {1, 2, 3}, option(true, 1, {'h', 'i'}));
  for (std::size_t size = 12; size < file.size(); ++size) {
    const auto out = read(Octets(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)));
    ASSERT_TRUE(out) << size;
    EXPECT_EQ(out->frames.size(), 0U);
  }
}

TEST(Ticks, DecimalAndBinaryResolutions) {
  EXPECT_EQ(Ticks().unix_ns(1'234'567), 1'234'567'000);
  EXPECT_EQ(Ticks(0).unix_ns(3), 3'000'000'000);
  EXPECT_EQ(Ticks(9).unix_ns(1700000000'000000001), 1700000000'000000001);
  EXPECT_EQ(Ticks(12).unix_ns(1'999), 1);
  EXPECT_EQ(Ticks(0x80 | 10).unix_ns(1024 + 512), 1'500'000'000);
  EXPECT_EQ(Ticks(0x80 | 32).unix_ns(std::uint64_t{1700000000} << 32U | 0x80000000U),
            1700000000'500000000);
  EXPECT_EQ(Ticks(6, 10).unix_ns(5), 10'000'005'000);
  EXPECT_EQ(Ticks(6, -1).unix_ns(0), -1'000'000'000);
}

TEST(Ticks, NothingOverflows) {
  EXPECT_EQ(Ticks(0).unix_ns(UINT64_MAX), INT64_MAX);
  EXPECT_EQ(Ticks(0, INT64_MAX).unix_ns(UINT64_MAX), INT64_MAX);
  EXPECT_EQ(Ticks(9, INT64_MIN).unix_ns(0), INT64_MIN);
  EXPECT_EQ(Ticks(0xff).unix_ns(UINT64_MAX), 0);
  EXPECT_EQ(Ticks(127).unix_ns(UINT64_MAX), 0);
}

}  // namespace
}  // namespace alibi::evidence
