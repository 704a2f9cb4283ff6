// SPDX-License-Identifier: Apache-2.0
#include "evidence/case_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <random>

#include "evidence/case_rows.h"
#include "evidence/testing.h"

namespace alibi::evidence {
namespace {

using ::testing::HasSubstr;
using testing::TempFolder;
using wire::IpAddress;

Heartbeat heartbeat(std::int64_t at, TapId tap, std::string_view password) {
  Heartbeat out;
  out.at = Instant{at};
  out.tap = tap;
  out.direction = Direction::Out;
  out.packet.source = IpAddress::v4(0x0A000001);
  out.packet.destination = wire::vrrp_group(wire::Family::V4);
  out.packet.ttl = 255;
  out.packet.ip_id = 0x1234;
  out.packet.source_mac = {{2, 0, 0, 0, 0, 1}};
  out.packet.tunnels = 1;
  out.packet.decoded.trailing = 28;
  out.packet.decoded.checksum_form = wire::V3Checksum::MessageOnly;
  wire::Advertisement& advert = out.packet.decoded.advertisement;
  advert.vrid = Vrid(205);
  advert.priority = Priority(0);
  advert.interval = 40950ms;
  advert.auth_type = wire::AuthType::Pass;
  std::copy(password.begin(), password.end(), advert.auth_data.begin());
  advert.addresses = {IpAddress::v4(0xC0A8CD07), IpAddress::v4(0xC0A8CD08)};
  out.dropped_before = 3;
  out.packet_number = 17;
  return out;
}

Recording sample() {
  Recording out;
  out.taps = {{"A", "loadbalancer01", 4026531840, "eth0", 2, 100, 97, 3, 1},
              {"B", "node01", 0, "tap1", 7, 1, 1, 0, 0}};
  out.heartbeats = {heartbeat(1'000, 0, "secret"), heartbeat(2'000, 1, ""),
                    heartbeat(3'000, 1, "other"), heartbeat(4'000, 0, "secret")};
  out.heartbeats[1].packet.source = *IpAddress::parse("fe80::1");
  out.heartbeats[1].packet.decoded.defect = wire::VrrpDefect::Checksum;
  out.heartbeats[1].packet.decoded.advertisement.addresses.clear();
  ArpSeen arp;
  arp.at = Instant{5};
  arp.tap = 1;
  arp.packet.operation = 2;
  arp.packet.sender_ip = arp.packet.target_ip = *IpAddress::parse("2001:db8::7");
  out.arps = {arp};
  ThreadOff off;
  off.tid = 77;
  off.state = 'D';
  off.arguments = {1, UINT64_MAX, 3};
  off.stack = {"ext4_sync_file", "vfs_fsync_range"};
  out.events = {{Instant{-7}, off}, {Instant{8}, SocketDrops{1, 2, 3}}};
  out.clock = {{Instant{0}, 1'700'000'000'000'000'000}};
  out.losses = {{"sched", 12, "ring full"}};
  out.sources = {{"sched", 40, 20, 12, 8}};
  out.begin = Instant{-7};
  out.end = Instant{4'000};
  out.has_host_evidence = true;
  return out;
}

Result<void> run_sql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  const int opened = sqlite3_open(path.c_str(), &db);
  const int done =
      opened == SQLITE_OK ? sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) : opened;
  const std::string message = sqlite3_errmsg(db);
  sqlite3_close(db);
  if (done != SQLITE_OK) return fail(message);
  return {};
}

TEST(CaseFile, EverythingComesBack) {
  const TempFolder folder;
  const std::string path = folder.file("one.case");
  const Recording in = sample();
  const auto written = write_case(in, path);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
  const auto out = read_case(path);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->begin, in.begin);
  EXPECT_EQ(out->end, in.end);
  EXPECT_TRUE(out->has_host_evidence);
  ASSERT_EQ(out->taps.size(), 2U);
  EXPECT_EQ(out->taps[0].label, "A");
  EXPECT_EQ(out->taps[0].netns, 4026531840U);
  EXPECT_EQ(out->taps[0].received, 100U);
  EXPECT_EQ(out->taps[0].undecoded, 1U);
  EXPECT_EQ(out->taps[1].interface, "tap1");
  ASSERT_EQ(out->heartbeats.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    const Heartbeat& a = in.heartbeats[i];
    const Heartbeat& b = out->heartbeats[i];
    EXPECT_EQ(b.at, a.at);
    EXPECT_EQ(b.tap, a.tap);
    EXPECT_EQ(b.direction, a.direction);
    EXPECT_EQ(b.packet.source, a.packet.source);
    EXPECT_EQ(b.packet.destination, a.packet.destination);
    EXPECT_EQ(b.packet.ttl, a.packet.ttl);
    EXPECT_EQ(b.packet.ip_id, a.packet.ip_id);
    EXPECT_EQ(b.packet.source_mac, a.packet.source_mac);
    EXPECT_EQ(b.packet.tunnels, a.packet.tunnels);
    EXPECT_EQ(b.packet.decoded.defect, a.packet.decoded.defect);
    EXPECT_EQ(b.packet.decoded.trailing, a.packet.decoded.trailing);
    EXPECT_EQ(b.packet.decoded.checksum_form, a.packet.decoded.checksum_form);
    EXPECT_EQ(b.dropped_before, a.dropped_before);
    EXPECT_EQ(b.packet_number, a.packet_number);
    wire::Advertisement advert = b.packet.decoded.advertisement;
    advert.auth_data = a.packet.decoded.advertisement.auth_data;
    EXPECT_EQ(advert, a.packet.decoded.advertisement);
  }
  ASSERT_EQ(out->arps.size(), 1U);
  EXPECT_EQ(out->arps[0].packet.sender_ip, in.arps[0].packet.sender_ip);
  EXPECT_TRUE(out->arps[0].packet.gratuitous());
  ASSERT_EQ(out->events.size(), 2U);
  EXPECT_EQ(out->events[0].at.ns, -7);
  EXPECT_EQ(fact_json(out->events[0].fact), fact_json(in.events[0].fact));
  ASSERT_EQ(out->clock.size(), 1U);
  EXPECT_EQ(out->unix_ns(Instant{9}), 1'700'000'000'000'000'009);
  ASSERT_EQ(out->losses.size(), 1U);
  EXPECT_EQ(out->losses[0].why, "ring full");
  ASSERT_EQ(out->sources.size(), 1U);
  EXPECT_EQ(out->sources[0].source, "sched");
  EXPECT_EQ(out->sources[0].received, 40U);
  EXPECT_EQ(out->sources[0].kept, 20U);
  EXPECT_EQ(out->sources[0].lost, 12U);
  EXPECT_EQ(out->sources[0].passed_over, 8U);
}

