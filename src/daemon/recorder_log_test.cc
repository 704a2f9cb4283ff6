// SPDX-License-Identifier: Apache-2.0
// The recorder's memory: bounded by time and by size, and honest about which.
#include "daemon/recorder_log.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "bpf/abi.h"
#include "daemon/recorder_watch.h"

namespace alibi::daemon {
namespace {

constexpr Instant kStart{1'000'000'000'000};

/// Octets that resemble no other frame's.
KeptFrame frame_at(Instant at, std::size_t size = 60) {
  KeptFrame frame;
  frame.at = at;
  std::mt19937 random(static_cast<unsigned>(at.ns / 1'000'000));
  for (std::size_t i = 0; i < size; ++i) frame.bytes.push_back(static_cast<std::uint8_t>(random()));
  return frame;
}

std::vector<std::uint8_t> record_at(Instant at, std::size_t size) {
  std::vector<std::uint8_t> record = frame_at(at, size).bytes;
  std::memcpy(record.data(), &at.ns, sizeof at.ns);
  return record;
}

std::vector<Instant> moments(const RecorderLog& log) {
  std::vector<Instant> found;
  log.each_frame([&found](const KeptFrame& frame, const FrameKind&) { found.push_back(frame.at); });
  return found;
}

TEST(RecorderLog, OldIsForgottenAndNotLost) {
  RecorderLog log(10s, 1U << 20);
  log.add_frame(frame_at(kStart));
  log.add_frame(frame_at(kStart + 5s));
  log.add_fact(kStart, evidence::ProcessForked{1, 2});
  log.add_probe(record_at(kStart, 50));
  std::uint64_t gone = 0;
  log.trim(kStart + 11s,
           [&gone](evidence::TapId, const PackedFrames::TapShare& share, bool memory) {
             EXPECT_FALSE(memory);
             gone += share.frames;
           });
  EXPECT_EQ(gone, 1U);
  EXPECT_EQ(moments(log), std::vector<Instant>{kStart + 5s});
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
  log.trim(kStart + 1000s,
           [&gone](evidence::TapId, const PackedFrames::TapShare& share, bool memory) {
             EXPECT_TRUE(memory);
             gone += share.frames;
           });
  const auto kept = moments(log);
  EXPECT_EQ(gone + kept.size(), 1000U);
  EXPECT_GT(gone, 0U);
  EXPECT_GT(kept.size(), 100U);
  EXPECT_LE(log.bytes(), 64U * 1024);
  EXPECT_EQ(log.complete_since(), kStart + static_cast<std::int64_t>(gone - 1) * 1s);
  EXPECT_EQ(kept.front(), kStart + static_cast<std::int64_t>(gone) * 1s);
  EXPECT_EQ(kept.back(), kStart + 999s);
}

TEST(RecorderLog, WhatIsForgottenIsNotCountedInItsSize) {
  RecorderLog log(10s, 1U << 24);
  for (int i = 0; i < 5000; ++i) {
    log.add_frame(frame_at(kStart + i * 10ms, 200));
    log.add_probe(record_at(kStart + i * 10ms, 100));
    log.trim(kStart + i * 10ms, [](evidence::TapId, const PackedFrames::TapShare&, bool) {});
  }
  // 11 seconds of it, and what the open pieces hold to compare with.
  EXPECT_GT(log.bytes(), 1000U * 300);
  EXPECT_LT(log.bytes(), 1100U * 300 + 200U * 1024);
  log.trim(kStart + 1h, [](evidence::TapId, const PackedFrames::TapShare&, bool) {});
  EXPECT_EQ(log.bytes(), 0U);
}

TEST(RecorderLog, ReachIsWhatFits) {
  RecorderLog log(160s, 1U << 24);
  for (int i = 0; i < 100; ++i) {
    log.add_frame(frame_at(kStart + i * 1s));
    log.add_probe(record_at(kStart + i * 1s, 50));
  }
  EXPECT_EQ(log.reach(SIZE_MAX, 100, 100), Instant{});
  EXPECT_EQ(log.reach(100 * 200, 100, 100), Instant{});
  const Instant half = log.reach(50 * 200, 100, 100);
  EXPECT_GT(half, kStart + 40s);
  EXPECT_LT(half, kStart + 62s);
  EXPECT_EQ(log.reach(0, 100, 100), kStart + 99s);
}

TEST(RecorderLog, RecordsComeBackWholeAndInOrder) {
  RecorderLog log(1h, 1U << 24);
  for (std::uint32_t i = 0; i < 5000; ++i)
    log.add_probe(record_at(kStart + i * 1ms, sizeof(alibi_header) + i % 400));
  std::uint32_t next = 0;
  log.each_probe([&next](std::span<const std::uint8_t> record) {
    const auto expected = record_at(kStart + next * 1ms, sizeof(alibi_header) + next % 400);
    EXPECT_TRUE(std::equal(record.begin(), record.end(), expected.begin(), expected.end()));
    ++next;
  });
  EXPECT_EQ(next, 5000U);
}

TEST(RecorderLog, ForcedOutRecordsAreCounted) {
  RecorderLog log(1h, 100U * 1024);
  for (int i = 0; i < 500; ++i) log.add_probe(record_at(kStart + i * 1ms, 1000));
  log.trim(kStart + 1s, [](evidence::TapId, const PackedFrames::TapShare&, bool) {});
  std::uint64_t kept = 0;
  log.each_probe([&kept](std::span<const std::uint8_t>) { ++kept; });
  EXPECT_EQ(kept + log.evicted_events(), 500U);
  EXPECT_GT(log.evicted_events(), 0U);
}

std::uint64_t kept_of(const RecorderLog& log, Source source) {
  std::uint64_t kept = 0;
  log.each_probe(
      [&](std::span<const std::uint8_t> record) { kept += source_of(record) == source; });
  for (const evidence::Event& event : log.facts()) kept += source_of(event.fact) == source;
  return kept;
}

TEST(RecorderLog, WhatBecameOfEachSourceAddsUp) {
  constexpr auto kSched = static_cast<Source>(ALIBI_SOURCE_SCHED);
  constexpr auto kSignals = static_cast<Source>(ALIBI_SOURCE_SIGNAL);
  const auto of_kind = [](Instant at, std::uint32_t kind) {
    auto record = record_at(at, 300);
    std::memcpy(record.data() + offsetof(alibi_header, kind), &kind, sizeof kind);
    return record;
  };
  RecorderLog log(10s, 200U * 1024);
  for (int i = 0; i < 3000; ++i) {  // a little for long, then more than there is room for
    const Instant at = kStart + (i < 1000 ? i * 20ms : 20s + i * 1ms);
    log.add_probe(of_kind(at, i % 3 == 0 ? ALIBI_SIGNAL : ALIBI_WOKEN));
    if (i % 10 == 0) log.add_fact(at, evidence::Pressure{});
    log.trim(at, [](evidence::TapId, const PackedFrames::TapShare&, bool) {});
  }
  for (const Source source : {kSched, kSignals, kMachine}) {
    const SourceTotals& total = log.sources()[source];
    EXPECT_EQ(total.taken, source == kSched ? 2000U : source == kSignals ? 1000U : 300U);
    EXPECT_EQ(total.taken, kept_of(log, source) + total.passed_over + total.evicted);
    EXPECT_GT(total.passed_over, 0U);
    EXPECT_GT(total.evicted, 0U);
  }
  EXPECT_EQ(log.sources()[kUnknownKind].taken, 0U);
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
