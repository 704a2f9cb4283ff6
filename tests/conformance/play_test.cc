// SPDX-License-Identifier: Apache-2.0
// The player itself: a scenario that is wrong about the instance must fail, and say where.
#include <gtest/gtest.h>

#include "conformance/scenario.h"

namespace alibi::conformance {
namespace {

std::string failure(const std::string& steps) {
  const auto scenarios = read_scenarios("t", "scenario s\nclause c\n" + steps);
  if (!scenarios) return scenarios.error().message;
  const auto done = play(scenarios->front());
  return done ? "" : done.error().message;
}

TEST(Player, RightScenarioPasses) {
  EXPECT_EQ(failure("at 0 start\nexpect transition INIT BACKUP start_up at 0\n"
                    "expect nothing until 3.6\nexpect send prio 100 at 3.609375\n"
                    "expect add-addresses\nexpect garp 5\n"
                    "expect transition BACKUP MASTER start_up\n"),
            "");
}

TEST(Player, WrongScenariosFailWithThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"at 0 start\nexpect transition INIT MASTER start_up", "t:4: expect"},
      {"at 0 start\nexpect transition INIT BACKUP start_up at 1", "came at 0.000000"},
      {"at 0 start\n", "not expected: 'transition INIT BACKUP"},
      {"reach backup\nexpect nothing until 4", "'send prio 100' at 3.609375"},
      {"reach backup\nexpect send prio 101", "got 'send prio 100'"},
      {"reach backup\nexpect state MASTER", "state is BACKUP"},
      {"reach backup\nexpect timer 3", "due at 3.609375"},
      {"reach backup\nat 1 stop\nexpect transition BACKUP INIT shut_down\nexpect garp 1",
       "nothing comes any more"},
      {"at 2 start\nat 1 stop", "time runs backwards"},
      {"at 0 begin", "'begin'"},
      {"ours colour=red", "'colour=red' is no parameter"},
      {"ours priority=300", "is no number"},
      {"dance", "'dance' is no step"},
  };
  for (const auto& [steps, message] : cases) {
    EXPECT_NE(failure(steps).find(message), std::string::npos)
        << steps << "\n -> " << failure(steps);
  }
}

TEST(Player, ScenarioWithoutClauseIsRefused) {
  EXPECT_FALSE(read_scenarios("t", "scenario s\nat 0 start\n"));
  EXPECT_FALSE(read_scenarios("t", "at 0 start\n"));
}

}  // namespace
}  // namespace alibi::conformance
