// SPDX-License-Identifier: Apache-2.0
// When scripts run and end, what notify scripts are given, how command lines are split.
#include <gtest/gtest.h>

#include "daemon/script_run.h"
#include "daemon/script_user.h"
#include "daemon/testing.h"

namespace alibi::daemon {
namespace {

using Words = std::vector<std::string>;
using Action = ScriptRun::Action;

constexpr Instant at(Duration d) { return Instant{} + d; }

config::Script script(Duration interval, Duration timeout) {
  config::Script s;
  s.interval = interval;
  s.timeout = timeout;
  return s;
}

TEST(ScriptRun, RunsAtItsIntervalHoweverLongARunTakes) {
  ScriptRun run(script(2s, 1s), at(0s));
  EXPECT_EQ(run.due(at(0s)), Action::Start);
  run.started(at(0s));
  EXPECT_EQ(run.due(at(500ms)), Action::None);
  EXPECT_TRUE(run.ended(at(700ms)));
  EXPECT_EQ(run.next(), at(2s));
  EXPECT_EQ(run.due(at(2s)), Action::Start);
}

TEST(ScriptRun, OverrunIsTerminatedThenKilledAndDoesNotCountTwice) {
  ScriptRun run(script(2s, 1s), at(0s));
  run.started(at(0s));
  EXPECT_EQ(run.next(), at(1s));
  EXPECT_EQ(run.due(at(1s)), Action::Terminate);
  EXPECT_EQ(run.due(at(2s)), Action::None);
  EXPECT_EQ(run.due(at(3s)), Action::Kill);
  EXPECT_FALSE(run.killed_before());
  EXPECT_EQ(run.due(at(5s)), Action::Kill);  // still not reaped
  EXPECT_TRUE(run.killed_before());
  EXPECT_FALSE(run.ended(at(5500ms)));
  EXPECT_EQ(run.next(), at(6s));  // the runs it overlapped are skipped
  EXPECT_EQ(run.skipped(), 2U);
}

TEST(ScriptRun, NoTimeoutMeansTheInterval) {
  ScriptRun run(script(2s, 0s), at(0s));
  run.started(at(0s));
  EXPECT_EQ(run.next(), at(2s));
}

TEST(ScriptRun, LateStartMakesNoBurst) {
  ScriptRun run(script(1s, 1s), at(0s));
  run.started(at(10s));
  EXPECT_TRUE(run.ended(at(10100ms)));
  EXPECT_EQ(run.next(), at(11s));
}

}  // namespace
}  // namespace alibi::daemon
