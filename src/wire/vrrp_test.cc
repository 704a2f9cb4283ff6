// SPDX-License-Identifier: Apache-2.0
#include "wire/vrrp.h"

#include <gtest/gtest.h>

#include "wire/testing.h"

namespace alibi::wire {
namespace {

using testing::hex;

const IpAddress kSource = IpAddress::v4(0x0A00005B);
const IpAddress kGroup4 = vrrp_group(Family::V4);
constexpr std::size_t kIpv4Payload = 34;
constexpr std::size_t kIpv6Payload = 54;

std::vector<std::uint8_t> payload(std::string_view frame, std::size_t from) {
  const auto bytes = hex(frame);
  return {bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end()};
}

TEST(Vrrp, V2WithPasswordIsReadAndWrittenByteForByte) {
  const auto message = payload(testing::kV2PassFrame, kIpv4Payload);
  const VrrpDecoded decoded = decode_vrrp(message, kSource, kGroup4);
  ASSERT_EQ(decoded.defect, VrrpDefect::None) << text(decoded.defect);
  const Advertisement& advert = decoded.advertisement;
  EXPECT_EQ(advert.version, 2);
  EXPECT_EQ(advert.vrid, Vrid(42));
  EXPECT_EQ(advert.priority, Priority(191));
  EXPECT_EQ(advert.interval, 10s);
  EXPECT_EQ(advert.auth_type, AuthType::Pass);
  EXPECT_EQ(std::string(advert.auth_data.begin(), advert.auth_data.end()), "abcdefgh");
  ASSERT_EQ(advert.addresses.size(), 3U);
  EXPECT_EQ(advert.addresses[2].text(), "10.4.42.3");
  EXPECT_EQ(decoded.trailing, 0U);
  EXPECT_EQ(encode_vrrp(advert, kSource, kGroup4), message);
}

TEST(Vrrp, V2WithoutAuthenticationDataIsAccepted) {
  const auto message = payload(testing::kV2NoAuthDataFrame, kIpv4Payload);
  const VrrpDecoded decoded = decode_vrrp(message, IpAddress::v4(0xC0A8001E), kGroup4);
  EXPECT_EQ(decoded.defect, VrrpDefect::None) << text(decoded.defect);
  EXPECT_EQ(decoded.advertisement.addresses.size(), 3U);
}

TEST(Vrrp, V3Ipv4ByteForByteInBothChecksumForms) {
  const auto message = payload(testing::kV3Ipv4Frame, kIpv4Payload);
  const IpAddress source = IpAddress::v4(0xC0A8001E);
  const VrrpDecoded decoded = decode_vrrp(message, source, kGroup4);
  ASSERT_EQ(decoded.defect, VrrpDefect::None) << text(decoded.defect);
  EXPECT_EQ(decoded.advertisement.version, 3);
  EXPECT_EQ(decoded.advertisement.interval, 10ms);
  EXPECT_EQ(encode_vrrp(decoded.advertisement, source, kGroup4, decoded.checksum_form), message);

  const auto plain = encode_vrrp(decoded.advertisement, source, kGroup4, V3Checksum::MessageOnly);
  const auto pseudo = encode_vrrp(decoded.advertisement, source, kGroup4, V3Checksum::PseudoHeader);
  EXPECT_NE(plain, pseudo);
  EXPECT_EQ(decode_vrrp(plain, source, kGroup4).checksum_form, V3Checksum::MessageOnly);
  EXPECT_EQ(decode_vrrp(pseudo, source, kGroup4).checksum_form, V3Checksum::PseudoHeader);
  EXPECT_EQ(decode_vrrp(plain, source, kGroup4, V3Checksum::PseudoHeader).defect,
            VrrpDefect::Checksum);
  EXPECT_EQ(decode_vrrp(pseudo, source, kGroup4, V3Checksum::MessageOnly).defect,
            VrrpDefect::Checksum);
}

TEST(Vrrp, V3Ipv6ByteForByte) {
  const auto message = payload(testing::kV3Ipv6Frame, kIpv6Payload);
  const IpAddress source = *IpAddress::parse("fe80::d6ca:6dff:fe66:cf60");
  const VrrpDecoded decoded = decode_vrrp(message, source, vrrp_group(Family::V6));
  ASSERT_EQ(decoded.defect, VrrpDefect::None) << text(decoded.defect);
  EXPECT_EQ(decoded.advertisement.vrid, Vrid(45));
  EXPECT_EQ(decoded.advertisement.interval, 10s);
  ASSERT_EQ(decoded.advertisement.addresses.size(), 2U);
  EXPECT_EQ(decoded.advertisement.addresses[1].text(), "2001::abcd:a");
  EXPECT_EQ(encode_vrrp(decoded.advertisement, source, vrrp_group(Family::V6)), message);
}

TEST(Vrrp, EveryPrefixOfAMessageIsTruncatedAndEveryFlippedBitIsSeen) {
  const auto message = payload(testing::kV2PassFrame, kIpv4Payload);
  for (std::size_t size = 0; size < message.size(); ++size) {
    EXPECT_EQ(decode_vrrp(std::span(message).first(size), kSource, kGroup4).defect,
              VrrpDefect::Truncated)
        << size;
  }
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    auto damaged = message;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ (1U << bit % 8));
    EXPECT_NE(decode_vrrp(damaged, kSource, kGroup4).defect, VrrpDefect::None) << bit;
  }
}