TEST(CaseFile, PasswordsStayOutButWhoSharesOneIsKept) {
  const TempFolder folder;
  const std::string path = folder.file("one.case");
  ASSERT_TRUE(write_case(sample(), path));
  const auto out = read_case(path);
  ASSERT_TRUE(out);
  const auto data = [&out](std::size_t i) {
    return out->heartbeats[i].packet.decoded.advertisement.auth_data;
  };
  EXPECT_EQ(data(0), data(3));
  EXPECT_NE(data(0), data(2));
  EXPECT_EQ(data(1), (std::array<std::uint8_t, 8>{}));
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(bytes, ::testing::Not(HasSubstr("secret")));
}

TEST(CaseFile, AnEmptyRecordingIsACase) {
  const TempFolder folder;
  ASSERT_TRUE(write_case({}, folder.file("empty.case")));
  const auto out = read_case(folder.file("empty.case"));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_TRUE(out->taps.empty());
}

TEST(CaseFile, WritingReplacesAndFailureLeavesNothing) {
  const TempFolder folder;
  const std::string path = folder.file("one.case");
  ASSERT_TRUE(write_case(sample(), path));
  ASSERT_TRUE(write_case({}, path));
  EXPECT_TRUE(read_case(path)->heartbeats.empty());
  const auto refused = write_case({}, folder.file("no/such/folder.case"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("no/such/folder.case"));
  std::filesystem::create_directories(folder.file("taken/inside"));
  EXPECT_FALSE(write_case({}, folder.file("taken")));
  EXPECT_FALSE(std::filesystem::exists(folder.file("taken.tmp")));
}

TEST(CaseFile, AWrongValueIsNamedWithItsPlace) {
  const TempFolder folder;
  const std::string path = folder.file("one.case");
  const auto error_after = [&](const std::string& sql) {
    EXPECT_TRUE(write_case(sample(), path));
    const auto altered = run_sql(path, sql);
    EXPECT_TRUE(altered) << altered.error().message;
    const auto out = read_case(path);
    return out ? std::string("read without an error") : out.error().message;
  };
  EXPECT_THAT(error_after("UPDATE heartbeat SET ttl=256 WHERE id=2"),
              HasSubstr("table heartbeat, row 2: column ttl has a wrong value"));
  EXPECT_THAT(error_after("UPDATE heartbeat SET tap=2 WHERE id=3"),
              HasSubstr("table heartbeat, row 3: there is no tap 2"));
  EXPECT_THAT(error_after("UPDATE heartbeat SET source='10.0.0.256'"), HasSubstr("column source"));
  EXPECT_THAT(error_after("UPDATE heartbeat SET source_mac=''"), HasSubstr("column source_mac"));
  EXPECT_THAT(error_after("UPDATE heartbeat SET direction='up'"), HasSubstr("column direction"));
  EXPECT_THAT(error_after("UPDATE heartbeat SET addresses='1.2.3.4,5'"), HasSubstr("addresses"));
  EXPECT_THAT(error_after("UPDATE tap SET received=-1"), HasSubstr("column received"));
  EXPECT_THAT(error_after("UPDATE meta SET has_host_evidence=2"), HasSubstr("has_host_evidence"));
  EXPECT_THAT(error_after("DELETE FROM meta"), HasSubstr("0 rows, not 1"));
  EXPECT_THAT(error_after("DELETE FROM heartbeat WHERE id=1"),
              HasSubstr("table heartbeat, row 1: is missing"));
  EXPECT_THAT(error_after("UPDATE event SET kind='comet' WHERE id=1"),
              HasSubstr("table event, row 1: unknown kind of event \"comet\""));
  EXPECT_THAT(error_after("UPDATE event SET fact='{\"tid\":\"x\"}' WHERE id=0"),
              HasSubstr("row 0: thread_off: field \"tid\" has a wrong value"));
  EXPECT_THAT(error_after("DROP TABLE loss"), HasSubstr("table loss is missing"));
  EXPECT_THAT(error_after("DROP TABLE loss; CREATE VIEW loss AS SELECT 1"),
              HasSubstr("table loss is missing"));
  EXPECT_THAT(error_after("UPDATE source SET kept=-1"), HasSubstr("column kept"));
  EXPECT_THAT(error_after("DROP TABLE source; CREATE VIEW source AS SELECT 1"),
              HasSubstr("table source is missing"));
  EXPECT_THAT(error_after("PRAGMA user_version=4"), HasSubstr("version 4"));
  EXPECT_THAT(error_after("PRAGMA application_id=1"), HasSubstr("not an alibi case"));
}

TEST(CaseFile, WhatIsNoCaseIsRefused) {
  const TempFolder folder;
  EXPECT_THAT(read_case(folder.file("absent.case")).error().message, HasSubstr("cannot read"));
  std::ofstream(folder.file("text.case")) << std::string(2000, 'x');
  EXPECT_THAT(read_case(folder.file("text.case")).error().message, HasSubstr("not a database"));
}

TEST(CaseFile, DamagedBytesNeverCrashTheReader) {
  const TempFolder folder;
  const std::string path = folder.file("one.case");
  ASSERT_TRUE(write_case(sample(), path));
  std::ifstream in(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  std::mt19937 random(20231114);
  unsigned refused = 0;
  for (int round = 0; round < 300; ++round) {
    std::string bad = good;
    for (int i = 0; i < 40; ++i) {
      bad[random() % bad.size()] = static_cast<char>(random() & 0xffU);
    }
    if (round % 3 == 0) bad.resize(random() % bad.size());
    const std::string damaged = folder.file("damaged.case");
    std::ofstream(damaged, std::ios::binary | std::ios::trunc) << bad;
    refused += read_case(damaged) ? 0U : 1U;
  }
  EXPECT_GT(refused, 100U);
}

// ---- docs/formats/case.md ----

std::string documentation() {
  std::ifstream in(ALIBI_SOURCE_DIR "/docs/formats/case.md");
  return {std::istreambuf_iterator<char>(in), {}};
}

// The part of the text from a heading to the next of its level.
std::string chapter(const std::string& text, const std::string& heading) {
  const std::size_t begin = text.find("\n### " + heading + "\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find("\n### ", begin + 1) - begin);
}

TEST(CaseFile, EveryTableAndColumnIsDocumented) {
  const std::string text = documentation();
  for_each_table([&text](const char* table, const auto& row) {
    const std::string part = chapter(text, "`" + std::string(table) + "`");
    EXPECT_NE(part, "") << table;
    auto column = [&](const char* name, const auto&) {
      EXPECT_THAT(part, HasSubstr("| `" + std::string(name) + "` |")) << table;
    };
    fields(column, row);
  });
}

template <std::size_t I = 0>
void expect_facts_documented(const std::string& text) {
  if constexpr (I < std::variant_size_v<Fact>) {
    const std::variant_alternative_t<I, Fact> fact{};
    const std::string kind(kind_name(Fact(fact)));
    const std::string part = chapter(text, "`" + kind + "`");
    EXPECT_NE(part, "") << kind;
    auto field = [&](const char* name, const auto&) {
      EXPECT_THAT(part, HasSubstr("| `" + std::string(name) + "` |")) << kind;
    };
    fields(field, fact);
    expect_facts_documented<I + 1>(text);
  }
}

TEST(CaseFile, AFolderIsNotReplaced) {
  const TempFolder folder;
  const auto written = write_case(Recording{}, folder.file(""));
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("not a regular file"));
}

TEST(CaseFile, EveryFactAndFieldIsDocumented) { expect_facts_documented(documentation()); }

}  // namespace
}  // namespace alibi::evidence
