// SPDX-License-Identifier: Apache-2.0
// A case in other tools' forms: read back by tshark, by the rules of CSV, and as protobuf.
#include "report/exports.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>
#include <set>

#include "investigate/scene_builder.h"

namespace alibi::report {
namespace {

using investigate::SceneBuilder;
using testing::HasSubstr;

/// Host 1 falls silent after 9 s, host 2 takes over.
SceneBuilder flap() {
  SceneBuilder b(2);
  b.keepalived();
  b.adverts(1, 0, 9'001, 110);
  b.beats(0, 9'001);
  b.adverts(2, 12'609, 20'000, 100);
  b.finish(20'000);
  return b;
}

std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::string text;
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    text.append(buffer, n);
  }
  ::pclose(pipe);
  return text;
}

TEST(PacketIds, OnePacketHasOneIdAtAllTaps) {
  const SceneBuilder b = flap();
  const std::vector<std::uint64_t> ids = packet_ids(b.recording.heartbeats);
  ASSERT_EQ(ids.size(), b.recording.heartbeats.size());
  const std::set<std::uint64_t> different(ids.begin(), ids.end());
  EXPECT_EQ(different.size() * 2, ids.size());
  EXPECT_EQ(different.count(0), 0U);
}

TEST(CasePcapng, TsharkReadsIdsAndTheVerdict) {
  if (output_of("command -v tshark").empty()) GTEST_SKIP() << "no tshark";
  const SceneBuilder b = flap();
  const std::string path = std::filesystem::temp_directory_path() /
                           ("alibi-export-" + std::to_string(std::random_device{}()));
  const auto written = write_case_pcapng(b.recording, investigate::investigate(b.recording), path);
  ASSERT_TRUE(written) << written.error().message;
  const std::string read = output_of("tshark -r " + path +
                                     " -T fields -e frame.packet_id -e vrrp.prio -e frame.comment"
                                     " -E separator=, 2>/dev/null");
  const std::string defects = output_of(
      "tshark -r " + path + " -Y '_ws.malformed || vrrp.checksum.status == 0' 2>/dev/null");
  std::filesystem::remove(path);
  EXPECT_EQ(static_cast<std::size_t>(std::count(read.begin(), read.end(), '\n')),
            b.recording.heartbeats.size());
  EXPECT_THAT(read, HasSubstr("1,110,"));
  EXPECT_THAT(read, HasSubstr("alibi incident 1: silence, 3.609 s after the last advert"));
  EXPECT_EQ(defects, "");
}

TEST(EventsCsv, ARowAnAdvertOrEvent) {
  const SceneBuilder b = flap();
  const std::string csv = events_csv(b.recording);
  EXPECT_TRUE(csv.starts_with("time_ns,unix_ns,kind,pid,tid,fact\r\n") ||
              csv.starts_with("time_ns,unix_ns,kind,pid,tid,fact\n"));
  EXPECT_EQ(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')),
            1 + b.recording.heartbeats.size() + b.recording.events.size());
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '"') % 2, 0);
}

/// Fields of one protobuf message (the wire format of protobuf.dev/programming-guides/encoding).
struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;
  std::string_view bytes;
};

std::vector<Field> fields_of(std::string_view message) {
  std::vector<Field> fields;
  std::size_t at = 0;
  const auto varint = [&] {
    std::uint64_t value = 0;
    for (int shift = 0; at < message.size() && shift < 64; shift += 7) {
      const auto octet = static_cast<unsigned char>(message[at++]);
      value |= static_cast<std::uint64_t>(octet & 0x7FU) << shift;
      if ((octet & 0x80U) == 0) return value;
    }
    ADD_FAILURE() << "a number without an end at " << at;
    return value;
  };
  while (at < message.size()) {
    const std::uint64_t key = varint();
    Field field{key >> 3, 0, {}};
    if ((key & 7) == 0) {
      field.value = varint();
    } else if ((key & 7) == 1) {
      at += 8;
    } else if ((key & 7) == 2) {
      const std::uint64_t size = varint();
      EXPECT_LE(size, message.size() - at);
      field.bytes = message.substr(at, size);
      at += size;
    } else {
      ADD_FAILURE() << "wire type " << (key & 7);
      return fields;
    }
    fields.push_back(field);
  }
  return fields;
}

TEST(Perfetto, SpansCloseOnTracksThatAreDescribed) {
  const SceneBuilder b = flap();
  const std::string trace = perfetto_trace(b.recording, investigate::investigate(b.recording));
  std::set<std::uint64_t> described;
  std::set<std::uint64_t> used;
  int open = 0;
  int clocks = 0;
  for (const Field& packet : fields_of(trace)) {
    ASSERT_EQ(packet.number, 1U);  // Trace.packet
    for (const Field& part : fields_of(packet.bytes)) {
      if (part.number == 6) ++clocks;
      if (part.number == 60) {
        for (const Field& f : fields_of(part.bytes)) {
          if (f.number == 1) described.insert(f.value);
        }
      }
      if (part.number != 11) continue;
      for (const Field& f : fields_of(part.bytes)) {
        if (f.number == 11) used.insert(f.value);
        if (f.number == 9 && f.value == 1) ++open;
        if (f.number == 9 && f.value == 2) --open;
      }
    }
  }
  EXPECT_EQ(open, 0);
  EXPECT_GE(clocks, 1);
  EXPECT_FALSE(used.empty());
  for (const std::uint64_t track : used) EXPECT_EQ(described.count(track), 1U) << track;
}

}  // namespace
}  // namespace alibi::report
