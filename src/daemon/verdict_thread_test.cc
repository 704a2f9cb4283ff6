// SPDX-License-Identifier: Apache-2.0
// Verdicts beside the loop: at normal priority, one look at a time, nothing lost at the end.
#include "daemon/verdict_thread.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <future>

#include "investigate/scene_builder.h"
#include "os/event_loop.h"

namespace alibi::daemon {
namespace {

using investigate::SceneBuilder;

/// Stopped from 10.4 s on, successor at 13.6 s; cut off at `end_ms`.
evidence::Recording stopped(std::int64_t end_ms) {
  SceneBuilder b(3);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  b.event(10'400, evidence::ThreadOn{10, 10, 1, {}});
  b.event(10'401, SceneBuilder::off('T', ""));
  b.advert(2, 13'600, 102);
  b.finish(end_ms);
  return b.recording;
}

TEST(VerdictThread, GivesEachVerdictOnceAndFromAThreadOfNormalPriority) {
  std::promise<std::pair<std::thread::id, int>> seen;
  std::size_t given = 0;
  VerdictThread thread([&](const auto&, const investigate::Verdict& verdict, std::size_t number) {
    EXPECT_EQ(verdict.cause->code, "host.process.stopped");
    EXPECT_EQ(number, 1U);
    if (++given == 1) seen.set_value({std::this_thread::get_id(), sched_getscheduler(0)});
  });
  ASSERT_TRUE(thread.ready(os::monotonic_now()));
  thread.look(stopped(14'200), os::monotonic_now());
  const auto [id, policy] = seen.get_future().get();
  EXPECT_NE(id, std::this_thread::get_id());
  EXPECT_TRUE(policy == SCHED_OTHER || policy == SCHED_IDLE) << policy;
  thread.finish(stopped(14'500));
  EXPECT_EQ(given, 1U);
}

TEST(VerdictThread, IsNotReadyWhileALookIsUnderWay) {
  std::promise<void> begun;
  std::promise<void> go_on;
  VerdictThread thread([&, may = go_on.get_future().share()](const auto&, const auto&, auto) {
    begun.set_value();
    may.wait();
  });
  thread.look(stopped(14'200), os::monotonic_now());
  begun.get_future().wait();
  EXPECT_FALSE(thread.ready(os::monotonic_now() + 1h));
  go_on.set_value();
  thread.finish(stopped(14'200));
  EXPECT_TRUE(thread.ready(os::monotonic_now() + 1h));
}

TEST(VerdictThread, FinishGivesWhatIsLeft) {
  std::size_t given = 0;
  VerdictThread thread([&](const auto&, const auto&, std::size_t) { ++given; });
  thread.finish(stopped(13'700));
  EXPECT_EQ(given, 1U);
}

}  // namespace
}  // namespace alibi::daemon
