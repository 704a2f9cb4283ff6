// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "evidence/capture_file.h"
#include "evidence/testing.h"
#include "wire/testing.h"

namespace alibi::evidence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TempFolder;
using wire::testing::hex;
using Octets = std::vector<std::uint8_t>;

CapturedFrame frame(std::int64_t ns, std::uint32_t interface, const Octets& bytes) {
  CapturedFrame out;
  out.unix_ns = ns;
  out.interface = interface;
  out.original_length = static_cast<std::uint32_t>(bytes.size());
  out.bytes = bytes;
  return out;
}

const Octets kAdvert = hex(wire::testing::kV2PassFrame);
const Octets kArp = wire::encode_gratuitous_arp({{2, 0, 0, 0, 0, 1}}, wire::IpAddress::v4(7));
const Octets kOther = hex("020000000002 020000000001 88cc 00");

// Three interfaces, the third of a link type that nobody knows; adverts on the first two.
std::string write_sample(const TempFolder& folder) {
  const std::string path = folder.file("sample.pcapng");
  std::vector<CaptureInterface> interfaces(3);
  interfaces[0].name = "eth0";
  interfaces[0].description = "A";
  interfaces[1].name = "tap1";
  interfaces[2].name = "odd";
  interfaces[2].link_type = static_cast<wire::LinkType>(105);
  auto writer = PcapngWriter::create(path, interfaces, 200);
  EXPECT_TRUE(writer) << writer.error().message;
  EXPECT_TRUE(writer->write(frame(3'000, 0, kAdvert), "the first"));
  auto late = frame(1'000, 1, kAdvert);
  late.direction = Direction::Out;
  late.dropped_before = 4;
  EXPECT_TRUE(writer->write(late));
  late = frame(4'000, 1, kOther);
  late.dropped_before = 2;
  EXPECT_TRUE(writer->write(late));
  EXPECT_TRUE(writer->write(frame(5'000, 1, kArp)));
  EXPECT_TRUE(writer->write(frame(6'000, 1, kAdvert)));
  EXPECT_TRUE(writer->write(frame(7'000, 2, kOther)));
  interfaces[0].dropped = 11;
  interfaces[0].received = 12;
  EXPECT_TRUE(writer->finish(interfaces));
  return path;
}

TEST(CaptureRecording, OneTapForEachInterfaceWithHonestCounters) {
  const TempFolder folder;
  std::vector<std::string> warnings;
  const auto recording = recording_from_captures({write_sample(folder)}, &warnings);
  ASSERT_TRUE(recording) << recording.error().message;
  ASSERT_EQ(recording->taps.size(), 3U);
  EXPECT_EQ(recording->taps[0].label, "sample.pcapng:eth0");
  EXPECT_EQ(recording->taps[1].interface, "tap1");
  for (const Tap& tap : recording->taps) EXPECT_EQ(tap.received, tap.written + tap.dropped);
  EXPECT_EQ(recording->taps[0].written, 1U);
  EXPECT_EQ(recording->taps[0].dropped, 11U);
  EXPECT_EQ(recording->taps[1].written, 4U);
  EXPECT_EQ(recording->taps[1].dropped, 6U);
  EXPECT_EQ(recording->taps[1].undecoded, 1U);
  EXPECT_EQ(recording->taps[2].undecoded, 1U);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("1 frames of link type 105")));

  ASSERT_EQ(recording->heartbeats.size(), 3U);
  const Heartbeat& first = recording->heartbeats[0];
  EXPECT_EQ(first.at.ns, 1'000);
  EXPECT_EQ(first.tap, 1);
  EXPECT_EQ(first.direction, Direction::Out);
  EXPECT_EQ(first.dropped_before, 4U);
  EXPECT_EQ(first.packet_number, 2U);
  EXPECT_EQ(recording->heartbeats[1].at.ns, 3'000);
  EXPECT_EQ(recording->heartbeats[2].dropped_before, 2U);
  ASSERT_EQ(recording->arps.size(), 1U);
  EXPECT_TRUE(recording->arps[0].packet.gratuitous());
  EXPECT_EQ(recording->begin.ns, 1'000);
  EXPECT_EQ(recording->end.ns, 7'000);
  EXPECT_FALSE(recording->has_host_evidence);
  EXPECT_EQ(recording->unix_ns(Instant{5}), 5);
}

TEST(CaptureRecording, ADamagedFileIsReadUpToTheDamageAndNamed) {
  const TempFolder folder;
  const std::string path = write_sample(folder);
  std::filesystem::resize_file(path, 500);
  std::vector<std::string> warnings;
  const auto recording = recording_from_captures({path}, &warnings);
  ASSERT_TRUE(recording);
  EXPECT_FALSE(recording->heartbeats.empty());
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("sample.pcapng: truncated at packet ")));
}

TEST(CaptureRecording, SeveralFilesAndCookedDirections) {
  const TempFolder folder;
  const auto write = [&folder](const std::string& name, std::uint8_t packet_type) {
    CaptureInterface any;
    any.link_type = wire::LinkType::LinuxSll;
    auto writer = PcapngWriter::create(folder.file(name), {any}, 65535);
    Octets bytes = hex("0000 0001 0006 0000 5e00 012a 0000 0800");
    bytes[1] = packet_type;
    bytes.insert(bytes.end(), kAdvert.begin() + 14, kAdvert.end());
    EXPECT_TRUE(writer->write(frame(packet_type * 1000, 0, bytes)));
    EXPECT_TRUE(writer->finish({any}));
    return folder.file(name);
  };
  const auto recording =
      recording_from_captures({write("b.pcapng", 4), write("a.pcapng", 2)}, nullptr);
  ASSERT_TRUE(recording);
  ASSERT_EQ(recording->taps.size(), 2U);
  EXPECT_EQ(recording->taps[0].label, "b.pcapng");
  EXPECT_EQ(recording->taps[1].label, "a.pcapng");
  ASSERT_EQ(recording->heartbeats.size(), 2U);
  EXPECT_EQ(recording->heartbeats[0].tap, 1);
  EXPECT_EQ(recording->heartbeats[0].direction, Direction::In);
  EXPECT_EQ(recording->heartbeats[1].direction, Direction::Out);
}

TEST(CaptureRecording, AFileLargerThanTheReadBuffer) {
  const TempFolder folder;
  const std::string path = folder.file("large.pcapng");
  constexpr std::int64_t kFrames = 20'000;
  auto writer = PcapngWriter::create(path, {CaptureInterface{}}, 65535);
  ASSERT_TRUE(writer);
  Octets padded = kAdvert;
  for (std::int64_t i = 0; i < kFrames; ++i) {
    padded.resize(kAdvert.size() + static_cast<std::size_t>(i % 1500));
    ASSERT_TRUE(writer->write(frame(i, 0, padded)));
  }
  ASSERT_TRUE(writer->finish({CaptureInterface{}}));
  ASSERT_GT(std::filesystem::file_size(path), 10U << 20U);
  const auto recording = recording_from_captures({path}, nullptr);
  ASSERT_TRUE(recording);
  ASSERT_EQ(recording->heartbeats.size(), static_cast<std::size_t>(kFrames));
  EXPECT_EQ(recording->heartbeats.back().at.ns, kFrames - 1);
  EXPECT_EQ(recording->taps[0].undecoded, 0U);
}

TEST(CaptureRecording, MissingFile) {
  const auto recording = recording_from_captures({"/nonexistent.pcap"}, nullptr);
  ASSERT_FALSE(recording);
  EXPECT_THAT(recording.error().message, HasSubstr("/nonexistent.pcap"));
  EXPECT_FALSE(PcapngWriter::create("/nonexistent/x.pcapng", {}, 100));
}

TEST(Corpus, TcpdumpsVrrpCapture) {
  const std::string path = testing::corpus_file("tcpdump/vrrp.pcap");
  if (path.empty()) GTEST_SKIP() << "no shared corpus here";
  std::vector<std::string> warnings;
  const auto recording = recording_from_captures({path}, &warnings);
  ASSERT_TRUE(recording) << recording.error().message;
  EXPECT_THAT(warnings, IsEmpty());
  EXPECT_EQ(recording->heartbeats.size(), 165U);
  std::map<int, int> versions;
  for (const Heartbeat& heartbeat : recording->heartbeats) {
    EXPECT_EQ(heartbeat.packet.decoded.defect, wire::VrrpDefect::None) << heartbeat.packet_number;
    EXPECT_EQ(heartbeat.packet.ttl, 255);
    const auto& advert = heartbeat.packet.decoded.advertisement;
    EXPECT_EQ(advert.interval, 10s);
    versions[advert.vrid.value] = advert.version;
  }
  EXPECT_EQ(versions, (std::map<int, int>{{42, 2}, {43, 2}, {44, 3}, {45, 3}, {46, 3}}));
  EXPECT_EQ((recording->end - recording->begin) / 1s, 313);
}

TEST(Corpus, PcapPlusPlusFrames) {
  for (const char* name : {"VRRP-V2.pcap", "VRRP-V3-IPv4.pcap", "VRRP-V3-IPv6.pcap"}) {
    const std::string path = testing::corpus_file(std::string("pcapplusplus/") + name);
    if (path.empty()) GTEST_SKIP() << "no shared corpus here";
    const auto recording = recording_from_captures({path}, nullptr);
    ASSERT_TRUE(recording) << recording.error().message;
    ASSERT_EQ(recording->heartbeats.size(), 1U) << name;
    EXPECT_EQ(recording->heartbeats[0].packet.decoded.defect, wire::VrrpDefect::None) << name;
  }
}

}  // namespace
}  // namespace alibi::evidence
