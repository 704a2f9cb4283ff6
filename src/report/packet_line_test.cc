// SPDX-License-Identifier: Apache-2.0
// The lines themselves are compared with tcpdump's in tests/capture/test_lines.py.
#include "report/packet_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/hex_dump.h"
#include "wire/testing.h"

namespace alibi::report {
namespace {

using ::testing::HasSubstr;
using wire::LinkType;
using wire::testing::hex;

const auto kAdvert =
    hex("01005e000012 00005e000133 0800"
        "45c0 0028 0007 0000 ff70 0000 0a000001 e0000012"
        "2133 6401 0001 7066 0a000064 0000000000000000");

TEST(PacketLine, NamesComeFromTheCaller) {
  PacketLineOptions options;
  options.names.host = [](const wire::IpAddress& address) {
    return address.is_multicast() ? "vrrp.mcast.net" : "";
  };
  EXPECT_EQ(
      packet_line(kAdvert, 54, LinkType::Ethernet, options).text,
      "IP 10.0.0.1 > vrrp.mcast.net: VRRPv2, Advertisement, vrid 51, prio 100, authtype none, "
      "intvl 1s, length 20");
}

TEST(PacketLine, AnyCutOfAPacketIsALineAndSaysSo) {
  PacketLineOptions options;
  options.verbosity = 2;
  options.link_header = true;
  for (std::size_t size = 0; size < kAdvert.size(); ++size) {
    const auto bytes = std::span(kAdvert).first(size);
    const PacketLine line = packet_line(bytes, 54, LinkType::Ethernet, options);
    EXPECT_TRUE(line.cut || size >= 34) << size;
    EXPECT_EQ(line.cut, line.text.find(" [|") != std::string::npos) << line.text;
  }
}

TEST(PacketLine, EveryLinkTypeTakesAnyOctets) {
  for (const unsigned type : {0U, 1U, 9U, 101U, 108U, 113U, 228U, 229U, 276U, 999U}) {
    for (unsigned fill = 0; fill < 256; fill += 5) {
      const std::vector<std::uint8_t> bytes(90, static_cast<std::uint8_t>(fill));
      for (std::size_t size = 0; size <= bytes.size(); size += 9) {
        PacketLineOptions options;
        options.verbosity = 2;
        (void)packet_line(std::span(bytes).first(size), 90, static_cast<LinkType>(type), options);
      }
    }
  }
}

TEST(PacketLine, PacketsInPacketsEnd) {
  // IPv4 in IPv4, without end: the protocol is 4 in each.
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 60; ++i) {
    const auto header = hex("4500 0400 0007 0000 ff04 0000 0a000001 0a000002");
    bytes.insert(bytes.end(), header.begin(), header.end());
  }
  EXPECT_TRUE(packet_line(bytes, 1200, LinkType::Raw, {}).cut);
}

TEST(PacketLine, LinkHeadersWithTags) {
  EXPECT_EQ(link_header_size(kAdvert, LinkType::Ethernet), 14U);
  const auto tagged = hex("01005e000012 00005e000133 8100 0064 8100 0065 0800 4500");
  EXPECT_EQ(link_header_size(tagged, LinkType::Ethernet), 22U);
  EXPECT_EQ(link_header_size(std::span(kAdvert).first(5), LinkType::Ethernet), 5U);
}

TEST(HexDump, OffsetsAndCharacters) {
  const auto bytes = hex("41 0a 20 7e 7f 41414141414141414141414142");
  EXPECT_EQ(hex_dump(bytes, HexDump::Hex),
            "\n\t0x0000:  410a 207e 7f41 4141 4141 4141 4141 4141\n\t0x0010:  4142");
  EXPECT_THAT(hex_dump(bytes, HexDump::HexAndText), HasSubstr("A..~.AAA"));
  EXPECT_EQ(hex_dump(hex("41 0d0a 0d 42 00 0d"), HexDump::Text), "\nA\n.B.");
}

}  // namespace
}  // namespace alibi::report
