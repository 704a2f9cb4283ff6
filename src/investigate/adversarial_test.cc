// SPDX-License-Identifier: Apache-2.0
// Scenes that invite a wrong name: what came later or what was always so is no cause.
#include <gtest/gtest.h>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

using Builder = SceneBuilder;

void failed_run(Builder& b, std::int64_t at_ms, std::int32_t pid) {
  b.event(at_ms - 2, evidence::ProcessForked{10, pid});
  b.event(at_ms - 1, evidence::ProcessExec{pid, "killall", "killall -0 haproxy"});
  evidence::ProcessExit exit;
  exit.pid = pid;
  exit.exit_code = 0x100;
  b.event(at_ms, exit);
}

/// Host 1 resigns at 10.5 s, host 2 takes over.
void resignation(Builder& b) {
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  b.advert(1, 10'500, 0);
  b.adverts(2, 11'100, 20'000, 102);
}

TEST(Adversarial, StopAfterTheResignationIsNotItsCause) {
  for (const std::int64_t stop_at : {10'499, 10'900}) {
    Builder b(3);
    resignation(b);
    failed_run(b, 10'490, 60);
    evidence::SignalSent sent;
    sent.signal = 15;
    sent.target_pid = 10;
    sent.sender_pid = 77;
    sent.sender_comm = "systemctl";
    b.event(stop_at, sent);
    const auto verdicts = investigate(b.finish(20'000));
    ASSERT_FALSE(verdicts.empty());
    ASSERT_TRUE(verdicts[0].cause.has_value());
    EXPECT_EQ(verdicts[0].cause->code, stop_at < 10'500 ? "admin.stopped" : "service.down");
  }
}

}  // namespace
}  // namespace alibi::investigate
