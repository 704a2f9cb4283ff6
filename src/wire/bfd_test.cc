// SPDX-License-Identifier: Apache-2.0
// BFD packets octet by octet, and each reason to discard one.
#include "wire/bfd.h"

#include <gtest/gtest.h>

namespace alibi::wire {
namespace {

// As FRR's bfdd sends it: Up, poll, multiplier 3, 300 ms, echo 50 ms.
const std::vector<std::uint8_t> kUpPoll = {0x20, 0xe0, 0x03, 0x18, 0x12, 0x34, 0x56, 0x78,
                                           0x9a, 0xbc, 0xde, 0xf0, 0x00, 0x04, 0x93, 0xe0,
                                           0x00, 0x04, 0x93, 0xe0, 0x00, 0x00, 0xc3, 0x50};

TEST(Bfd, DecodesEveryField) {
  const auto decoded = decode_bfd(kUpPoll);
  ASSERT_EQ(decoded.defect, BfdDefect::None);
  const BfdControl& p = decoded.packet;
  EXPECT_EQ(p.state, BfdState::Up);
  EXPECT_EQ(p.diagnostic, BfdDiagnostic::None);
  EXPECT_TRUE(p.poll);
  EXPECT_FALSE(p.final || p.demand || p.control_plane_independent);
  EXPECT_EQ(p.detect_multiplier, 3);
  EXPECT_EQ(p.my_discriminator, 0x12345678U);
  EXPECT_EQ(p.your_discriminator, 0x9abcdef0U);
  EXPECT_EQ(p.desired_min_tx_us, 300'000U);
  EXPECT_EQ(p.required_min_rx_us, 300'000U);
  EXPECT_EQ(p.required_min_echo_rx_us, 50'000U);
  EXPECT_EQ(encode_bfd(p), kUpPoll);
}

TEST(Bfd, EveryFlagSurvives) {
  BfdControl p;
  p.my_discriminator = 1;
  p.your_discriminator = 2;
  for (unsigned bits = 0; bits < 64; ++bits) {
    p.state = static_cast<BfdState>(bits & 3U);
    p.poll = (bits & 4U) != 0;
    p.final = (bits & 8U) != 0;
    p.demand = (bits & 16U) != 0;
    p.control_plane_independent = (bits & 32U) != 0;
    p.diagnostic = static_cast<BfdDiagnostic>(bits % 9);
    const auto decoded = decode_bfd(encode_bfd(p));
    EXPECT_EQ(decoded.defect, BfdDefect::None);
    EXPECT_EQ(decoded.packet, p);
  }
}

TEST(Bfd, EveryDefectIsNamed) {
  const auto with = [](std::size_t at, std::uint8_t value) {
    auto bytes = kUpPoll;
    bytes[at] = value;
    return decode_bfd(bytes).defect;
  };
  EXPECT_EQ(with(0, 0x40), BfdDefect::Version);
  EXPECT_EQ(with(0, 0x00), BfdDefect::Version);
  EXPECT_EQ(with(3, 23), BfdDefect::Length);
  EXPECT_EQ(with(3, 25), BfdDefect::Length);
  EXPECT_EQ(with(2, 0), BfdDefect::Multiplier);
  EXPECT_EQ(with(1, 0xe1), BfdDefect::Multipoint);
  EXPECT_EQ(with(1, 0xe4), BfdDefect::Length);  // an authentication section needs two octets more
  auto bytes = kUpPoll;
  std::fill_n(bytes.begin() + 4, 4, std::uint8_t{0});
  EXPECT_EQ(decode_bfd(bytes).defect, BfdDefect::MyDiscriminator);
  bytes = kUpPoll;
  std::fill_n(bytes.begin() + 8, 4, std::uint8_t{0});
  EXPECT_EQ(decode_bfd(bytes).defect, BfdDefect::YourDiscriminator);
  bytes[1] = 0x40;  // Down does not know the other yet
  EXPECT_EQ(decode_bfd(bytes).defect, BfdDefect::None);
  bytes = kUpPoll;
  bytes[1] |= 0x04;
  bytes[3] = 26;
  bytes.resize(26);
  EXPECT_EQ(decode_bfd(bytes).defect, BfdDefect::Authentication);
}

TEST(Bfd, CutOffAnywhereIsALengthDefect) {
  for (std::size_t size = 0; size < kUpPoll.size(); ++size) {
    EXPECT_EQ(decode_bfd(Bytes(kUpPoll).first(size)).defect, BfdDefect::Length);
  }
  auto longer = kUpPoll;
  longer.resize(64);  // padding
  EXPECT_EQ(decode_bfd(longer).defect, BfdDefect::None);
}

}  // namespace
}  // namespace alibi::wire
