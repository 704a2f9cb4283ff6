// SPDX-License-Identifier: Apache-2.0
// Want of memory: reclaim carved out of what ran, swap told from files, and nobody accused of what
// others did.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "investigate/disk_users.h"
#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

using Builder = SceneBuilder;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// Host 1 sends its last advert at 10 s, host 2 takes over at 13.6 s; thread 10 is awake from 10.9.
Builder silence() {
  Builder b(3);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  b.adverts(2, 13'600, 20'000, 102);
  b.event(10'900, evidence::ThreadWoken{10, 10, 0, ""});
  b.event(10'900, evidence::ThreadOn{10, 10, 1, {}});
  return b;
}

void reclaimed(Builder& b, std::int64_t from_ms, std::int64_t to_ms, std::int32_t tid = 10) {
  b.event(to_ms, evidence::MemoryReclaimed{tid, tid, Builder::ms(from_ms).ns, true, 32, 5'000'000});
}

void vmstat(Builder& b, std::int64_t at_ms, std::uint64_t factor) {
  b.event(at_ms, evidence::MemoryCounters{1000 * factor, 900 * factor, 50 * factor, 7 * factor,
                                          8 * factor});
}

evidence::MemoryLimit limit(std::uint64_t at_limit) {
  return {"memory:/keeper", 16 << 20, -1, 16 << 20, at_limit, 0, {10}};
}

evidence::ThreadOff waits(std::vector<std::string> stack, bool memory_stall = false) {
  evidence::ThreadOff off = Builder::off('D', "", std::move(stack));
  off.io_wait = true;
  off.memory_stall = memory_stall;
  return off;
}

Verdict failure_of(Builder& b) {
  for (const Verdict& verdict : investigate(b.finish(20'000)))
    if (verdict.failure) return verdict;
  return {};
}

std::string code(const Verdict& verdict) { return verdict.cause ? verdict.cause->code : "none"; }

Duration sum_of(const Verdict& verdict) {
  Duration sum{0};
  for (const AccountLine& line : verdict.account->lines) sum += line.time;
  return sum;
}

TEST(Memory, ReclaimOnTheCpuIsNoWorkOfItsOwn) {
  Builder b = silence();
  for (std::int64_t t = 10'950; t < 13'900; t += 100) reclaimed(b, t, t + 90);
  b.event(14'000, Builder::idle());
  const Verdict verdict = failure_of(b);
  EXPECT_EQ(code(verdict), "host.memory.reclaim");
  EXPECT_EQ(sum_of(verdict), Duration(verdict.account->end - verdict.account->begin));
  EXPECT_THAT(verdict.cause->evidence, Contains(HasSubstr("it reclaimed 27 times")));
}

TEST(Memory, SleepWithinReclaimIsReclaim) {
  Builder b = silence();
  b.event(11'000, Builder::off('D', "",
                               {"folio_wait_bit_common", "folio_wait_writeback",
                                "shrink_folio_list", "shrink_node"}));
  b.event(13'900, evidence::ThreadWoken{10, 10, 0, ""});
  b.event(13'900, evidence::ThreadOn{10, 10, 1, {}});
  EXPECT_EQ(code(failure_of(b)), "host.memory.reclaim");
}

TEST(Memory, HeldAtMemoryHighIsReclaim) {
  Builder b = silence();
  b.event(11'000, Builder::off('D', "",
                               {"schedule_timeout", "__mem_cgroup_handle_over_high",
                                "exit_to_user_mode_loop"}));
  EXPECT_EQ(code(failure_of(b)), "host.memory.reclaim");
}

TEST(Memory, SwapInIsNamedByTheSwapPath) {
  Builder b = silence();
  vmstat(b, 9'000, 1);
  b.event(11'000, waits({"folio_wait_bit_common", "do_swap_page", "handle_mm_fault"}));
  vmstat(b, 13'000, 2);
  const Verdict verdict = failure_of(b);
  EXPECT_EQ(code(verdict), "host.memory.swap");
  EXPECT_THAT(verdict.cause->evidence, Contains(HasSubstr("7 swapped in")));
}

// Program text that reclaim took comes from its file, swap or no swap.
TEST(Memory, EvictedProgramTextIsReclaimNotSwap) {
  Builder b = silence();
  b.event(11'000, waits({"folio_wait_bit_common", "filemap_fault", "__do_fault"}, true));
  EXPECT_EQ(code(failure_of(b)), "host.memory.reclaim");
}

TEST(Memory, TextReadForTheFirstTimeIsTheDisk) {
  Builder b = silence();
  b.event(11'000, waits({"folio_wait_bit_common", "filemap_fault", "__do_fault"}, false));
  EXPECT_EQ(code(failure_of(b)), "host.io.disk");
}

// The kernel marks no page that came back and was taken again before it was in use twice.
TEST(Memory, ALimitThatWasMetIsToldBesideTheDisk) {
  for (const bool mapped : {true, false}) {
    Builder b = silence();
    b.event(9'000, limit(100));
    b.event(11'000, waits({"folio_wait_bit_common", mapped ? "filemap_fault" : "filemap_read"}));
    b.event(12'000, limit(812));
    const Verdict verdict = failure_of(b);
    EXPECT_EQ(code(verdict), "host.io.disk");
    const auto told = Contains(HasSubstr("met its limit of 16.0 MiB 712 times"));
    if (mapped)
      EXPECT_THAT(verdict.cause->evidence, told);
    else
      EXPECT_THAT(verdict.cause->evidence, Not(told));
  }
}

// ---- the wrong names that offer themselves ----

TEST(Memory, AMachineThatReclaimsAccusesNobody) {
  Builder b = silence();
  for (std::int64_t t = 9'000; t < 14'000; t += 500) vmstat(b, t, static_cast<std::uint64_t>(t));
  for (std::int64_t t = 10'950; t < 13'900; t += 100) reclaimed(b, t, t + 90, 77);
  const Verdict verdict = failure_of(b);  // it ran all the time, and did not reclaim itself
  EXPECT_EQ(code(verdict), "host.process.busy");
  EXPECT_THAT(verdict.cause->evidence, Not(Contains(HasSubstr("reclaim"))));
}

TEST(Memory, AFreezerInTheMiddleOfReclaimIsTheFreezer) {
  Builder b = silence();
  evidence::CgroupFrozen frozen;
  frozen.cgroup = "freezer:/box";
  frozen.frozen = true;
  frozen.pids = {10};
  b.event(11'000, Builder::off('D', "", {"__refrigerator", "shrink_node"}));
  b.event(11'001, frozen);
  frozen.frozen = false;
  b.event(15'000, frozen);
  EXPECT_EQ(code(failure_of(b)), "host.process.frozen");
}

TEST(Memory, AWantOfCpuWithinReclaimStaysOne) {
  Builder b = silence();
  b.event(11'000, Builder::off('R', ""));
  b.event(13'500, evidence::ThreadOn{10, 10, 1, {{66, "hog", 2'500'000'000, "normal"}}});
  reclaimed(b, 10'950, 14'000);
  EXPECT_EQ(code(failure_of(b)), "host.cpu.starved");
}

TEST(Memory, AShortReclaimIsNotTheCause) {
  Builder b = silence();
  reclaimed(b, 10'950, 11'200);
  b.event(11'300, Builder::off('S', "futex", {"futex_wait_queue"}));
  EXPECT_EQ(code(failure_of(b)), "unknown");
}

TEST(Memory, AMarkThatEndsBeforeItBeginsIsIgnored) {
  Builder b = silence();
  reclaimed(b, 15'000, 11'000);
  const Verdict verdict = failure_of(b);
  EXPECT_EQ(code(verdict), "host.process.busy");
}

// ---- behind whose requests ----

void use(Builder& b, std::int64_t at_ms, std::int32_t pid, std::string comm, bool kernel,
         std::uint64_t requests, std::uint64_t flight_ms, std::uint32_t in_flight = 0,
         std::string device = "loop1") {
  b.event(at_ms, evidence::DeviceUse{std::move(device), pid, std::move(comm), kernel, "", requests,
                                     requests * 1'000'000, flight_ms * 1'000'000, in_flight,
                                     Builder::ms(11'100).ns});
}

/// Thread 10 waits for loop1 from 11 s on.
Builder disk_wait() {
  Builder b = silence();
  b.event(11'000, Builder::off('D', "write", {"bit_wait_io", "__wait_on_buffer"}));
  evidence::WaitTarget target;
  target.tid = target.pid = 10;
  target.state = 'D';
  target.syscall_name = "write";
  target.fd = 1;
  target.kind = evidence::WaitTarget::Kind::File;
  target.fd_target = "/var/log/keepalived.log";
  target.device = "loop1";
  for (std::int64_t t = 11'100; t < 13'900; t += 100) b.event(t, target);
  return b;
}

TEST(DiskUsers, TheOneThatHasTheDiskIsNamed) {
  Builder b = disk_wait();
  use(b, 11'200, 77, "dd", false, 10, 100);
  use(b, 13'500, 77, "dd", false, 312, 90'000, 3);
  use(b, 13'500, 5, "jbd2/loop1-8", true, 2, 20);
  const Verdict verdict = failure_of(b);
  EXPECT_EQ(code(verdict), "host.io.disk");
  EXPECT_THAT(verdict.cause->headline,
              HasSubstr("behind dd (pid 77): 312 requests, 312.0 MB, 3 more in flight"));
}

TEST(DiskUsers, AnotherDiskIsNobodysBusiness) {
  Builder b = disk_wait();
  use(b, 13'500, 77, "dd", false, 312, 90'000, 0, "loop10");
  const Verdict verdict = failure_of(b);
  EXPECT_EQ(code(verdict), "host.io.disk");
  EXPECT_THAT(verdict.cause->headline, Not(HasSubstr("behind")));
}

TEST(DiskUsers, WritebackIsNotBlamedOnTheKernelThread) {
  Builder b = disk_wait();
  use(b, 13'500, 31, "kworker/u8:1-flush-7:1", true, 200, 90'000);
  use(b, 13'500, 77, "dd", false, 3, 100);
  EXPECT_THAT(failure_of(b).cause->headline, HasSubstr("behind writeback of"));
}

TEST(DiskUsers, WithoutAMainUserNobodyIsNamed) {
  Builder b = disk_wait();
  use(b, 13'500, 77, "dd", false, 100, 900);
  use(b, 13'500, 78, "cp", false, 100, 900);
  use(b, 13'500, 79, "tar", false, 100, 900);
  const Verdict verdict = failure_of(b);
  EXPECT_THAT(verdict.cause->headline, Not(HasSubstr("behind")));
  EXPECT_THAT(verdict.cause->evidence, Contains(HasSubstr("cp (pid 78)")));
}

TEST(DiskUsers, WhatWasCountedBeforeTheWaitIsTakenOff) {
  Builder b = disk_wait();
  use(b, 10'800, 77, "dd", false, 100, 90'000);
  use(b, 13'500, 77, "dd", false, 101, 90'010);
  const auto users =
      disk_users(b.finish(20'000), "loop1", Builder::ms(11'000), Builder::ms(13'600));
  ASSERT_EQ(users.size(), 1U);
  EXPECT_EQ(users[0].requests, 1U);
  EXPECT_EQ(users[0].occupied, Duration(10ms));
}

TEST(DiskUsers, PartitionsBelongToTheirDisk) {
  EXPECT_TRUE(is_on_disk("sda1", "sda"));
  EXPECT_TRUE(is_on_disk("nvme0n1p2", "nvme0n1"));
  EXPECT_TRUE(is_on_disk("loop1", "loop1"));
  EXPECT_FALSE(is_on_disk("loop10", "loop1"));
  EXPECT_FALSE(is_on_disk("sdab", "sda"));
  EXPECT_FALSE(is_on_disk("nvme0n1p", "nvme0n1"));
  EXPECT_FALSE(is_on_disk("sda", ""));
}

/// The kernel chooses process `pid` when its memory ran out; host 1's last words, host 2 after
/// them.
Builder out_of_memory(std::int32_t pid, bool resigns) {
  Builder b(3);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  evidence::ProcessExit exit;
  exit.pid = pid;
  exit.exit_code = 9;
  exit.oom_victim = true;
  b.event(10'499, exit);
  if (resigns) b.advert(1, 10'500, 0);
  b.adverts(2, resigns ? 11'100 : 13'600, 20'000, 102);
  return b;
}

TEST(Memory, TheKernelsVictimIsKilledAlsoWhenItIsTheParent) {
  for (const bool resigns : {false, true}) {
    Builder b = out_of_memory(resigns ? 9 : 10, resigns);
    const Verdict v = failure_of(b);
    ASSERT_TRUE(v.cause);
    EXPECT_EQ(v.cause->code, "host.process.killed") << resigns;
    EXPECT_THAT(v.cause->headline, HasSubstr("killed by the kernel: out of memory"));
  }
  // A worker that went on without its parent was silenced by something else.
  Builder lives = out_of_memory(9, false);
  EXPECT_NE(failure_of(lives).cause->code, "host.process.killed");
}

}  // namespace
}  // namespace alibi::investigate
