// SPDX-License-Identifier: Apache-2.0
// tcpdump and tshark read what alibi encodes, inside a pcapng that alibi wrote, and find nothing to
// complain about. Skipped where they are not installed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "evidence/capture_file.h"
#include "evidence/testing.h"

namespace alibi::evidence {
namespace {

using ::testing::HasSubstr;
using testing::installed;
using ::testing::Not;
using testing::Output;
using testing::run;
using Octets = std::vector<std::uint8_t>;
using wire::Advertisement;
using wire::IpAddress;

Octets advert_frame(const Advertisement& advert, const IpAddress& source,
                    wire::V3Checksum form = wire::V3Checksum::PseudoHeader) {
  const IpAddress group = wire::vrrp_group(source.family);
  const bool v4 = source.family == wire::Family::V4;
  const Octets message = wire::encode_vrrp(advert, source, group, form);
  Octets out =
      v4 ? Octets{0x01, 0x00, 0x5e, 0x00, 0x00, 0x12} : Octets{0x33, 0x33, 0x00, 0x00, 0x00, 0x12};
  const auto mac = wire::virtual_mac(source.family, advert.vrid);
  out.insert(out.end(), mac.bytes.begin(), mac.bytes.end());
  if (v4) {
    out.insert(out.end(), {0x08, 0x00});
    const auto header = wire::encode_ipv4_header(source, group, 255, message.size());
    out.insert(out.end(), header.begin(), header.end());
  } else {
    out.insert(out.end(),
               {0x86, 0xdd, 0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(message.size()), 112, 255});
    out.insert(out.end(), source.bytes.begin(), source.bytes.end());
    out.insert(out.end(), group.bytes.begin(), group.bytes.end());
  }
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

Advertisement advert(std::uint8_t version, std::initializer_list<const char*> addresses) {
  Advertisement out;
  out.version = version;
  out.vrid = Vrid(205);
  out.priority = Priority(101);
  for (const char* address : addresses) out.addresses.push_back(*IpAddress::parse(address));
  return out;
}

// Every kind of frame the daemon sends, in order.
std::vector<Octets> sent_frames() {
  const IpAddress v4 = *IpAddress::parse("192.168.205.2");
  const IpAddress v6 = *IpAddress::parse("fe80::2");
  const wire::MacAddress mac{{2, 0, 0, 0, 0, 1}};
  Advertisement pass = advert(2, {"192.168.205.7"});
  pass.auth_type = wire::AuthType::Pass;
  pass.auth_data = {'t', 'o', 't', 'a', 'l', 'l', 'y', '_'};
  Advertisement resign = pass;
  resign.priority = Priority(0);
  Advertisement fast = advert(3, {"192.168.205.7", "192.168.205.8"});
  fast.interval = 100ms;
  return {
      advert_frame(pass, v4),
      advert_frame(resign, v4),
      advert_frame(advert(2, {"192.168.205.7", "192.168.205.8"}), v4),
      advert_frame(fast, v4),
      advert_frame(advert(3, {"fe80::205:7", "2001:db8::7"}), v6),
      wire::encode_gratuitous_arp(mac, *IpAddress::parse("192.168.205.7")),
      wire::encode_unsolicited_na(mac, *IpAddress::parse("2001:db8::7"), false),
      wire::encode_unsolicited_na(mac, *IpAddress::parse("2001:db8::7"), true),
  };
}

// Written twice over two interfaces, with comments, directions and drops.
std::string write_frames(const testing::TempFolder& folder, const std::vector<Octets>& frames) {
  std::vector<CaptureInterface> interfaces(2);
  interfaces[0].name = "eth0";
  interfaces[0].description = "A loadbalancer01";
  interfaces[1].name = "tapA";
  const std::string path = folder.file("sent.pcapng");
  auto writer = PcapngWriter::create(path, interfaces, 65535);
  EXPECT_TRUE(writer);
  CapturedFrame frame;
  frame.unix_ns = 1'700'000'000'123'456'789;
  for (const Octets& bytes : frames) {
    for (const std::uint32_t interface : {0U, 1U}) {
      frame.interface = interface;
      frame.bytes = bytes;
      frame.direction = interface == 0 ? Direction::Out : Direction::In;
      frame.dropped_before = interface;
      EXPECT_TRUE(writer->write(frame, interface == 0 ? "sent here" : ""));
      frame.unix_ns += 1'000'000;
      ++interfaces[interface].received;
    }
  }
  EXPECT_TRUE(writer->finish(interfaces));
  return path;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t out = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++out;
  return out;
}

TEST(WirePeers, TcpdumpReadsEveryFrameWithoutAComplaint) {
  if (!installed("tcpdump")) GTEST_SKIP() << "tcpdump is not installed";
  const testing::TempFolder folder;
  const auto path = write_frames(folder, sent_frames());
  const Output out = run("tcpdump -nvvv --time-stamp-precision=nano -r " + path + " 2>&1");
  EXPECT_EQ(out.status, 0) << out.text;
  EXPECT_THAT(out.text, HasSubstr(".123456789"));
  for (const char* complaint : {"bad", "wrong", "invalid", "truncated", "[|", "incorrect"}) {
    EXPECT_THAT(out.text, Not(HasSubstr(complaint)));
  }
  EXPECT_EQ(count(out.text, "VRRPv2, Advertisement"), 6U) << out.text;
  EXPECT_EQ(count(out.text, "VRRPv3, Advertisement"), 4U) << out.text;
  EXPECT_EQ(count(out.text, "auth \"totally_\""), 4U) << out.text;
  EXPECT_EQ(count(out.text, "prio 0"), 2U) << out.text;
  EXPECT_EQ(count(out.text, "who-has 192.168.205.7 (ff:ff:ff:ff:ff:ff) tell 192.168.205.7"), 2U)
      << out.text;
  EXPECT_EQ(count(out.text, "neighbor advertisement"), 4U) << out.text;
  EXPECT_EQ(count(out.text, "[icmp6 sum ok]"), 4U) << out.text;
}

TEST(WirePeers, TsharkReadsEveryFrameWithoutAnExpertWarning) {
  if (!installed("tshark")) GTEST_SKIP() << "tshark is not installed";
  const testing::TempFolder folder;
  const auto path = write_frames(folder, sent_frames());
  // One line a frame: protocol, IPv4, VRRP, ICMPv6 checksum status (1 = good), worst expert message
  // (the packet comment of every other frame counts as one), interface, malformed.
  const std::string kPacketComment = "1048576";
  const Output out = run("HOME=" + folder.file("") +
                         " tshark -n -o vrrp.v3_checksum_as_in_v2:FALSE"
                         " -o ip.check_checksum:TRUE -r " +
                         path +
                         " -T fields -E separator=/s -E header=n"
                         " -e _ws.col.Protocol -e ip.checksum.status -e vrrp.checksum.status"
                         " -e icmpv6.checksum.status -e _ws.expert.severity -e frame.interface_name"
                         " -e _ws.malformed 2>/dev/null");
  EXPECT_EQ(out.status, 0) << out.text;
  std::istringstream lines(out.text);
  std::string line;
  std::vector<std::string> got;
  while (std::getline(lines, line)) got.push_back(line);
  ASSERT_EQ(got.size(), 16U) << out.text;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::string end = i % 2 == 0 ? kPacketComment + " eth0 " : " tapA ";
    const std::size_t frame = i / 2;
    const std::string want = frame < 4    ? "VRRP 1 1  "
                             : frame == 4 ? "VRRP  1  "
                             : frame == 5 ? "ARP    "
                                          : "ICMPv6   1 ";
    EXPECT_EQ(got[i], want + end) << i;
  }
}

TEST(WirePeers, TsharkAcceptsTheV3ChecksumWithoutPseudoHeaderWhereItIsTold) {
  if (!installed("tshark")) GTEST_SKIP() << "tshark is not installed";
  const testing::TempFolder folder;
  const auto path =
      write_frames(folder, {advert_frame(advert(3, {"10.0.0.7"}), *IpAddress::parse("10.0.0.1"),
                                         wire::V3Checksum::MessageOnly)});
  const Output out =
      run("HOME=" + folder.file("") + " tshark -n -o vrrp.v3_checksum_as_in_v2:TRUE -r " + path +
          " -T fields -e vrrp.checksum.status 2>/dev/null");
  EXPECT_EQ(out.text, "1\n1\n");
}

TEST(WirePeers, AlibiReadsBackWhatItWrote) {
  const testing::TempFolder folder;
  std::vector<std::string> warnings;
  const auto recording = recording_from_captures({write_frames(folder, sent_frames())}, &warnings);
  ASSERT_TRUE(recording);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(recording->heartbeats.size(), 10U);
  EXPECT_EQ(recording->arps.size(), 6U);
  for (const Tap& tap : recording->taps) EXPECT_EQ(tap.undecoded, 0U);
}

}  // namespace
}  // namespace alibi::evidence
