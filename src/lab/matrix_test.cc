// SPDX-License-Identifier: Apache-2.0
// The rule that judges verdicts, over verdicts written by hand.
#include "lab/matrix.h"

#include <gtest/gtest.h>

namespace alibi::lab {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Truth truth(std::vector<std::string> causes) {
  return {std::move(causes), {}, 100 * kSecond, 105 * kSecond, false};
}

std::string incident(const std::string& code, int at_s, bool failure = true,
                     const std::string& where = "null") {
  const std::string cause = code.empty() ? "null" : R"({"code": ")" + code + R"("})";
  return R"({"kind": "silence", "failure": )" + std::string(failure ? "true" : "false") +
         R"(, "at_unix_ns": )" + std::to_string(at_s * kSecond) +
         R"(, "silent_s": 3.6, "cause": )" + cause + R"(, "where": )" + where + "}";
}

std::string verdicts(const std::vector<std::string>& incidents) {
  std::string text = R"({"incidents": [)";
  for (std::size_t i = 0; i < incidents.size(); ++i) text += (i > 0 ? "," : "") + incidents[i];
  return text + "]}";
}

Judgement judged(const std::vector<std::string>& incidents, const Truth& t) {
  auto j = judge(verdicts(incidents), t);
  EXPECT_TRUE(j) << j.error().message;
  return j.value_or(Judgement{});
}

TEST(Judge, TheTruthInTheWindowIsRight) {
  const auto j = judged({incident("host.io.log", 104)}, truth({"host.io.log"}));
  EXPECT_EQ(j.outcome, Outcome::Right);
  EXPECT_EQ(j.named, "host.io.log");
  EXPECT_DOUBLE_EQ(j.silent_s, 3.6);
}

TEST(Judge, TheShareOfTheOverdueTimeInTheRightState) {
  const std::string stopped = R"({"failure": true, "at_unix_ns": 104000000000,
      "cause": {"code": "host.process.stopped"}, "account": {"overdue": {"time_s": 2.5, "lines": [
          {"state": "stopped", "time_s": 1.5}, {"state": "running", "time_s": 0.5},
          {"state": "waiting for its next timer", "time_s": 0.5}]}}})";
  Truth t = truth({"host.process.stopped"});
  EXPECT_FALSE(judged({stopped}, t).shares);
  t.state = "stopped";
  ASSERT_TRUE(judged({stopped}, t).shares);
  EXPECT_DOUBLE_EQ(judged({stopped}, t).shares->right, 0.75);
  EXPECT_DOUBLE_EQ(judged({stopped}, t).shares->asleep, 0.2);
  EXPECT_FALSE(judged({incident("host.process.stopped", 104)}, t).shares);
}

TEST(Judge, AnotherNameIsWrongEvenBesideTheTruth) {
  EXPECT_EQ(
      judged({incident("host.io.log", 104), incident("host.io.disk", 104)}, truth({"host.io.log"}))
          .outcome,
      Outcome::Wrong);
}

TEST(Judge, ANameOutsideTheWindowIsAStray) {
  const auto j = judged({incident("host.cpu.starved", 99), incident("host.io.log", 104)},
                        truth({"host.io.log"}));
  EXPECT_EQ(j.outcome, Outcome::Right);
  EXPECT_EQ(j.strays, std::vector<std::string>{"host.cpu.starved"});
}

TEST(Judge, UnknownIsNeverWrongAndNeverRight) {
  EXPECT_EQ(judged({incident("unknown", 104)}, truth({"host.io.log"})).outcome, Outcome::Unknown);
  EXPECT_EQ(judged({incident("", 104)}, truth({"host.io.log"})).outcome, Outcome::Unknown);
  EXPECT_EQ(judged({incident("unknown", 104), incident("host.io.log", 103)}, truth({"host.io.log"}))
                .outcome,
            Outcome::Right);
}

TEST(Judge, TheTruthOutsideTheWindowIsMissed) {
  EXPECT_EQ(judged({incident("host.io.log", 90)}, truth({"host.io.log"})).outcome, Outcome::Missed);
  EXPECT_EQ(judged({}, truth({"host.io.log"})).outcome, Outcome::Missed);
}

TEST(Judge, AReturnOfTheMasterIsNoIncident) {
  EXPECT_EQ(judged({incident("", 104, false)}, truth({})).outcome, Outcome::Right);
}

TEST(Judge, WhereNothingWasDoneAnyFailureIsAFalseAlarm) {
  EXPECT_EQ(judged({incident("unknown", 104)}, truth({})).outcome, Outcome::Wrong);
  EXPECT_EQ(judged({incident("host.cpu.starved", 104)}, truth({})).outcome, Outcome::Wrong);
}

TEST(Judge, AKeeperThatWithstandsIsRight) {
  Truth t = truth({"host.io.log"});
  t.may_be_nothing = true;
  EXPECT_EQ(judged({}, t).outcome, Outcome::Right);
  EXPECT_EQ(judged({incident("host.io.disk", 104)}, t).outcome, Outcome::Wrong);
}

TEST(Judge, TheSegmentIsCompared) {
  Truth t = truth({"network.loss"});
  t.segment = {"G", "H"};
  const std::string right = R"({"segment": ["G", "H"]})";
  const std::string other = R"({"segment": ["H", "I"]})";
  EXPECT_TRUE(judged({incident("network.loss", 104, true, right)}, t).segment_right);
  EXPECT_FALSE(judged({incident("network.loss", 104, true, other)}, t).segment_right);
  EXPECT_FALSE(judged({incident("network.loss", 104)}, t).segment_right);
}

TEST(Judge, WhatIsNoVerdictIsAnError) {
  EXPECT_FALSE(judge("", truth({})));
  EXPECT_FALSE(judge("{}", truth({})));
  EXPECT_TRUE(judge(R"({"incidents": [{"cause": 3, "where": []}]})", truth({})));
}

TEST(Matrix, CountsAndExitCodes) {
  RunResult right{"log.reader", "host.io.log", 1, 5, "", {}, ""};
  right.judgement = {Outcome::Right, "host.io.log", "", true, 1, 3.6};
  RunResult unknown = right;
  unknown.judgement = {Outcome::Unknown, "unknown", "", true, 1, 3.6};
  RunResult wrong = right;
  wrong.judgement = {Outcome::Wrong, "network.cut", "", true, 1, 3.6};
  EXPECT_EQ(exit_code({right}), 0);
  EXPECT_EQ(exit_code({right, unknown}), 3);
  EXPECT_EQ(exit_code({right, unknown, wrong}), 1);
  const std::string text = matrix_text({right, right, unknown, wrong});
  EXPECT_NE(text.find("4 runs: 2 right, 1 unknown, 0 missed, 1 wrong"), std::string::npos) << text;
  EXPECT_NE(text.find("wrong: log.reader seed 1"), std::string::npos) << text;
}

}  // namespace
}  // namespace alibi::lab
