// SPDX-License-Identifier: Apache-2.0
// Large files are read by two threads; what comes out is what one would have read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "evidence/capture_file.h"
#include "evidence/testing.h"
#include "wire/testing.h"

namespace alibi::evidence {
namespace {

using ::testing::HasSubstr;
using testing::TempFolder;
using wire::testing::hex;

constexpr std::uint64_t kPackets = 30'000;

/// Most packets are of some hundred octets, some longer than a block and its headroom together.
std::size_t size_of(std::uint64_t number) {
  if (number % 10'000 == 5'000) return (std::size_t{3} << 20U) + number;
  return 100 + number * 7919 % 2000;
}

std::string write_large(const TempFolder& folder) {
  const std::string path = folder.file("large.pcap");
  std::ofstream out(path, std::ios::binary);
  const auto head = hex("d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000");
  out.write(reinterpret_cast<const char*>(head.data()), static_cast<std::streamsize>(head.size()));
  for (std::uint64_t i = 1; i <= kPackets; ++i) {
    const auto size = static_cast<std::uint32_t>(size_of(i));
    const std::uint32_t record[] = {static_cast<std::uint32_t>(i), 0, size, size};
    out.write(reinterpret_cast<const char*>(record), sizeof record);
    const std::string data(size, static_cast<char>(i % 251));
    out.write(data.data(), static_cast<std::streamsize>(size));
  }
  return path;
}

Result<CaptureSummary> check_packets(const std::string& path) {
  return read_capture(path, wire::Interest::Everything, [](const CapturedFrame& frame) {
    EXPECT_EQ(frame.bytes.size(), size_of(frame.number));
    EXPECT_EQ(frame.bytes.front(), frame.number % 251);
    EXPECT_EQ(frame.bytes.back(), frame.number % 251);
  });
}

TEST(FileBlocks, RecordsOfEverySizeComeOutWhole) {
  const TempFolder folder;
  const std::string path = write_large(folder);
  ASSERT_GT(std::filesystem::file_size(path), std::uint64_t{32} << 20U);
  const auto summary = check_packets(path);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->damage, "");
  EXPECT_EQ(summary->frames, kPackets);
}

TEST(FileBlocks, ACutIsPlacedWhereItIs) {
  const TempFolder folder;
  const std::string path = write_large(folder);
  const std::uint64_t whole = std::filesystem::file_size(path);
  // Inside a packet; between two; in the middle of one longer than a block; at the end of a block.
  std::uint64_t before_long = 24;
  for (std::uint64_t i = 1; i < 25'000; ++i) before_long += 16 + size_of(i);
  for (const auto& [size, damage] : {std::pair(whole - 1, "truncated at packet 30000, byte offset"),
                                     std::pair(whole - 16 - size_of(kPackets), ""),
                                     std::pair(before_long + (std::uint64_t{1} << 20U),
                                               "truncated at packet 25000, byte offset"),
                                     std::pair(std::uint64_t{20} << 20U, "truncated at packet")}) {
    std::filesystem::resize_file(path, size);
    const auto summary = check_packets(path);
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->damage.empty(), *damage == '\0');
    EXPECT_THAT(summary->damage, HasSubstr(damage));
  }
}

TEST(FileBlocks, AReaderThatStopsEarlyEndsItsHelper) {
  const TempFolder folder;
  const std::string path = write_large(folder);
  std::filesystem::resize_file(path, std::uint64_t{24} << 20U);
  {
    std::fstream damaged(path, std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(24 + 8);
    damaged.write("\xff\xff\xff\xff", 4);
  }
  const auto summary = read_capture(path, wire::Interest::Everything, [](const CapturedFrame&) {});
  ASSERT_TRUE(summary);
  EXPECT_THAT(summary->damage, HasSubstr("damaged at packet 1, byte offset 24"));
}

}  // namespace
}  // namespace alibi::evidence
