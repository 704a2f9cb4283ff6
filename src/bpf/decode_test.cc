// SPDX-License-Identifier: Apache-2.0
#include "bpf/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cstring>

#include "bpf/abi_host.h"
#include "bpf/abi_memory_io.h"

namespace alibi::bpf {
namespace {

using testing::ElementsAre;

template <typename T>
std::vector<std::uint8_t> bytes_of(const T& value, std::size_t size = sizeof(T)) {
  std::vector<std::uint8_t> bytes(size);
  std::memcpy(bytes.data(), &value, size);
  return bytes;
}

alibi_header header_of(alibi_kind kind) { return {123456789, kind, 1, 77, 78}; }

TEST(StateLetter, FollowsTheKernelsBits) {
  EXPECT_EQ(state_letter(0, false), 'R');
  EXPECT_EQ(state_letter(1, true), 'R');         // set itself to sleep, then was preempted
  EXPECT_EQ(state_letter(0x100, false), 'R');    // R+
  EXPECT_EQ(state_letter(0x1, false), 'S');
  EXPECT_EQ(state_letter(0x2001, false), 'S');   // freezable sleep
  EXPECT_EQ(state_letter(0x2, false), 'D');
  EXPECT_EQ(state_letter(0x102, false), 'D');    // killable
  EXPECT_EQ(state_letter(0x402, false), 'I');
  EXPECT_EQ(state_letter(0x104, false), 'T');
  EXPECT_EQ(state_letter(0x108, false), 't');
  EXPECT_EQ(state_letter(0x8000, false), 'F');
  EXPECT_EQ(state_letter(0x1000, false), 'D');   // rt_mutex as spinlock
  EXPECT_EQ(state_letter(0x80, false), 'X');
}

TEST(PolicyText, NamesPolicies) {
  EXPECT_EQ(policy_text(0, 0), "normal");
  EXPECT_EQ(policy_text(1, 50), "fifo 50");
  EXPECT_EQ(policy_text(2, 1), "rr 1");
  EXPECT_EQ(policy_text(5, 0), "idle");
}

TEST(DecodeRecord, ACpuThatWasSilent) {
  alibi_silent raw{};
  raw.header = header_of(ALIBI_SILENT);
  raw.since_ns = 3456789;
  const auto event = decode_record(bytes_of(raw), {}, {});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->at.ns, 123456789);
  const auto& silent = std::get<evidence::CpuSilent>(event->fact);
  EXPECT_EQ(silent.cpu, 1);
  EXPECT_EQ(silent.since_ns, 3456789);
  EXPECT_FALSE(decode_record(bytes_of(raw, 31), {}, {}));
}

TEST(DecodeRecord, WhereTheTimerMetAThread) {
  const os::Kallsyms symbols = os::Kallsyms::parse(
      "ffffffff81000400 t pipe_write\nffffffff81000500 T vfs_write\n");
  alibi_ran raw{};
  raw.header = header_of(ALIBI_RAN);
  raw.syscall = SYS_write;
  raw.stack_bytes = 2 * 8;
  raw.stack[0] = 0xffffffff81000410;
  raw.stack[1] = 0xffffffff81000510;
  const auto event = decode_record(bytes_of(raw), symbols, {});
  ASSERT_TRUE(event);
  const auto& ran = std::get<evidence::ThreadRan>(event->fact);
  EXPECT_EQ(ran.pid, 77);
  EXPECT_EQ(ran.tid, 78);
  EXPECT_EQ(ran.cpu, 1);
  EXPECT_EQ(ran.syscall_name, "write");
  EXPECT_THAT(ran.stack, ElementsAre("pipe_write", "vfs_write"));
  EXPECT_FALSE(decode_record(bytes_of(raw, sizeof raw - 1), symbols, {}));
  raw.syscall = -1;
  raw.stack_bytes = -14;  // -EFAULT
  const auto own = decode_record(bytes_of(raw), symbols, {});
  EXPECT_TRUE(std::get<evidence::ThreadRan>(own->fact).stack.empty());
  raw.stack_bytes = 1 << 20;
  EXPECT_TRUE(decode_record(bytes_of(raw), symbols, {}));
}

TEST(DecodeRecord, DropWithItsReasonByName) {
  alibi_drop raw{};
  raw.header = header_of(ALIBI_DROP);
  raw.netns = 4026531840U;
  raw.ifindex = 2;
  raw.reason = 1;
  raw.family = 4;
  raw.vrid = 51;
  raw.outgoing = 1;
  raw.source[0] = 10, raw.source[3] = 7;
  const std::vector<std::string> reasons = {"", "NETFILTER_DROP"};
  const auto named = decode_record(bytes_of(raw), {}, reasons);
  ASSERT_TRUE(named);
  const auto& drop = std::get<evidence::PacketDropped>(named->fact);
  EXPECT_EQ(drop.reason, "NETFILTER_DROP");
  EXPECT_EQ(drop.source, wire::IpAddress::v4(0x0a000007));
  EXPECT_EQ(drop.vrid, 51);
  EXPECT_TRUE(drop.outgoing);
  const auto number = decode_record(bytes_of(raw), {}, {});
  EXPECT_EQ(std::get<evidence::PacketDropped>(number->fact).reason, "0x1");
  EXPECT_FALSE(decode_record(bytes_of(raw, sizeof raw - 1), {}, reasons));
}

TEST(DecodeRecord, ThreadOffWithStack) {
  const os::Kallsyms symbols = os::Kallsyms::parse(
      "ffffffff81000000 t bpf_prog_on_switch\nffffffff81000100 t __traceiter_sched_switch\n"
      "ffffffff81000200 t __schedule\nffffffff81000300 T schedule\n"
      "ffffffff81000400 t pipe_write\nffffffff81000500 T vfs_write\n");
  alibi_off raw{};
  raw.header = header_of(ALIBI_OFF);
  raw.prev_state = 1;
  raw.syscall = SYS_write;
  raw.arguments[0] = 2;
  raw.stack_bytes = 6 * 8;
  for (std::uint64_t i = 0; i < 6; ++i) raw.stack[i] = 0xffffffff81000010 + i * 0x100;
  const auto event = decode_record(bytes_of(raw), symbols);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->at.ns, 123456789);
  const auto& fact = std::get<evidence::ThreadOff>(event->fact);
  EXPECT_EQ(fact.pid, 77);
  EXPECT_EQ(fact.tid, 78);
  EXPECT_EQ(fact.state, 'S');
  EXPECT_EQ(fact.syscall_name, "write");
  EXPECT_EQ(fact.arguments[0], 2U);
  EXPECT_THAT(fact.stack, ElementsAre("pipe_write", "vfs_write"));
}

