// SPDX-License-Identifier: Apache-2.0
// The recorder's memory: bounded by time and by size, and honest about which.
#include "daemon/recorder_log.h"

#include <gtest/gtest.h>

#include "daemon/recorder_watch.h"

namespace alibi::daemon {
namespace {

constexpr Instant kStart{1'000'000'000'000};

KeptFrame frame_at(Instant at, std::size_t size = 60) {
  KeptFrame frame;
  frame.at = at;
  frame.bytes.assign(size, 7);
  return frame;
}

TEST(RecorderLog, OldIsForgottenAndNotLost) {
  RecorderLog log(10s, 1U << 20);
  log.add_frame(frame_at(kStart));
  log.add_frame(frame_at(kStart + 5s));
  log.add_fact(kStart, evidence::ProcessForked{1, 2});
  const std::vector<std::uint8_t> record(50, 1);
  log.add_probe(kStart, record);
  int gone = 0;
  log.trim(kStart + 11s, [&gone](const KeptFrame&, bool memory) {
    EXPECT_FALSE(memory);
    ++gone;
  });
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(log.frames().size(), 1U);
  EXPECT_TRUE(log.facts().empty());
  int records = 0;
  log.each_probe([&records](std::span<const std::uint8_t>) { ++records; });
  EXPECT_EQ(records, 0);
  EXPECT_EQ(log.evicted_events(), 0U);
}

TEST(RecorderLog, TooMuchIsForcedOutOldestFirstAndCounted) {
  RecorderLog log(1h, 64U * 1024);
  for (int i = 0; i < 1000; ++i) log.add_frame(frame_at(kStart + i * 1s, 200));
  std::size_t gone = 0;
  log.trim(kStart + 1000s, [&gone](const KeptFrame&, bool memory) {
    EXPECT_TRUE(memory);
    ++gone;
  });
  EXPECT_EQ(gone + log.frames().size(), 1000U);
  EXPECT_GT(gone, 0U);
  EXPECT_LE(log.bytes(), 64U * 1024);
  EXPECT_EQ(log.complete_since(), kStart + static_cast<std::int64_t>(gone - 1) * 1s);
  EXPECT_EQ(log.frames().back().at, kStart + 999s);
}

TEST(RecorderLog, RecordsComeBackWholeAndInOrder) {
  RecorderLog log(1h, 1U << 24);
  for (std::uint32_t i = 0; i < 5000; ++i)
    log.add_probe(kStart + i * 1ms, std::vector<std::uint8_t>(1 + i % 400,
                                                              static_cast<std::uint8_t>(i)));
  std::uint32_t next = 0;
  log.each_probe([&next](std::span<const std::uint8_t> record) {
    EXPECT_EQ(record.size(), 1 + next % 400);
    EXPECT_EQ(record[0], static_cast<std::uint8_t>(next));
    ++next;
  });
  EXPECT_EQ(next, 5000U);
}

TEST(RecorderLog, ForcedOutRecordsAreCounted) {
  RecorderLog log(1h, 100U * 1024);
  const std::vector<std::uint8_t> record(1000, 1);
  for (int i = 0; i < 500; ++i) log.add_probe(kStart + i * 1ms, record);
  log.trim(kStart + 1s, [](const KeptFrame&, bool) {});
  std::uint64_t kept = 0;
  log.each_probe([&kept](std::span<const std::uint8_t>) { ++kept; });
  EXPECT_EQ(kept + log.evicted_events(), 500U);
  EXPECT_GT(log.evicted_events(), 0U);
}

using Names = std::vector<std::string>;

TEST(ServiceNames, WhatScriptsLookFor) {
  EXPECT_EQ(service_names("killall -0 haproxy"), Names{"haproxy"});
  EXPECT_EQ(service_names("/usr/bin/killall -0 /usr/sbin/haproxy"), Names{"haproxy"});
  EXPECT_EQ(service_names("sh -c \"killall -0 haproxy\""), Names{"haproxy"});
  EXPECT_EQ(service_names("/bin/sh -c /usr/bin/pgrep -x nginx >/dev/null"), Names{"nginx"});
  EXPECT_EQ(service_names("pidof haproxy"), Names{"haproxy"});
  EXPECT_EQ(service_names("pidof -x haproxy nginx"), (Names{"haproxy", "nginx"}));
  EXPECT_EQ(service_names("pkill --signal 0 -x mysqld"), Names{"mysqld"});
  EXPECT_EQ(service_names("pgrep -u root -x sshd"), Names{"sshd"});
}

TEST(ServiceNames, WhatKillsIsNoCheck) {
  EXPECT_EQ(service_names("killall haproxy"), Names{});
  EXPECT_EQ(service_names("pkill -HUP nginx"), Names{});
  EXPECT_EQ(service_names("systemctl restart haproxy"), Names{});
  EXPECT_EQ(service_names(""), Names{});
}

}  // namespace
}  // namespace alibi::daemon
