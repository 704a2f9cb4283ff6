// SPDX-License-Identifier: Apache-2.0
// Recording in, expected finding out: what is said, and what must not be said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

using Builder = SceneBuilder;

/// Host 1 is master, silent from 10 s to 15 s; host 2 takes over at 13.6 s.
void stall(Builder& b, std::size_t taps_of_second = 99) {
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  b.advert(2, 13'600, 102, taps_of_second);
  b.advert(2, 14'600, 102, taps_of_second);
  b.adverts(1, 15'000, 20'000, 103);
}

const Verdict& first_failure(const std::vector<Verdict>& verdicts) {
  static const Verdict kNone{};
  for (const Verdict& v : verdicts) {
    if (v.failure) return v;
  }
  return kNone;
}

std::string code_of(const Verdict& verdict) { return verdict.cause ? verdict.cause->code : ""; }

TEST(Investigate, SilenceThenReturnAreTwoIncidents) {
  Builder b(3);
  stall(b);
  const auto verdicts = investigate(b.finish(20'000));
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[0].incident.kind, Kind::Silence);
  EXPECT_EQ(verdicts[1].incident.kind, Kind::Preemption);
  EXPECT_TRUE(verdicts[1].incident.is_return);
  EXPECT_FALSE(verdicts[1].failure);
  EXPECT_EQ(verdicts[0].where->origin, Origin::Sender);
}

TEST(Investigate, NothingHappenedNothingSaid) {
  Builder b(3);
  b.keepalived();
  b.adverts(1, 1000, 60'000, 103);
  EXPECT_TRUE(investigate(b.finish(60'000)).empty());
}

TEST(Investigate, AccountSumsToTheGap) {
  Builder b(3);
  stall(b);
  b.event(10'400, evidence::ThreadOn{10, 10, 1, {}});
  b.event(10'401, Builder::off('T', ""));
  b.event(14'998, evidence::ThreadWoken{10, 10, 77, "bash"});
  b.event(14'999, evidence::ThreadOn{10, 10, 1, {}});
  const auto verdicts = investigate(b.finish(20'000));
  const Verdict& v = first_failure(verdicts);
  ASSERT_TRUE(v.account.has_value());
  Duration sum{0};
  for (const AccountLine& line : v.account->lines) sum += line.time;
  EXPECT_EQ(sum, v.account->end - v.account->begin);
  EXPECT_EQ(code_of(v), "host.process.stopped");
}

TEST(Investigate, StopSignalNamesItsSender) {
  Builder b(3);
  stall(b);
  evidence::SignalSent sent;
  sent.signal = 19;
  sent.target_pid = 10;
  sent.sender_pid = 77;
  sent.sender_comm = "bash";
  b.event(10'400, sent);
  b.event(10'400, evidence::ThreadOn{10, 10, 1, {}});
  b.event(10'401, Builder::off('T', ""));
  b.event(14'999, evidence::ThreadOn{10, 10, 1, {}});
  const auto verdicts = investigate(b.finish(20'000));
  EXPECT_THAT(first_failure(verdicts).cause->headline, testing::HasSubstr("bash (pid 77"));
}

TEST(Investigate, FreezerLooksLikeDiskSleepAndIsNotCalledDisk) {
  Builder b(3);
  stall(b);
  b.event(10'500, evidence::CgroupFrozen{"freezer:/lb", true, {10}});
  b.event(14'990, evidence::CgroupFrozen{"freezer:/lb", false, {10}});
  const auto verdicts = investigate(b.finish(20'000));
  EXPECT_EQ(code_of(first_failure(verdicts)), "host.process.frozen");
}

TEST(Investigate, BlockedOnALockIsUnknownNotDisk) {
  Builder b(3);
  stall(b);
  b.event(10'999, evidence::ThreadOn{10, 10, 1, {}});
  b.event(11'000,
          Builder::off('D', "write", {"rwsem_down_write_slowpath", "ext4_file_write_iter"}));
  b.event(14'999, evidence::ThreadOn{10, 10, 1, {}});
  const auto verdicts = investigate(b.finish(20'000));
  EXPECT_EQ(code_of(first_failure(verdicts)), "unknown");
}

TEST(Investigate, FrozenFilesystemAndDiskAreToldApart) {
  for (const auto& [frame, code] :
       {std::pair{"percpu_rwsem_wait", "host.io.filesystem"}, {"io_schedule", "host.io.disk"}}) {
    Builder b(3);
    stall(b);
    b.event(10'999, evidence::ThreadOn{10, 10, 1, {}});
    b.event(11'000, Builder::off('D', "write", {frame, "vfs_write"}));
    b.event(14'999, evidence::ThreadOn{10, 10, 1, {}});
    const auto verdicts = investigate(b.finish(20'000));
    EXPECT_EQ(code_of(first_failure(verdicts)), code);
  }
}

evidence::WaitTarget socket_wait(bool is_log) {
  evidence::WaitTarget target;
  target.tid = target.pid = 10;
  target.state = 'S';
  target.wchan = "unix_wait_for_peer";
  target.syscall_name = "sendto";
  target.fd = 3;
  target.kind = evidence::WaitTarget::Kind::UnixSocket;
  target.is_log = is_log;
  target.peer_path = "/dev/log";
  target.reader_pid = 44;
  target.reader_comm = "syslogd";
  target.reader_state = 'D';
  return target;
}

/// Looks at that wait every 100 ms.
void looks(Builder& b, std::int64_t from_ms, std::int64_t until_ms, bool is_log,
           char reader = 'D') {
  for (std::int64_t t = from_ms; t < until_ms; t += 100) {
    evidence::WaitTarget target = socket_wait(is_log);
    target.reader_state = reader;
    b.event(t, target);
  }
}

TEST(Investigate, OnlyItsLogIsCalledLog) {
  for (const bool is_log : {true, false}) {
    Builder b(3);
    stall(b);
    b.event(10'999, evidence::ThreadOn{10, 10, 1, {}});
    b.event(11'000, Builder::off('S', "sendto", {"unix_wait_for_peer", "unix_dgram_sendmsg"}));
    looks(b, 11'200, 14'900, is_log);
    b.event(14'999, evidence::ThreadOn{10, 10, 1, {}});
    const auto verdicts = investigate(b.finish(20'000));
    EXPECT_EQ(code_of(first_failure(verdicts)), is_log ? "host.io.log" : "unknown");
  }
}

TEST(Investigate, LogReaderWithoutACpuIsStarvationNotTheLog) {
  Builder b(3);
  stall(b);
  b.event(10'999, evidence::ThreadOn{10, 10, 1, {}});
  b.event(11'000, Builder::off('S', "sendto", {"unix_wait_for_peer", "unix_dgram_sendmsg"}));
  looks(b, 11'200, 14'900, true, 'R');
  b.event(11'010, evidence::ThreadWoken{44, 44, 10, "keepalived"});
  b.event(14'990, evidence::ThreadOn{44, 44, 1, {{500, "stress", 3'900'000'000, "normal"}}});
  b.event(14'999, evidence::ThreadOn{10, 10, 1, {}});
  const auto verdicts = investigate(b.finish(20'000));
  const Verdict& v = first_failure(verdicts);
  EXPECT_EQ(code_of(v), "host.cpu.starved");
  Duration sum{0};
  for (const AccountLine& line : v.account->lines) sum += line.time;
  EXPECT_EQ(sum, v.account->end - v.account->begin);
}

TEST(Investigate, StarvedNeedsSomebodyOnTheCpu) {
  for (const std::int32_t holder : {500, 0}) {
    Builder b(3);
    stall(b);
    b.event(10'999, evidence::ThreadWoken{10, 10, 0, ""});
    b.event(14'999, evidence::ThreadOn{10, 10, 1, {{holder, "stress", 4'000'000'000, "normal"}}});
    const auto verdicts = investigate(b.finish(20'000));
    EXPECT_EQ(code_of(first_failure(verdicts)), holder == 500 ? "host.cpu.starved" : "unknown");
  }
}

TEST(Investigate, QuotaUsedUpIsThrottledEvenBesideOthers) {
  Builder b(3);
  stall(b);
  b.event(5000, evidence::CgroupThrottled{"cpu:/lb", 1000, 1'000'000, 3, 0, {10}});
  b.event(10'999, evidence::ThreadWoken{10, 10, 0, ""});
  b.event(14'900, evidence::CgroupThrottled{"cpu:/lb", 1000, 1'000'000, 7, 3'900'000'000, {10}});
  b.event(14'999, evidence::ThreadOn{10, 10, 1, {{500, "stress", 3'000'000'000, "normal"}}});
  const auto verdicts = investigate(b.finish(20'000));
  EXPECT_EQ(code_of(first_failure(verdicts)), "host.cpu.throttled");
}

/// Host 1 ends for good at 10.5 s, host 2 takes over.
void death(Builder& b, int exit_code, int signal, std::int32_t sender) {
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  if (signal != 0) {
    evidence::SignalSent sent;
    sent.signal = signal;
    sent.target_pid = 10;
    sent.code = sender == 0 ? 1 : 0;
    sent.sender_pid = sender;
    sent.sender_comm = "bash";
    b.event(10'499, sent);
  }
  evidence::ProcessExit exit;
  exit.pid = 10;
  exit.exit_code = exit_code;
  b.event(10'500, exit);
  b.adverts(2, 13'600, 20'000, 102);
}

TEST(Investigate, EndsAreToldApartByWhoSentTheSignal) {
  struct Row {
    int exit_code;
    int signal;
    std::int32_t sender;
    const char* code;
  };
  for (const Row& row :
       {Row{9, 9, 77, "host.process.killed"}, Row{11, 11, 0, "host.process.crashed"},
        Row{11, 11, 77, "host.process.killed"}, Row{15, 15, 77, "admin.stopped"},
        Row{0x100, 0, 0, "host.process.crashed"}, Row{0, 0, 0, "unknown"}, Row{9, 0, 0, "unknown"},
        Row{14, 14, 77, "host.process.killed"}, Row{14, 0, 0, "unknown"},
        Row{13, 13, 10, "host.process.crashed"}}) {
    Builder b(3);
    death(b, row.exit_code, row.signal, row.sender);
    const auto verdicts = investigate(b.finish(20'000));
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_EQ(code_of(verdicts[0]), row.code) << row.exit_code << " " << row.signal;
  }
}

TEST(Investigate, LossIsPlacedOnItsSegment) {
  Builder b(4);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.adverts(1, 11'000, 16'000, 103, 2);  // A and B only
  b.adverts(2, 13'600, 16'000, 102);
  b.adverts(1, 16'000, 20'000, 103);
  const auto verdicts = investigate(b.finish(20'000));
  const Verdict& v = first_failure(verdicts);
  EXPECT_EQ(code_of(v), "network.loss");
  EXPECT_EQ(v.where->first_bad, 2U);
  EXPECT_GT(v.incident.two_masters, 1s);
}

/// Counters of tap C: 10 frames every 100 ms, in the gap `inside` a time.
void counters(Builder& b, std::uint64_t inside) {
  std::uint64_t packets = 0;
  for (std::int64_t t = 0; t < 20'000; t += 100) {
    const bool gap = t > 10'500 && t < 15'900;
    packets += gap ? inside : 10;
    evidence::InterfaceCounters c;
    c.tap = 2;
    c.rx_packets = packets;
    if (!gap || inside > 0) b.event(t, c);
  }
}

TEST(Investigate, CutNeedsProofThatNothingElsePassed) {
  for (const std::uint64_t inside : {0U, 5U}) {
    Builder b(4);
    b.keepalived();
    b.adverts(1, 1000, 10'001, 103);
    b.adverts(1, 11'000, 16'000, 103, 2);
    b.adverts(2, 13'600, 16'000, 102);
    b.adverts(1, 16'000, 20'000, 103);
    counters(b, inside);
    const auto verdicts = investigate(b.finish(20'000));
    EXPECT_EQ(code_of(first_failure(verdicts)), inside == 0 ? "network.cut" : "network.loss");
  }
}

TEST(Investigate, CaptureLossIsNoNetworkLoss) {
  Builder b(3);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.adverts(1, 11'000, 16'000, 103, 2);
  b.adverts(1, 16'000, 20'000, 103);
  b.finish(20'000);
  for (evidence::Heartbeat& beat : b.recording.heartbeats) {
    if (beat.tap == 2 && beat.at > Builder::ms(16'000)) {
      beat.dropped_before = 5;
      break;
    }
  }
  const auto verdicts = investigate(b.recording);
  EXPECT_EQ(code_of(first_failure(verdicts)), "unknown");
}

TEST(Investigate, FailedScriptExplainsTheFallOfPriority) {
  for (const bool seen : {true, false}) {
    Builder b(3);
    b.keepalived();
    b.adverts(1, 1000, 10'001, 103);
    b.beats(1000, 20'000);
    if (seen) {
      b.script(8500, 59, 0);
      b.script(10'500, 60, 1);
    }
    b.adverts(1, 11'000, 13'001, 101);
    b.adverts(2, 13'700, 20'000, 102);
    const auto verdicts = investigate(b.finish(20'000));
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_TRUE(verdicts[0].failure);
    EXPECT_EQ(code_of(verdicts[0]), seen ? "service.down" : "unknown");
  }
}

TEST(Investigate, AScriptMayBeThatOfAnotherRouter) {
  for (const bool other : {true, false}) {
    Builder b(3);
    b.keepalived();
    b.adverts(1, 1000, 10'001, 103);
    evidence::Heartbeat beat = b.recording.heartbeats.front();
    beat.packet.decoded.advertisement.vrid = Vrid{7};
    for (int t = 1000; other && t < 20'000; t += 1000) {
      beat.at = Instant{} + std::chrono::milliseconds(t);
      b.recording.heartbeats.push_back(beat);
    }
    b.beats(1000, 20'000);
    b.script(8500, 59, 0);
    b.script(10'500, 60, 1);
    b.adverts(1, 11'000, 13'001, 101);
    b.adverts(2, 13'700, 20'000, 102);
    const auto verdicts = investigate(b.finish(20'000));
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_EQ(code_of(verdicts[0]), other ? "unknown" : "service.down");
  }
}

TEST(Investigate, ScriptsMayBeRunByASiblingOfTheSender) {
  Builder b(3);
  b.keepalived();
  evidence::ProcessFound tracker;
  tracker.pid = 12;
  tracker.parent = 9;
  tracker.netns = 1;
  tracker.role = evidence::ProcessFound::Role::Child;
  b.event(0, tracker);
  b.adverts(1, 1000, 10'001, 103);
  b.script(8500, 59, 0, 12);
  b.script(10'500, 60, 1, 12);
  b.adverts(1, 11'000, 13'001, 101);
  b.adverts(2, 13'700, 20'000, 102);
  const auto verdicts = investigate(b.finish(20'000));
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(code_of(verdicts[0]), "service.down");
}

TEST(Investigate, OfTheProcessesThatEndOnlyTheServiceIsEvidence) {
  Builder b(3);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.script(8500, 59, 0);
  evidence::ProcessExit service;
  service.pid = 300;
  service.comm = "haproxy";
  service.exit_code = SIGKILL;
  b.event(9000, service);
  evidence::ProcessExit other = service;  // the other load balancer's own run of the check
  other.pid = 301;
  other.comm = "killall";
  other.exit_code = 0;
  b.event(9500, other);
  b.script(10'500, 60, 1);
  b.adverts(1, 11'000, 13'001, 101);
  b.adverts(2, 13'700, 20'000, 102);
  const auto verdicts = investigate(b.finish(20'000));
  ASSERT_EQ(verdicts.size(), 1U);
  ASSERT_EQ(code_of(verdicts[0]), "service.down");
  const auto& evidence = verdicts[0].cause->evidence;
  EXPECT_THAT(evidence, testing::Contains(testing::HasSubstr("haproxy (pid 300)")));
  EXPECT_THAT(evidence, testing::Not(testing::Contains(testing::HasSubstr("(pid 301)"))));
  EXPECT_THAT(evidence, testing::Not(testing::Contains(testing::HasSubstr("(pid 59)"))));
}

TEST(Investigate, RunsOfACheckAreNotItsService) {
  Builder b(3);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  for (const std::int32_t pid : {59, 60}) {  // a shell script: its comm is an argument of the shell
    const std::int64_t at = pid == 59 ? 8500 : 10'500;
    b.event(at - 2, evidence::ProcessForked{10, pid});
    b.event(at - 1, evidence::ProcessExec{pid, "check", "/bin/bash /etc/check"});
    evidence::ProcessExit exit;
    exit.pid = pid;
    exit.comm = "check";
    exit.exit_code = pid == 59 ? 0 : 1 << 8;
    b.event(at, exit);
  }
  b.adverts(1, 11'000, 13'001, 101);
  b.adverts(2, 13'700, 20'000, 102);
  const auto verdicts = investigate(b.finish(20'000));
  ASSERT_EQ(verdicts.size(), 1U);
  ASSERT_EQ(code_of(verdicts[0]), "service.down");
  EXPECT_EQ(verdicts[0].cause->evidence.size(), 2U);  // the run that failed, and the fall
}

TEST(Investigate, PacketsAloneAccuseNobody) {
  Builder b(1);
  b.recording.has_host_evidence = false;
  b.recording.taps[0].netns = 0;
  b.adverts(1, 1000, 10'001, 103);
  b.adverts(2, 13'600, 20'000, 102);
  const auto verdicts = investigate(b.finish(20'000));
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(code_of(verdicts[0]), "unknown");
  EXPECT_EQ(verdicts[0].where->origin, Origin::AtOrBefore);
}

TEST(Investigate, OneLostAdvertIsANearMissForTheFarEnd) {
  Builder b(3);
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.advert(1, 11'000, 103, 1);
  b.adverts(1, 12'000, 20'000, 103);
  const auto verdicts = investigate(b.finish(20'000));
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].incident.kind, Kind::NearMiss);
  EXPECT_EQ(code_of(verdicts[0]), "network.loss");
}

}  // namespace
}  // namespace alibi::investigate
