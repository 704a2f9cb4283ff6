// SPDX-License-Identifier: Apache-2.0
// A machine that did not run, and one whose CPU was taken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

/// Host 1 has `cpus` CPUs.
Verdict silent(int cpus, const std::function<void(SceneBuilder&)>& fill) {
  SceneBuilder scene(2);
  scene.silent_for_four_seconds(cpus);
  fill(scene);
  for (Verdict& verdict : investigate(scene.finish(20'000))) {
    if (verdict.failure) return std::move(verdict);
  }
  return {};
}

std::string code(const Verdict& verdict) { return verdict.cause ? verdict.cause->code : "none"; }

void still(SceneBuilder& scene, int cpu, std::int64_t begin, std::int64_t end) {
  scene.event(end, evidence::CpuSilent{cpu, SceneBuilder::ms(begin).ns});
}

void stolen(SceneBuilder& scene, int cpu, std::uint64_t before, std::uint64_t after) {
  scene.event(100, evidence::CpuStolen{cpu, before});
  scene.event(12'600, evidence::CpuStolen{cpu, after});
}

TEST(StoodStill, AllCpusAtOnceIsAPause) {
  const Verdict verdict = silent(2, [](SceneBuilder& scene) {
    still(scene, 0, 9'500, 12'500);
    still(scene, 1, 9'510, 12'510);
    stolen(scene, 0, 50, 60);
    stolen(scene, 1, 50, 50);
  });
  EXPECT_EQ(code(verdict), "host.paused");
  ASSERT_TRUE(verdict.account);
  EXPECT_EQ(verdict.account->overdue_in(Doing::Paused), 2'500ms);
  Duration sum{0};
  for (const AccountLine& line : verdict.account->lines) sum += line.time;
  EXPECT_EQ(sum, verdict.account->end - verdict.account->begin);
}

TEST(StoodStill, AllCpusStolenIsTheHypervisors) {
  EXPECT_EQ(code(silent(2,
                        [](SceneBuilder& scene) {
                          still(scene, 0, 9'500, 12'500);
                          still(scene, 1, 9'500, 12'500);
                          stolen(scene, 0, 50, 2'050);
                          stolen(scene, 1, 50, 1'550);
                        })),
            "host.cpu.stolen");
}

TEST(StoodStill, OneCpuThatIsNotTheSendersOrNotStolenIsNoReason) {
  const auto with = [](int cpu, std::uint64_t after, int cpus) {
    return code(silent(cpus, [&](SceneBuilder& scene) {
      still(scene, cpu, 9'500, 12'500);
      stolen(scene, cpu, 50, after);
    }));
  };
  EXPECT_EQ(with(1, 2'050, 2), "host.cpu.stolen");  // beats() run on CPU 1
  EXPECT_EQ(with(0, 2'050, 2), "unknown");
  EXPECT_EQ(with(1, 550, 2), "unknown");  // the kernel may have held interrupts off
  EXPECT_EQ(with(1, 50, 1), "unknown");   // one CPU: a pause and that look the same
}

/// CPU 1, where thread 10 runs, is silent from 9.5 to 12.5 s but for moments each second.
void still_in_pieces(SceneBuilder& scene, int cpu) {
  still(scene, cpu, 9'500, 10'500);
  still(scene, cpu, 10'505, 11'500);
  still(scene, cpu, 11'505, 12'500);
}

TEST(StoodStill, WhatTheSamplerDidNotSeeBetweenIsCountedTogether) {
  const auto with = [](std::uint64_t after) {
    return silent(2, [&](SceneBuilder& scene) {
      for (const int cpu : {0, 1}) {
        scene.event(9'400, evidence::CpuStolen{cpu, 50});
        still_in_pieces(scene, cpu);
        scene.event(12'900, evidence::CpuStolen{cpu, after});  // it came late as well
      }
    });
  };
  const Verdict verdict = with(2'950);
  EXPECT_EQ(code(verdict), "host.cpu.stolen");
  ASSERT_TRUE(verdict.account);
  EXPECT_EQ(verdict.account->overdue_in(Doing::Paused), 0ms);
  EXPECT_EQ(code(with(60)), "host.paused");
}

TEST(StoodStill, ACountMayComeAfterTheNextSilenceHasBegun) {
  EXPECT_EQ(code(silent(2,
                        [](SceneBuilder& scene) {
                          scene.event(9'400, evidence::CpuStolen{1, 50});
                          still_in_pieces(scene, 1);
                          scene.event(10'502, evidence::CpuStolen{1, 50});
                          scene.event(12'510, evidence::CpuStolen{1, 1'050});
                          scene.event(12'620, evidence::CpuStolen{1, 3'050});
                        })),
            "host.cpu.stolen");
}

TEST(StoodStill, ALookInTheNextSilenceKnowsOnlyTheLast) {
  const Verdict verdict = silent(2, [](SceneBuilder& scene) {
    scene.event(9'400, evidence::CpuStolen{1, 50});
    still(scene, 1, 9'500, 10'500);
    still(scene, 1, 10'501, 12'600);
    scene.event(12'400, evidence::CpuStolen{1, 1'050});
    scene.event(12'700, evidence::CpuStolen{1, 3'150});
  });
  EXPECT_EQ(code(verdict), "host.cpu.stolen");
  ASSERT_TRUE(verdict.account);
  EXPECT_EQ(verdict.account->overdue_in(Doing::Silent), 0ms);
}

TEST(StoodStill, WithoutALookAfterwardsItIsNotKnownWhatItWas) {
  const Verdict verdict = silent(2, [](SceneBuilder& scene) {
    for (const int cpu : {0, 1}) {
      scene.event(9'400, evidence::CpuStolen{cpu, 50});
      still(scene, cpu, 9'500, 12'500);
    }
  });
  EXPECT_EQ(code(verdict), "unknown");
  ASSERT_TRUE(verdict.account);
  EXPECT_EQ(verdict.account->overdue_in(Doing::Silent), 2'500ms);
}

/// A silence is told from the tick before it, a moment before the end of the last one.
TEST(StoodStill, ATheftIsCountedAtTheEndOfItsSilences) {
  EXPECT_EQ(
      code(silent(2,
                  [](SceneBuilder& scene) {
                    for (const int cpu : {0, 1}) {
                      scene.event(9'400, evidence::CpuStolen{cpu, 50});
                      still(scene, cpu, 9'500, 12'500);
                      scene.event(12'550, evidence::CpuStolen{cpu, 50});
                    }
                    for (const int end : {13'500, 14'500, 15'500}) {
                      still(scene, 0, end - 1001, end);
                      scene.event(end + 20, evidence::CpuStolen{0, end == 15'500 ? 5'550U : 50U});
                    }
                  })),
      "host.cpu.stolen");
}

TEST(StoodStill, ACountThatComesLateIsNoPause) {
  const auto with = [](std::int64_t late_ms) {
    return code(silent(2, [&](SceneBuilder& scene) {
      for (const int cpu : {0, 1}) {
        scene.event(9'400, evidence::CpuStolen{cpu, 50});
        still(scene, cpu, 9'500, 12'500);
        scene.event(12'550, evidence::CpuStolen{cpu, 50});
        scene.event(late_ms, evidence::CpuStolen{cpu, 2'550});
      }
    }));
  };
  EXPECT_EQ(with(14'000), "unknown");
  EXPECT_EQ(with(19'000), "host.paused");
}

TEST(StoodStill, WhatIsStolenLaterIsNotThePauses) {
  for (const std::int64_t look : {12'550, 12'850}) {
    EXPECT_EQ(code(silent(2,
                          [&](SceneBuilder& scene) {
                            for (const int cpu : {0, 1}) {
                              scene.event(9'400, evidence::CpuStolen{cpu, 50});
                              still(scene, cpu, 9'500, 12'500);
                              scene.event(look, evidence::CpuStolen{cpu, 50});
                              still(scene, cpu, 15'000, 19'000);
                              scene.event(19'100, evidence::CpuStolen{cpu, 4'050});
                            }
                          })),
              "host.paused");
  }
}

TEST(StoodStill, ATheftThatHoldsTheOtherCpusAsWellIsNoPause) {
  EXPECT_EQ(code(silent(2,
                        [](SceneBuilder& scene) {
                          still(scene, 0, 9'500, 12'500);
                          still(scene, 1, 9'510, 12'510);
                          stolen(scene, 0, 50, 3'050);
                          stolen(scene, 1, 50, 60);
                        })),
            "host.cpu.stolen");
}

/// Thread 10 is woken at `since` and put on CPU 1 at 12.6 s, which hog had meanwhile.
void wanted(SceneBuilder& scene, std::int64_t since) {
  scene.event(since, evidence::ThreadWoken{10, 10, 0, ""});
  const std::int64_t waited_ns = (12'600 - since) * 1'000'000;
  scene.event(12'600, evidence::ThreadOn{10, 10, 1, {{20, "hog", waited_ns, "rr 2"}}});
  scene.event(12'602, SceneBuilder::idle());
}

TEST(StoodStill, NobodyHoldsACpuThatDoesNotRun) {
  EXPECT_EQ(code(silent(2, [](SceneBuilder& scene) { wanted(scene, 10'000); })),
            "host.cpu.starved");
  const Verdict verdict = silent(2, [](SceneBuilder& scene) {
    still_in_pieces(scene, 1);
    stolen(scene, 1, 50, 50);
    wanted(scene, 10'000);
  });
  EXPECT_EQ(code(verdict), "unknown");
  EXPECT_THAT(verdict.cause->missing,
              ::testing::Contains(::testing::HasSubstr("why its CPU took no timer interrupts")));
}

TEST(StoodStill, WhoRunsOnACpuThatIsStolenInSlicesDoesNotHoldIt) {
  const auto with = [](std::uint64_t of_100) {
    return code(silent(2, [&](SceneBuilder& scene) {
      for (std::uint64_t i = 0; i < 30; ++i)
        scene.event(static_cast<std::int64_t>(9'700 + 100 * i), evidence::CpuStolen{1, of_100 * i});
      wanted(scene, 10'000);
    }));
  };
  EXPECT_EQ(with(95), "host.cpu.stolen");
  EXPECT_EQ(with(40), "host.cpu.starved");
}

TEST(StoodStill, AWaitThatNobodySawEndIsForTheLastCpu) {
  SceneBuilder scene(2);
  scene.keepalived();
  evidence::HostFacts host;
  host.cpus = 2;
  scene.event(0, host);
  scene.beats(0, 10'000);
  scene.event(9'999, evidence::ThreadWoken{10, 10, 0, ""});
  scene.adverts(1, 0, 10'000, 110);
  scene.adverts(2, 12'600, 15'000, 100);
  for (int i = 0; i < 50; ++i) {
    scene.event(9'900 + 100 * i, evidence::CpuStolen{1, static_cast<std::uint64_t>(95 * i)});
  }
  std::vector<std::string> codes;
  for (const Verdict& verdict : investigate(scene.finish(15'000))) {
    if (verdict.failure) codes.push_back(code(verdict));
  }
  EXPECT_THAT(codes, testing::ElementsAre("host.cpu.stolen"));
}

TEST(StoodStill, WhoHoldsTheCpuAfterATheftHoldsIt) {
  EXPECT_EQ(code(silent(2,
                        [](SceneBuilder& scene) {
                          scene.event(9'050, evidence::CpuStolen{1, 50});
                          still(scene, 1, 9'100, 11'200);
                          wanted(scene, 11'200);
                          scene.event(12'700, evidence::CpuStolen{1, 2'150});  // starved as well
                        })),
            "host.cpu.starved");
}

/// As silent() at 2 CPUs, but captured on the paused machine only: host 2's adverts of the time
/// come in `late` ms after host 1's own goes on.
std::vector<Verdict> captured_by_the_paused(std::int64_t silent_until, std::int64_t late) {
  SceneBuilder scene(1);
  scene.keepalived();
  evidence::HostFacts host;
  host.cpus = 2;
  scene.event(0, host);
  scene.beats(0, 10'000);
  scene.beats(silent_until, 20'000);
  scene.adverts(1, 0, 10'000, 110);
  scene.adverts(1, silent_until, 20'000, 110);
  scene.advert(2, silent_until + late, 100);
  for (const int cpu : {0, 1}) still(scene, cpu, 9'500, silent_until - 10);
  return investigate(scene.finish(20'000));
}

const Verdict* conflict(const std::vector<Verdict>& verdicts) {
  const auto found = std::find_if(verdicts.begin(), verdicts.end(), [](const Verdict& verdict) {
    return verdict.incident.kind == Kind::Conflict;
  });
  return found == verdicts.end() ? nullptr : &*found;
}

TEST(StoodStill, WhoTookOverMeanwhileIsHeardAfterwards) {
  const auto verdicts = captured_by_the_paused(15'000, 60);
  const Verdict* verdict = conflict(verdicts);
  ASSERT_NE(verdict, nullptr);
  EXPECT_EQ(code(*verdict), "host.paused");
  EXPECT_TRUE(verdict->account);
}

TEST(StoodStill, ASilenceThatTheOtherWouldHaveSatOutMovedNothing) {
  const auto verdicts = captured_by_the_paused(12'000, 60);
  const Verdict* verdict = conflict(verdicts);
  ASSERT_NE(verdict, nullptr);
  EXPECT_EQ(code(*verdict), "unknown");
}

TEST(StoodStill, ClocksThatStoodWithTheMachineAreNotTheReceiversFault) {
  for (const bool was_set : {false, true}) {
    SceneBuilder scene(1);
    scene.keepalived();
    scene.beats(0, 20'000);
    scene.adverts(1, 0, 20'000, 110);
    scene.advert(2, 9'800, 100);
    if (was_set)
      scene.event(9'850, evidence::ClockJump{"realtime", 5'000'000'000, 9'700'000'000, 0});
    scene.event(10'000, evidence::ClockJump{"rtc", 5'900'000'000, 9'000'000'000, 5'900'000'000});
    const auto verdicts = investigate(scene.finish(20'000));
    const Verdict* verdict = conflict(verdicts);
    ASSERT_NE(verdict, nullptr);
    EXPECT_EQ(code(*verdict), "unknown");
    EXPECT_EQ(verdict->cause->evidence.empty(), was_set);
    EXPECT_THAT(verdict->cause->missing,
                ::testing::Contains(::testing::HasSubstr(was_set ? "what the receiver did"
                                                                 : "whether it was stopped")));
  }
}

TEST(StoodStill, OneAfterTheOtherIsNoPause) {
  EXPECT_EQ(code(silent(2,
                        [](SceneBuilder& scene) {
                          still(scene, 0, 9'500, 11'000);
                          still(scene, 1, 11'000, 12'500);
                        })),
            "unknown");
}

TEST(StoodStill, AStoppedProcessIsStoppedAlsoWhileTheMachineIs) {
  EXPECT_EQ(code(silent(2,
                        [](SceneBuilder& scene) {
                          scene.event(9'400, SceneBuilder::off('T', ""));
                          still(scene, 0, 10'500, 11'000);
                          still(scene, 1, 10'500, 11'000);
                        })),
            "host.process.stopped");
}

}  // namespace
}  // namespace alibi::investigate