Advertisement sample() {
  Advertisement advert;
  advert.addresses = {IpAddress::v4(0xC0A8CD07)};
  return advert;
}

// Puts `value` at `at` and makes the checksum right again.
std::vector<std::uint8_t> altered(std::size_t at, std::uint8_t value) {
  auto message = encode_vrrp(sample(), kSource, kGroup4);
  const unsigned old_word = message[at & ~std::size_t{1}] << 8U | message[at | 1U];
  message[at] = value;
  const unsigned new_word = message[at & ~std::size_t{1}] << 8U | message[at | 1U];
  // RFC 1624 equation 3.
  unsigned sum = (~(message[6] << 8U | message[7]) & 0xffffU) + (~old_word & 0xffffU) + new_word;
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  message[6] = static_cast<std::uint8_t>(~sum >> 8U & 0xffU);
  message[7] = static_cast<std::uint8_t>(~sum & 0xffU);
  return message;
}

TEST(Vrrp, EachDefectHasItsName) {
  const auto defect = [](const std::vector<std::uint8_t>& m) {
    return decode_vrrp(m, kSource, kGroup4).defect;
  };
  EXPECT_EQ(defect(altered(0, 0x21)), VrrpDefect::None);
  EXPECT_EQ(defect(altered(0, 0x41)), VrrpDefect::Version);
  EXPECT_EQ(defect(altered(0, 0x22)), VrrpDefect::Type);
  EXPECT_EQ(defect(altered(1, 0)), VrrpDefect::VridZero);
  EXPECT_EQ(defect(altered(4, 3)), VrrpDefect::AuthType);
  EXPECT_EQ(defect(altered(5, 0)), VrrpDefect::IntervalZero);
  auto damaged = encode_vrrp(sample(), kSource, kGroup4);
  damaged[2] = 7;
  EXPECT_EQ(defect(damaged), VrrpDefect::Checksum);
}

TEST(Vrrp, AnUnreadableMessageStillNamesItsRouter) {
  const auto message = altered(4, 9);
  const auto decoded = decode_vrrp(message, kSource, kGroup4);
  EXPECT_EQ(decoded.advertisement.vrid, Vrid(1));
  EXPECT_EQ(decoded.advertisement.priority, Priority(100));
}

TEST(Vrrp, TrailingOctetsAreCountedWhetherOrNotTheChecksumCoversThem) {
  Advertisement advert = sample();
  auto message = encode_vrrp(advert, kSource, kGroup4);
  message.resize(message.size() + 28, 0xab);
  const auto decoded = decode_vrrp(message, kSource, kGroup4);
  EXPECT_EQ(decoded.defect, VrrpDefect::None);
  EXPECT_EQ(decoded.trailing, 28U);
  // The same with the 28 octets (14 words 0xabab) in the sum.
  unsigned sum = ~(message[6] << 8U | message[7]) & 0xffffU;
  sum += 14 * 0xabab;
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  message[6] = static_cast<std::uint8_t>(~sum >> 8U & 0xffU);
  message[7] = static_cast<std::uint8_t>(~sum & 0xffU);
  EXPECT_EQ(decode_vrrp(message, kSource, kGroup4).defect, VrrpDefect::None);
}

TEST(Vrrp, IntervalsAreClampedToTheirFields) {
  Advertisement advert = sample();
  const auto roundtrip = [&advert] {
    return decode_vrrp(encode_vrrp(advert, kSource, kGroup4), kSource, kGroup4)
        .advertisement.interval;
  };
  advert.interval = 300s;
  EXPECT_EQ(roundtrip(), 255s);
  advert.interval = 100ms;
  EXPECT_EQ(roundtrip(), 1s);
  advert.version = 3;
  EXPECT_EQ(roundtrip(), 100ms);
  advert.interval = 41s;
  EXPECT_EQ(roundtrip(), 40950ms);
}

TEST(Vrrp, MostAddressesThatFit) {
  Advertisement advert = sample();
  advert.addresses.assign(255, IpAddress::v4(0x0A0A0A0A));
  const auto decoded = decode_vrrp(encode_vrrp(advert, kSource, kGroup4), kSource, kGroup4);
  EXPECT_EQ(decoded.defect, VrrpDefect::None);
  EXPECT_EQ(decoded.advertisement, advert);
}

TEST(Vrrp, VirtualMac) {
  EXPECT_EQ(virtual_mac(Family::V4, Vrid(205)).text(), "00:00:5e:00:01:cd");
  EXPECT_EQ(virtual_mac(Family::V6, Vrid(45)).text(), "00:00:5e:00:02:2d");
}

}  // namespace
}  // namespace alibi::wire
