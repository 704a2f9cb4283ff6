// SPDX-License-Identifier: Apache-2.0
// Frames come back as they were on the wire, whatever the guess about them was.
#include "daemon/packed_frames.h"

#include <gtest/gtest.h>

#include <random>

#include "wire/checksum.h"

namespace alibi::daemon {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes advert(std::uint8_t vrid, std::uint16_t id, bool right_checksum = true) {
  Bytes frame = {1, 0, 0x5e, 0, 0, 18, 2, 0, 0, 0, 0, 1, 8, 0};
  auto header = wire::encode_ipv4_header(*wire::IpAddress::parse("10.0.0.1"),
                                         *wire::IpAddress::parse("224.0.0.18"), 255, 12);
  header[4] = static_cast<std::uint8_t>(id >> 8);
  header[5] = static_cast<std::uint8_t>(id);
  header[10] = header[11] = 0;
  const std::uint16_t sum = wire::Checksum().add(header).value();
  header[10] = static_cast<std::uint8_t>(sum >> 8);
  header[11] = static_cast<std::uint8_t>(sum + (right_checksum ? 0 : 1));
  frame.insert(frame.end(), header.begin(), header.end());
  frame.insert(frame.end(), {0x31, vrid, 100, 1, 0, 10, 0, 0, 10, 0, 0, 100});
  return frame;
}

KeptFrame frame_of(Bytes bytes, Instant at) {
  return {at,
          at.ns + 1'000'000'000'000,
          1,
          evidence::Direction::Out,
          static_cast<std::uint32_t>(bytes.size()),
          0,
          std::move(bytes)};
}

void expect_back(const PackedFrames& packed, const std::vector<KeptFrame>& frames) {
  std::size_t next = 0;
  packed.each([&](const KeptFrame& frame, const FrameKind&) {
    const KeptFrame& expected = frames.at(next++);
    EXPECT_EQ(frame.at, expected.at);
    EXPECT_EQ(frame.realtime_ns, expected.realtime_ns);
    EXPECT_EQ(frame.tap, expected.tap);
    EXPECT_EQ(frame.direction, expected.direction);
    EXPECT_EQ(frame.original_length, expected.original_length);
    EXPECT_EQ(frame.dropped_before, expected.dropped_before);
    EXPECT_EQ(frame.bytes, expected.bytes) << next;
  });
  EXPECT_EQ(next, frames.size());
}

TEST(PackedFrames, AHeartbeatOfManyTakesAFewOctets) {
  PackedFrames packed;
  std::vector<KeptFrame> frames;
  std::uint16_t id = 65'000;  // runs over
  for (int i = 0; i < 10'000; ++i) {
    frames.push_back(
        frame_of(advert(static_cast<std::uint8_t>(i % 200), id++), Instant{i * 100'000LL}));
    EXPECT_EQ(packed.add(frames.back()).repeated, i >= 200);
  }
  packed.close();
  expect_back(packed, frames);
  EXPECT_LT(packed.records().bytes(), 200U * 100 + 10'000U * 6);
  EXPECT_EQ(packed.taps().at(1).frames, 10'000U);
}

TEST(PackedFrames, WhatIsNotExpectedComesBackToo) {
  std::mt19937 random(3);
  PackedFrames packed;
  std::vector<KeptFrame> frames;
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = advert(static_cast<std::uint8_t>(random() % 20),
                         static_cast<std::uint16_t>(random()), random() % 4 != 0);
    if (random() % 4 == 0) bytes.resize(random() % 80);
    if (random() % 4 == 0 && !bytes.empty())
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    KeptFrame frame = frame_of(std::move(bytes), Instant{static_cast<std::int64_t>(random())});
    if (random() % 8 == 0) frame.realtime_ns += static_cast<std::int64_t>(random());
    frame.tap = static_cast<evidence::TapId>(random() % 3);
    frame.direction = static_cast<evidence::Direction>(random() % 3);
    frame.dropped_before = random() % 10 == 0 ? random() : 0;
    packed.add(frame);
    frames.push_back(std::move(frame));
  }
  expect_back(packed, frames);
}

TEST(PackedFrames, ARepeatedFrameDecodesAsItself) {
  PackedFrames packed;
  for (int i = 0; i < 100; ++i) {
    KeptFrame frame = frame_of(
        advert(static_cast<std::uint8_t>(i % 7), static_cast<std::uint16_t>(i * i)), Instant{i});
    if (i % 11 == 0) frame.bytes[36] = static_cast<std::uint8_t>(i);  // the priority
    packed.add(frame);
  }
  FrameDecoder decoder;
  packed.each([&decoder](const KeptFrame& frame, const FrameKind& kind) {
    const wire::Frame& decoded = decoder.decode(frame, kind);
    const wire::Frame fresh = wire::decode_frame(frame.bytes, wire::LinkType::Ethernet);
    ASSERT_TRUE(decoded.vrrp && fresh.vrrp);
    EXPECT_EQ(decoded.vrrp->ip_id, fresh.vrrp->ip_id);
    EXPECT_EQ(decoded.vrrp->decoded.advertisement.vrid, fresh.vrrp->decoded.advertisement.vrid);
    EXPECT_EQ(decoded.vrrp->decoded.advertisement.priority,
              fresh.vrrp->decoded.advertisement.priority);
  });
}

}  // namespace
}  // namespace alibi::daemon