TEST(DecodeRecord, RivalsLongestFirst) {
  alibi_on raw{};
  raw.header = header_of(ALIBI_ON);
  raw.rivals = 2;
  raw.rival[0] = {1000, 5, 0, 0, 0, "sh"};
  raw.rival[1] = {9000, 6, 1, 80, 0, "hog"};
  const auto event = decode_record(bytes_of(raw), {});
  ASSERT_TRUE(event);
  const auto& fact = std::get<evidence::ThreadOn>(event->fact);
  ASSERT_EQ(fact.rivals.size(), 2U);
  EXPECT_EQ(fact.rivals[0].comm, "hog");
  EXPECT_EQ(fact.rivals[0].policy, "fifo 80");
  EXPECT_EQ(fact.rivals[1].ns, 1000);
}

TEST(DecodeRecord, ARecordMayEndBehindItsRivals) {
  alibi_on raw{};
  raw.header = header_of(ALIBI_ON);
  raw.rivals = 2;
  raw.rival[1] = {9000, 6, 1, 80, 0, "hog"};
  const auto event = decode_record(bytes_of(raw, ALIBI_ON_FEW), {});
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<evidence::ThreadOn>(event->fact).rivals.size(), 2U);
  // Fewer than it says: those that are there.
  const auto cut = decode_record(bytes_of(raw, ALIBI_ON_FEW - 1), {});
  ASSERT_TRUE(cut);
  EXPECT_EQ(std::get<evidence::ThreadOn>(cut->fact).rivals.size(), 1U);
}

TEST(DecodeRecord, ThrottledTimeIsNobodys) {
  alibi_on raw{};
  raw.header = header_of(ALIBI_ON);
  raw.rivals = 2;
  raw.rival[0] = {9000, ALIBI_RIVAL_THROTTLED, 1, 80, 0, "bystander"};
  raw.rival[1] = {1000, ALIBI_RIVAL_OTHERS, 0, 0, 0, "x"};
  const auto event = decode_record(bytes_of(raw), {});
  ASSERT_TRUE(event);
  const auto& fact = std::get<evidence::ThreadOn>(event->fact);
  ASSERT_EQ(fact.rivals.size(), 2U);
  EXPECT_EQ(fact.rivals[0].pid, 0);
  EXPECT_EQ(fact.rivals[0].comm, "throttled");
  EXPECT_EQ(fact.rivals[1].pid, -1);
}

TEST(DecodeRecord, ExecJoinsItsArguments) {
  alibi_exec raw{};
  raw.header = header_of(ALIBI_EXEC);
  const std::string_view arguments("killall\0-0\0haproxy\0", 19);
  std::memcpy(raw.args, arguments.data(), arguments.size());
  raw.args_bytes = 19;
  const auto event = decode_record(bytes_of(raw), {});
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<evidence::ProcessExec>(event->fact).command_line, "killall -0 haproxy");
}

TEST(DecodeRecord, TooShortIsNothing) {
  alibi_exit raw{};
  raw.header = header_of(ALIBI_EXIT);
  EXPECT_FALSE(decode_record(bytes_of(raw, sizeof(raw) - 1), {}));
  EXPECT_FALSE(decode_record({}, {}));
  raw.header.kind = 999;
  EXPECT_FALSE(decode_record(bytes_of(raw), {}));
}

TEST(DecodeRecord, Reclaim) {
  alibi_reclaim raw{};
  raw.header = header_of(ALIBI_RECLAIM);
  raw.begin_ns = 123000000;
  raw.throttled_ns = 5000;
  raw.pages = 32;
  raw.group = 1;
  const auto event = decode_record(bytes_of(raw), {});
  ASSERT_TRUE(event);
  const auto& fact = std::get<evidence::MemoryReclaimed>(event->fact);
  EXPECT_EQ(event->at.ns, 123456789);
  EXPECT_EQ(fact.pid, 77);
  EXPECT_EQ(fact.tid, 78);
  EXPECT_EQ(fact.begin_ns, 123000000);
  EXPECT_TRUE(fact.group);
  EXPECT_EQ(fact.pages, 32U);
  EXPECT_EQ(fact.throttled_ns, 5000U);
  EXPECT_FALSE(decode_record(bytes_of(raw, sizeof(raw) - 1), {}));
}

}  // namespace
}  // namespace alibi::bpf
