// SPDX-License-Identifier: Apache-2.0
// Scenes that invite a wrong name: what came later or what was always so is no cause.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

using Builder = SceneBuilder;

/// Host 1 resigns at 10.5 s, host 2 takes over.
void resignation(Builder& b) {
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  b.advert(1, 10'500, 0);
  b.adverts(2, 11'100, 20'000, 102);
}

/// Host 1 sends its last advert at 10 s, host 2 takes over at 13.6 s.
void silence(Builder& b) {
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  b.adverts(2, 13'600, 20'000, 102);
}

void signal(Builder& b, std::int64_t at_ms, int number, std::int32_t target = 10) {
  evidence::SignalSent sent;
  sent.signal = number;
  sent.target_pid = target;
  sent.sender_pid = 77;
  sent.sender_comm = "systemctl";
  b.event(at_ms, sent);
}

void ends(Builder& b, std::int64_t at_ms, int exit_code, std::int32_t pid = 10) {
  evidence::ProcessExit exit;
  exit.pid = pid;
  exit.exit_code = exit_code;
  b.event(at_ms, exit);
}

Verdict first_failure(Builder& b) {
  for (const Verdict& verdict : investigate(b.finish(20'000))) {
    if (verdict.failure) return verdict;
  }
  return {};
}

std::string code(Builder& b) {
  const Verdict verdict = first_failure(b);
  return verdict.cause ? verdict.cause->code : "none";
}

// ---- resignations ----

TEST(Adversarial, StopAfterTheResignationIsNotItsCause) {
  Builder b(3);
  resignation(b);
  b.script(8490, 59, 0);
  b.script(10'490, 60, 1);
  signal(b, 10'900, 15);
  EXPECT_EQ(code(b), "service.down");
}

TEST(Adversarial, StopAndFailedScriptTogetherNameNobody) {
  Builder b(3);
  resignation(b);
  b.script(8490, 59, 0);
  b.script(10'490, 60, 1);
  signal(b, 10'495, 15);
  const Verdict verdict = first_failure(b);
  EXPECT_EQ(verdict.cause->code, "unknown");
  EXPECT_THAT(verdict.cause->evidence, testing::Contains(testing::HasSubstr("admin.stopped")));
  EXPECT_THAT(verdict.cause->evidence, testing::Contains(testing::HasSubstr("service.down")));
}

TEST(Adversarial, StopBesideAnOlderFailureIsTheStop) {
  Builder b(3);
  resignation(b);
  b.script(4490, 58, 0);
  b.script(6490, 59, 1);
  signal(b, 10'495, 15);
  EXPECT_EQ(code(b), "admin.stopped");
}

TEST(Adversarial, AScriptIsBelievedWhenTheDaemonCanHaveActedOnIt) {
  struct Row {
    const char* what;
    std::vector<std::pair<std::int64_t, int>> runs;  // end, status
    const char* code;
  };
  for (const Row& row : {
           Row{"fall 1", {{8490, 0}, {10'490, 1}}, "service.down"},
           Row{"fall 3", {{4490, 0}, {6490, 1}, {8490, 1}, {10'490, 1}}, "service.down"},
           Row{"acted too late on it", {{4490, 0}, {6490, 1}}, "unknown"},
           Row{"succeeded again", {{4490, 0}, {10'300, 1}, {10'400, 0}}, "unknown"},
           Row{"failed all the time", {{6490, 1}, {8490, 1}, {10'490, 1}}, "unknown"},
           Row{"seen once", {{10'490, 1}}, "unknown"},
           Row{"failed afterwards", {{8490, 0}, {10'510, 1}}, "unknown"},
       }) {
    Builder b(3);
    resignation(b);
    std::int32_t pid = 50;
    for (const auto& [end, status] : row.runs) b.script(end, pid++, status);
    EXPECT_EQ(code(b), row.code) << row.what;
  }
}

TEST(Adversarial, AScriptOfSomebodyElseIsNotTracked) {
  Builder b(3);
  resignation(b);
  b.script(8490, 59, 0, 600);
  b.script(10'490, 60, 1, 600);
  EXPECT_EQ(code(b), "unknown");
}

TEST(Adversarial, ASuccessMayBeAmongLostEvents) {
  Builder b(3);
  resignation(b);
  b.script(8490, 59, 0);
  b.script(10'490, 60, 1);
  b.event(10'495, evidence::EventsLost{"process", 3, Builder::ms(10'400).ns});
  EXPECT_EQ(code(b), "unknown");
}

TEST(Adversarial, AScriptThatHangsIsKnownWhenItsDaemonEndsIt) {
  Builder b(3);
  resignation(b);
  b.script(4490, 59, 0);
  b.event(6490, evidence::ProcessForked{10, 60});
  b.event(6491, evidence::ProcessExec{60, "killall", "killall -0 haproxy"});
  evidence::SignalSent sent;
  sent.signal = 15;
  sent.target_pid = 60;
  sent.sender_pid = 10;
  b.event(10'490, sent);
  ends(b, 12'490, 9, 60);
  EXPECT_EQ(code(b), "service.check_hung");
}

// ---- ends ----

TEST(Adversarial, AKillAfterTheAdvertWasOverdueIsNotItsCause) {
  struct Row {
    std::int64_t killed_at;
    const char* code;
  };
  for (const Row& row : {Row{10'900, "host.process.killed"}, Row{11'200, "host.process.killed"},
                         Row{11'600, "unknown"}, Row{13'500, "host.process.stopped"}}) {
    Builder b(3);
    silence(b);
    signal(b, 10'400, 19);
    b.event(10'400, evidence::ThreadOn{10, 10, 1, {}});
    b.event(10'401, Builder::off('T', ""));
    signal(b, row.killed_at - 1, 9);
    ends(b, row.killed_at, 9);
    EXPECT_EQ(code(b), row.code) << row.killed_at;
  }
}

/// A supervisor resigns in the name of its sender that has died, as alibi's does.
TEST(Adversarial, AResignationAfterTheSendersDeathIsItsDeath) {
  for (const auto& [number, expected] :
       {std::pair{9, "host.process.killed"}, std::pair{11, "host.process.crashed"}}) {
    Builder b(3);
    resignation(b);
    if (number == 9) signal(b, 10'497, number);
    ends(b, 10'498, number);
    EXPECT_EQ(code(b), expected);
  }
  Builder later(3);
  resignation(later);
  signal(later, 10'600, 9);
  ends(later, 10'601, 9);
  EXPECT_EQ(code(later), "unknown");
}

/// Another process may have sent SIGSEGV as well as the kernel.
TEST(Adversarial, ADeathWhoseSignalWasNotRecordedIsNoCrash) {
  for (const bool absent : {true, false}) {
    Builder b(3);
    silence(b);
    ends(b, 10'500, 11);
    if (absent)
      b.recording.losses.push_back({"signal", 0, "not loaded"});
    else
      b.event(10'600, evidence::EventsLost{"signal", 3, Builder::ms(10'400).ns});
    EXPECT_EQ(code(b), "unknown");
  }
}

TEST(Adversarial, ACoreThatTakesLongToWriteIsACrashAllTheSame) {
  Builder b(3);
  silence(b);
  evidence::SignalSent sent;
  sent.signal = 11;
  sent.target_pid = 10;
  sent.code = 1;
  b.event(10'500, sent);
  ends(b, 13'000, 11 | 0x80);
  EXPECT_EQ(code(b), "host.process.crashed");
}

TEST(Adversarial, AParentKilledWhileItsWorkerGoesOnIsNoCause) {
  Builder b(3);
  silence(b);
  signal(b, 10'499, 9, 9);
  ends(b, 10'500, 9, 9);
  EXPECT_EQ(code(b), "unknown");
}

/// A second keepalived (pid 20, parent 19) in the same namespace.
void second_daemon(Builder& b) {
  evidence::ProcessFound found;
  found.pid = 20;
  found.parent = 19;
  found.comm = "keepalived";
  found.netns = 1;
  b.event(0, found);
  found.pid = 19;
  found.parent = 1;
  found.role = evidence::ProcessFound::Role::Parent;
  b.event(0, found);
}

TEST(Adversarial, AnotherDaemonsEndIsNotThisOnes) {
  Builder b(3);
  resignation(b);
  second_daemon(b);
  signal(b, 10'495, 15, 19);
  signal(b, 10'496, 15, 20);
  ends(b, 10'498, 0, 20);
  EXPECT_EQ(code(b), "unknown");
}

/// Both are on a CPU when adverts leave; the first is killed.
void one_of_two_is_killed(Builder& b) {
  silence(b);
  second_daemon(b);
  for (std::int64_t t = 1000; t < 10'001; t += 1000) {
    b.event(t - 1, evidence::ThreadOn{20, 20, 0, {}});
    evidence::ThreadOff off = Builder::idle();
    off.tid = off.pid = 20;
    b.event(t + 1, off);
  }
  signal(b, 10'499, 9);
  ends(b, 10'500, 9);
}

TEST(Adversarial, TwoDaemonsThatAreNotToldApartAreNotAccused) {
  Builder b(3);
  one_of_two_is_killed(b);
  EXPECT_EQ(code(b), "unknown");
}

TEST(Adversarial, TwoDaemonsAreToldApartByWhatTheyServe) {
  for (const bool known : {true, false}) {
    Builder b(3);
    one_of_two_is_killed(b);
    evidence::ConfiguredRouter other = Builder::router();
    other.vrid = 206;
    b.event(100, evidence::ConfigRead{19, 0, "other.conf", known ? "" : "a file is gone", {other}});
    EXPECT_EQ(code(b), known ? "host.process.killed" : "unknown");
  }
}

// ---- the log's reader ----

/// The sender waits for its log from 11 s on; its reader is found in `states`, in turn.
void log_wait(Builder& b, const std::string& states) {
  silence(b);
  b.event(10'999, evidence::ThreadOn{10, 10, 1, {}});
  b.event(11'000, Builder::off('S', "sendto", {"unix_wait_for_peer", "unix_dgram_sendmsg"}));
  evidence::WaitTarget target;
  target.tid = target.pid = 10;
  target.state = 'S';
  target.wchan = "unix_wait_for_peer";
  target.syscall_name = "sendto";
  target.fd = 3;
  target.kind = evidence::WaitTarget::Kind::UnixSocket;
  target.is_log = true;
  target.peer_path = "/dev/log";
  target.reader_pid = 44;
  target.reader_comm = "busybox";
  for (std::size_t i = 0; i < 35; ++i) {
    target.reader_state = states[i % states.size()];
    b.event(11'100 + static_cast<std::int64_t>(i) * 100, target);
  }
  b.event(14'999, evidence::ThreadOn{10, 10, 1, {}});
}

TEST(Adversarial, TheLogsReaderIsJudgedByAllLooks) {
  for (const auto& [states, expected] :
       {std::pair{"D", "host.io.log"}, {"DDDDDR", "host.io.log"}, {"R", "unknown"},
        {"RRRRRS", "unknown"}, {"RS", "unknown"}, {"?", "unknown"}}) {
    Builder b(3);
    log_wait(b, states);
    EXPECT_EQ(code(b), expected) << states;
  }
}

TEST(Adversarial, AStarvedReaderPassesItsRivalOn) {
  for (const std::int64_t wanted_ms : {3900, 300}) {
    Builder b(3);
    log_wait(b, "R");
    b.event(14'990, evidence::ThreadOn{44, 44, 1, {{500, "cpu-hog", wanted_ms * 1'000'000,
                                                    "normal"}}});
    const Verdict verdict = first_failure(b);
    if (wanted_ms == 300) {
      EXPECT_EQ(verdict.cause->code, "unknown");
      EXPECT_THAT(verdict.cause->missing, testing::Contains(testing::HasSubstr("busybox")));
      continue;
    }
    EXPECT_EQ(verdict.cause->code, "host.cpu.starved");
    EXPECT_THAT(verdict.cause->headline,
                testing::AllOf(testing::HasSubstr("waited for its log, whose reader busybox"),
                               testing::HasSubstr("cpu-hog held it")));
  }
}

TEST(Adversarial, AThrottledReaderIsNotStarved) {
  Builder b(3);
  log_wait(b, "R");
  b.event(5000, evidence::CgroupThrottled{"cpu:/lb", 1000, 1'000'000, 3, 0, {44}});
  b.event(13'500, evidence::CgroupThrottled{"cpu:/lb", 1000, 1'000'000, 6, 2'500'000'000, {44}});
  b.event(14'990, evidence::ThreadOn{44, 44, 1, {{500, "cpu-hog", 3'900'000'000, "normal"}}});
  const Verdict verdict = first_failure(b);
  EXPECT_EQ(verdict.cause->code, "host.cpu.throttled");
  EXPECT_THAT(verdict.cause->headline, testing::HasSubstr("whose reader busybox"));
}

// ---- rivals and lost events ----

TEST(Adversarial, ARivalOutsideTheOverdueTimeIsNone) {
  Builder b(3);
  silence(b);
  // Runnable from 12 s on, told with two rivals of which none had the CPU for half of it.
  b.event(10'002, evidence::ThreadWoken{10, 10, 0, ""});
  b.event(10'900, evidence::ThreadOn{10, 10, 1, {{500, "make", 898'000'000, "normal"}}});
  b.event(10'901, Builder::idle());
  b.event(11'500, evidence::ThreadWoken{10, 10, 0, ""});
  b.event(14'999, evidence::ThreadOn{10, 10, 1, {{0, "swapper", 300'000'000, "normal"}}});
  EXPECT_EQ(code(b), "unknown");
}

TEST(Adversarial, LostEventsLengthenNoState) {
  for (const bool lost : {false, true}) {
    Builder b(3);
    silence(b);
    b.event(10'400, evidence::ThreadOn{10, 10, 1, {}});
    b.event(10'401, Builder::off('T', ""));
    if (lost) b.event(11'200, evidence::EventsLost{"sched", 900, Builder::ms(11'100).ns});
    b.event(14'999, evidence::ThreadOn{10, 10, 1, {}});
    const Verdict verdict = first_failure(b);
    EXPECT_EQ(verdict.cause->code, lost ? "unknown" : "host.process.stopped");
    Duration sum{0};
    for (const AccountLine& line : verdict.account->lines) sum += line.time;
    EXPECT_EQ(sum, verdict.account->end - verdict.account->begin);
  }
}

TEST(Adversarial, WhatTheSamplesSawBridgesLostEvents) {
  Builder b(3);
  silence(b);
  b.event(10'400, evidence::ThreadOn{10, 10, 1, {}});
  b.event(10'401, Builder::off('T', ""));
  b.event(11'200, evidence::EventsLost{"sched", 900, Builder::ms(11'100).ns});
  for (std::int64_t t = 10'500; t < 14'900; t += 100) {
    evidence::WaitTarget target;
    target.tid = target.pid = 10;
    target.state = 'T';
    b.event(t, target);
  }
  b.event(14'999, evidence::ThreadOn{10, 10, 1, {}});
  EXPECT_EQ(code(b), "host.process.stopped");
}

}  // namespace
}  // namespace alibi::investigate
