// SPDX-License-Identifier: Apache-2.0
#include "investigate/runs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"
#include "investigate/wait.h"

namespace alibi::investigate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

evidence::ThreadRan ran(std::string syscall, std::vector<std::string> stack) {
  evidence::ThreadRan fact;
  fact.tid = fact.pid = 10;
  fact.cpu = 1;
  fact.syscall = syscall.empty() ? -1 : 1;
  fact.syscall_name = std::move(syscall);
  fact.stack = std::move(stack);
  return fact;
}

const std::vector<std::string> kSpin = {"native_queued_spin_lock_slowpath", "_raw_spin_lock",
                                        "__dev_queue_xmit"};

Verdict first_failure(SceneBuilder& scene) {
  for (Verdict& verdict : investigate(scene.finish(20'000))) {
    if (verdict.failure) return std::move(verdict);
  }
  return {};
}

/// Thread 10 runs from 10 to 12.5 s and is met as `meet` says; host 2 takes over at 12.6 s.
Verdict running(const std::function<void(SceneBuilder&)>& meet) {
  SceneBuilder scene(2);
  scene.silent_for_four_seconds(2);
  scene.event(9'999, evidence::ThreadWoken{10, 10, 0, ""});
  scene.event(10'000, evidence::ThreadOn{10, 10, 1, {}});
  scene.event(12'500, SceneBuilder::idle());
  meet(scene);
  return first_failure(scene);
}

void meet(SceneBuilder& scene, std::int64_t begin, std::int64_t end,
          const evidence::ThreadRan& where) {
  for (std::int64_t t = begin; t < end; t += 40) scene.event(t, where);
}

TEST(Runs, AreToldByWhereTheTimerMetThem) {
  SceneBuilder scene(1);
  scene.event(10, evidence::ThreadOn{10, 10, 1, {}});
  scene.event(80, ran("", {}));
  scene.event(120, ran("", {}));
  scene.event(160, ran("sendmsg", {"udp_sendmsg"}));
  scene.event(200, ran("sendmsg", kSpin));
  scene.event(230, SceneBuilder::idle());
  scene.event(300, evidence::ThreadOn{10, 10, 1, {}});
  scene.event(310, SceneBuilder::idle());
  const auto segments =
      timeline_of(scene.finish(400), 10, 10, SceneBuilder::ms(10), SceneBuilder::ms(400));
  std::vector<std::string> told;
  Instant at = SceneBuilder::ms(10);
  for (const Segment& segment : segments) {
    EXPECT_EQ(segment.begin, at);
    at = segment.end;
    told.push_back(
        fmt::format("{} {} {}", segment.length() / 1ms, text(segment.doing), segment.detail));
  }
  EXPECT_EQ(at, SceneBuilder::ms(400));
  EXPECT_THAT(told, ElementsAre("110 running in its own code", "40 running in sendmsg(2)",
                                "70 "
                                "spinning for another CPU in sendmsg(2), " +
                                    kSpin[0],
                                HasSubstr("70 waiting"), "10 running ", HasSubstr("90 waiting")));
}

TEST(Runs, WorkOfItsOwnIsShownWhereItWas) {
  const Verdict verdict = running([](SceneBuilder& scene) {
    meet(scene, 10'080, 11'600, ran("", {}));
    meet(scene, 11'600, 12'500, ran("brk", {"clear_page", "alloc_pages", "do_brk", "x64_sys_brk"}));
  });
  ASSERT_TRUE(verdict.cause);
  EXPECT_EQ(verdict.cause->code, "host.process.busy");
  EXPECT_THAT(verdict.cause->evidence,
              ElementsAre(HasSubstr("running for 2.500 s"),
                          "the timer interrupt met it 38 times in its own code",
                          "the timer interrupt met it 23 times in brk(2): clear_page < "
                          "alloc_pages < do_brk"));
}

TEST(Runs, ASpinIsNoWorkAndNamesOnlyAStolenCpu) {
  const auto spins = [](int silent_cpu, std::uint64_t stolen_ms) {
    return running([&](SceneBuilder& scene) {
      meet(scene, 10'080, 12'500, ran("sendmsg", kSpin));
      scene.event(9'000, evidence::CpuStolen{silent_cpu, 50});
      if (silent_cpu >= 0)
        scene.event(12'490, evidence::CpuSilent{silent_cpu, SceneBuilder::ms(9'980).ns});
      scene.event(12'520, evidence::CpuStolen{silent_cpu, stolen_ms});
    });
  };
  const Verdict stolen = spins(0, 2'550);
  ASSERT_TRUE(stolen.cause);
  EXPECT_EQ(stolen.cause->code, "host.cpu.stolen");
  EXPECT_THAT(stolen.cause->evidence, testing::Contains(HasSubstr("CPU 0, for which it spun")));
  for (const Verdict& verdict : {spins(-1, 0), spins(0, 60)}) {
    ASSERT_TRUE(verdict.cause);
    EXPECT_EQ(verdict.cause->code, "unknown");
    EXPECT_THAT(verdict.cause->missing, testing::Contains(HasSubstr("for which it spun")));
  }
}

/// Thread 10 wakes at 10 s and gets its CPU at 12.5 s behind `rivals`; `meet` says where who was
/// met. The other CPU is silent meanwhile, and counts `stolen_ms` afterwards.
Verdict waiting(const std::vector<evidence::Rival>& rivals, std::uint64_t stolen_ms,
                const std::function<void(SceneBuilder&)>& meet) {
  SceneBuilder scene(2);
  scene.silent_for_four_seconds(2);
  scene.event(9'999, evidence::ThreadWoken{10, 10, 0, ""});
  scene.event(12'500, evidence::ThreadOn{10, 10, 1, rivals});
  scene.event(12'501, SceneBuilder::idle());
  meet(scene);
  scene.event(9'000, evidence::CpuStolen{0, 50});
  scene.event(12'490, evidence::CpuSilent{0, SceneBuilder::ms(9'980).ns});
  scene.event(12'520, evidence::CpuStolen{0, stolen_ms});
  return first_failure(scene);
}

evidence::ThreadRan of_process(std::int32_t pid, evidence::ThreadRan where) {
  where.pid = where.tid = pid;
  return where;
}

/// Process 60 had the CPU, and was met at `where`.
Verdict behind(const evidence::ThreadRan& where, std::uint64_t stolen_ms) {
  return waiting({{60, "cruncher", 2'501'000'000, "normal"}}, stolen_ms,
                 [&](SceneBuilder& scene) { meet(scene, 10'080, 12'500, of_process(60, where)); });
}

TEST(Runs, WhoHoldsTheCpuMayWaitForAStolenOne) {
  const auto spins = ran("munmap", {"smp_call_function_many_cond", "on_each_cpu_cond_mask"});
  const Verdict stolen = behind(spins, 2'550);
  ASSERT_TRUE(stolen.cause);
  EXPECT_EQ(stolen.cause->code, "host.cpu.stolen");
  EXPECT_THAT(stolen.cause->evidence,
              testing::Contains(HasSubstr("CPU 0, for which the holder of its own (pid 60) spun")));
  for (const Verdict& verdict : {behind(spins, 60), behind(ran("", {}), 2'550)}) {
    ASSERT_TRUE(verdict.cause);
    EXPECT_EQ(verdict.cause->code, "host.cpu.starved");
    EXPECT_THAT(verdict.cause->evidence,
                testing::Contains(HasSubstr("the timer interrupt met cruncher 61 times in ")));
  }
}

TEST(Runs, OneMeetingSpeaksForNoLongWait) {
  const auto spins = ran("munmap", {"smp_call_function_many_cond", "on_each_cpu_cond_mask"});
  const auto once = [&](SceneBuilder& scene) { scene.event(11'000, of_process(60, spins)); };
  const Verdict met_once = waiting({{60, "cruncher", 2'501'000'000, "normal"}}, 2'550, once);
  EXPECT_EQ(met_once.cause->code, "host.cpu.starved");
  EXPECT_EQ(met_once.account->overdue_in(Doing::Stolen), 100ms);
  // Many had it, and the one that spun had little of it or none.
  const auto often = [&](SceneBuilder& scene) {
    meet(scene, 10'080, 12'500, of_process(60, spins));
  };
  for (const std::vector<evidence::Rival>& rivals :
       {std::vector<evidence::Rival>{{61, "hog", 1'500'000'000, "normal"},
                                     {60, "cruncher", 1'001'000'000, "normal"}},
        std::vector<evidence::Rival>{{61, "hog", 2'501'000'000, "fifo 1"}}}) {
    const Verdict verdict = waiting(rivals, 2'550, often);
    ASSERT_TRUE(verdict.cause);
    EXPECT_EQ(verdict.cause->code, "host.cpu.starved");
    EXPECT_EQ(verdict.account->overdue_in(Doing::Stolen), 0ms);
  }
}

TEST(Runs, WhatLastsLongerThanTheTheftDidNotWaitForIt) {
  const auto spins = ran("munmap", {"smp_call_function_many_cond", "on_each_cpu_cond_mask"});
  const Verdict verdict = running([&](SceneBuilder& scene) {
    meet(scene, 10'080, 12'500, spins);
    scene.event(9'000, evidence::CpuStolen{0, 50});
    scene.event(11'900, evidence::CpuSilent{0, SceneBuilder::ms(10'500).ns});
    scene.event(11'920, evidence::CpuStolen{0, 1'450});
  });
  EXPECT_EQ(verdict.cause->code, "unknown");
}

TEST(Runs, BusyIsWhoRunsForHalfOfTheTimeWithoutWhatItSpins) {
  const auto with = [](std::int64_t spins_from) {
    return running([&](SceneBuilder& scene) {
      meet(scene, 10'080, spins_from, ran("", {}));
      meet(scene, spins_from, 12'500, ran("futex", {"osq_lock", "__mutex_lock"}));
    });
  };
  EXPECT_EQ(with(11'500).cause->code, "host.process.busy");
  EXPECT_THAT(with(11'500).cause->evidence,
              testing::Contains(HasSubstr("spinning for another CPU for 1.0")));
  for (const std::int64_t spins_from : {10'500, 11'200}) {
    EXPECT_EQ(with(spins_from).cause->code, "unknown");
    EXPECT_THAT(with(spins_from).cause->missing, testing::Contains(HasSubstr("for which it spun")));
  }
}

TEST(Runs, NobodyIsNamedWhoMayHaveWaitedForAStolenCpu) {
  const auto stuck = ran("read", {"some_kernel_function", "vfs_read"});
  const Verdict holder = behind(stuck, 2'550);
  ASSERT_TRUE(holder.cause);
  EXPECT_EQ(holder.cause->code, "unknown");
  EXPECT_THAT(holder.cause->missing,
              testing::Contains(HasSubstr("whether process 60, which was on its CPU and met 61 "
                                          "times in some_kernel_function")));
  EXPECT_EQ(behind(stuck, 60).cause->code, "host.cpu.starved");  // CPU 0 was silent, not stolen
  const auto busy = [](bool at_one_place) {
    return running([&](SceneBuilder& scene) {
      for (std::int64_t t = 10'080; t < 12'500; t += 40) {
        const bool other = !at_one_place && t % 80 == 0;
        scene.event(t, ran("read", {other ? "copy_page" : "clear_page", "vfs_read"}));
      }
      scene.event(9'000, evidence::CpuStolen{0, 50});
      scene.event(12'490, evidence::CpuSilent{0, SceneBuilder::ms(9'980).ns});
      scene.event(12'520, evidence::CpuStolen{0, 2'550});
    });
  };
  EXPECT_EQ(busy(true).cause->code, "unknown");
  EXPECT_EQ(busy(false).cause->code, "host.process.busy");
}

TEST(Runs, WaitingForAnAnswerIsToldFromRunningWhatOthersAsked) {
  EXPECT_EQ(classify_run(ran("munmap", {"smp_call_function_many_cond", "on_each_cpu_cond_mask"})),
            Doing::Spinning);
  EXPECT_EQ(classify_run(ran("munmap", {"flush_tlb_func", "smp_call_function_many_cond"})),
            Doing::Running);
  EXPECT_EQ(classify_run(ran("", {"smp_call_function_single_async"})), Doing::Running);
  EXPECT_EQ(classify_run(ran("", {"csd_lock_wait.constprop.0"})), Doing::Spinning);
  EXPECT_EQ(classify_run(ran("sendmsg", {"kvm_wait", "__pv_queued_spin_lock_slowpath"})),
            Doing::Spinning);
}

}  // namespace
}  // namespace alibi::investigate
