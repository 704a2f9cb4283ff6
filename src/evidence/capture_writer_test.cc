// SPDX-License-Identifier: Apache-2.0
#include "evidence/capture_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace alibi::evidence {
namespace {

using ::testing::HasSubstr;

class CaptureWriterTest : public ::testing::TestWithParam<const char*> {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path(const std::string& name) {
    path_ = ::testing::TempDir() + "writer-" + std::to_string(getpid()) + "-" + name;
    return path_;
  }
  std::string path_;
};

CaptureFormat format_for(const std::string& name) {
  CaptureFormat format;
  format.pcapng = name.find("pcapng") != std::string::npos;
  format.nanoseconds = true;
  format.snap_length = 100;
  format.interfaces.resize(2);
  format.interfaces[0].name = "eth0";
  format.interfaces[1].name = "eth1";
  return format;
}

TEST_P(CaptureWriterTest, WhatIsWrittenIsRead) {
  auto writer = CaptureWriter::create(path(GetParam()), format_for(GetParam()));
  ASSERT_TRUE(writer) << writer.error().message;
  const std::vector<std::uint8_t> bytes(150, 7);
  for (unsigned i = 0; i < 3000; ++i) {
    CapturedFrame frame;
    frame.unix_ns = 1'700'000'000'123'456'789 + i;
    frame.original_length = 150;
    frame.bytes = std::span(bytes).first(i % 151);
    frame.dropped_before = i == 9 ? 4 : 0;
    ASSERT_TRUE(writer->write(frame));
  }
  ASSERT_TRUE(writer->statistics(0, 1'700'000'001'000'000'000, 3004, 4));
  ASSERT_TRUE(writer->close());
  EXPECT_EQ(writer->frames(), 3000U);
  EXPECT_EQ(writer->lost(), 0U);
  std::uint64_t lost = 0, count = 0;
  const auto summary =
      read_capture(path_, wire::Interest::Everything, [&](const CapturedFrame& frame) {
        EXPECT_EQ(frame.unix_ns, 1'700'000'000'123'456'789 + static_cast<std::int64_t>(count));
        EXPECT_EQ(frame.bytes.size(), std::min<std::size_t>(count % 151, 100));
        lost += frame.dropped_before;
        ++count;
      });
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->damage, "");
  EXPECT_EQ(count, 3000U);
  if (!format_for(GetParam()).pcapng) return;
  EXPECT_EQ(lost, 4U);
  EXPECT_EQ(summary->interfaces.at(0).received, 3004U);
  EXPECT_EQ(summary->interfaces.at(1).name, "eth1");
}

INSTANTIATE_TEST_SUITE_P(Formats, CaptureWriterTest,
                         ::testing::Values("a.pcap", "a.pcapng", "a.pcap.gz", "a.pcapng.gz",
                                           "a.pcap.zst", "a.pcapng.zst"));

TEST(OutputFileTest, AFullDiskCountsWhatItDidNotTake) {
  auto file = OutputFile::create("/dev/full");
  ASSERT_TRUE(file) << file.error().message;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(file->record(100));
  EXPECT_EQ(file->lost_records(), 0U);
  const auto flushed = file->flush();
  ASSERT_FALSE(flushed);
  EXPECT_THAT(flushed.error().message, HasSubstr("/dev/full: No space left on device"));
  EXPECT_EQ(file->lost_records(), 5U);
  EXPECT_FALSE(file->record(100));
  EXPECT_TRUE(file->close());
}

TEST(OutputFileTest, NoSuchFolder) {
  const auto file = OutputFile::create("/nowhere/at/all");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message, "/nowhere/at/all: No such file or directory");
}

}  // namespace
}  // namespace alibi::evidence
