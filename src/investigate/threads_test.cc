// SPDX-License-Identifier: Apache-2.0
// Accounts of threads over times that no incident names: sums, states, who sent the signal, what is
// said of what was not recorded.
#include "investigate/threads.h"

#include <gmock/gmock.h>

#include <csignal>

#include "investigate/lanes.h"
#include "investigate/scene_builder.h"

namespace alibi::investigate {
namespace {

using evidence::ProcessFound;
using testing::HasSubstr;

/// haproxy, pid 50 with threads 50 and 51, watched from 1 s on; main thread stopped from 4 s to 6
/// s.
SceneBuilder proxy(ProcessFound::Role role = ProcessFound::Role::Watched) {
  SceneBuilder b(1);
  ProcessFound found;
  found.pid = 50;
  found.parent = 1;
  found.comm = "haproxy";
  found.netns = 1;
  found.role = role;
  b.event(1000, found);
  for (const std::int32_t tid : {50, 51}) {
    b.event(1500, evidence::ThreadOn{tid, 50, 0, {}});
    evidence::ThreadOff off = SceneBuilder::idle();
    off.pid = 50;
    off.tid = tid;
    b.event(1600, off);
  }
  b.event(4000, evidence::SignalSent{SIGSTOP, 0, 50, "haproxy", 7, "python3", 6, "bash"});
  evidence::ThreadOff off = SceneBuilder::off('T', "epoll_wait", {"do_signal_stop"});
  off.pid = off.tid = 50;
  b.event(4000, off);
  b.event(6000, evidence::SignalSent{SIGCONT, 0, 50, "haproxy", 7, "python3", 6, "bash"});
  b.event(6000, evidence::ThreadOn{50, 50, 1, {}});
  off = SceneBuilder::idle();
  off.pid = off.tid = 50;
  b.event(6100, off);
  b.finish(10'000);
  return b;
}

Duration sum(const Account& account) {
  Duration total{0};
  for (const AccountLine& line : account.lines) total += line.time;
  return total;
}

Duration time_in(const Account& account, Doing doing) {
  Duration total{0};
  for (const Segment& segment : account.segments)
    if (segment.doing == doing) total += segment.length();
  return total;
}

TEST(Threads, OfAProcessStandTogetherAndAnswerToItsNames) {
  const SceneBuilder b = proxy();
  const auto threads = watched_threads(b.recording);
  ASSERT_EQ(threads.size(), 2U);
  EXPECT_EQ(threads[0].tid, 50);
  EXPECT_EQ(threads[1].tid, 51);
  EXPECT_EQ(threads[0].host, "host0");
  EXPECT_EQ(threads[0].first, SceneBuilder::ms(1000));
  for (const WatchedThread& thread : threads) {
    EXPECT_TRUE(is_named(thread, "haproxy"));
    EXPECT_TRUE(is_named(thread, "50"));
    EXPECT_FALSE(is_named(thread, "hapro"));
    EXPECT_TRUE(thread.incomplete.empty());
  }
  EXPECT_TRUE(is_named(threads[1], "51"));
  EXPECT_FALSE(is_named(threads[0], "51"));
}

TEST(Threads, AccountSumsToTheTimeAndNamesWhoStopped) {
  const SceneBuilder b = proxy();
  const auto threads = watched_threads(b.recording);
  const auto whole = account_of_thread(b.recording, threads[0], b.recording.begin, b.recording.end);
  EXPECT_EQ(sum(whole.account), 10s);
  EXPECT_EQ(time_in(whole.account, Doing::Stopped), 2s);
  EXPECT_EQ(time_in(whole.account, Doing::Running), 200ms);
  EXPECT_EQ(time_in(whole.account, Doing::Unobserved), 1500ms);
  EXPECT_EQ(whole.account.segments.front().detail, "before the first event of it");
  for (const Segment& segment : whole.account.segments) {
    if (segment.doing != Doing::Stopped) continue;
    ASSERT_NE(segment.signal, nullptr);
    EXPECT_THAT(evidence_text(segment),
                HasSubstr("SIGSTOP sent by python3 (pid 7, child of bash)"));
  }
  const Instant odd{5'000'000'001};
  const auto part = account_of_thread(b.recording, threads[0], odd, SceneBuilder::ms(7000));
  EXPECT_EQ(sum(part.account), SceneBuilder::ms(7000) - odd);
  EXPECT_EQ(time_in(part.account, Doing::Stopped), SceneBuilder::ms(6000) - odd);
}

TEST(Threads, AStopThatWasTakenBackExplainsNoLaterOne) {
  SceneBuilder b = proxy();
  evidence::ThreadOff off = SceneBuilder::off('t', "read");
  off.pid = off.tid = 50;
  b.event(8000, off);
  b.finish(10'000);
  const auto account = account_of_thread(b.recording, watched_threads(b.recording)[0],
                                         SceneBuilder::ms(7000), b.recording.end)
                           .account;
  EXPECT_EQ(account.segments.back().doing, Doing::Stopped);
  EXPECT_EQ(account.segments.back().signal, nullptr);
}

TEST(Threads, EndIsToldWithItsSignal) {
  SceneBuilder b = proxy();
  b.event(8000, evidence::SignalSent{SIGKILL, 0, 50, "haproxy", 0, "", 0, ""});
  b.event(8001, evidence::SignalSent{SIGCHLD, 1, 50, "haproxy", 0, "", 0, ""});
  b.event(8002, evidence::ProcessExit{50, "haproxy", SIGKILL, true});
  b.finish(10'000);
  const auto threads = watched_threads(b.recording);
  EXPECT_TRUE(lived_in(threads[0], SceneBuilder::ms(8000), b.recording.end));
  EXPECT_FALSE(lived_in(threads[0], SceneBuilder::ms(8500), b.recording.end));
  EXPECT_FALSE(lived_in(threads[0], b.recording.begin, SceneBuilder::ms(999)));
  const auto account =
      account_of_thread(b.recording, threads[0], b.recording.begin, b.recording.end).account;
  EXPECT_EQ(account.segments.back().doing, Doing::Gone);
  EXPECT_THAT(evidence_text(account.segments.back()), HasSubstr("SIGKILL sent by the kernel"));
}

TEST(Threads, OfALogReaderNothingIsClaimedThatWasNotRecorded) {
  SceneBuilder b(1);
  ProcessFound found;
  found.pid = 44;
  found.comm = "rsyslogd";
  found.netns = 1;
  found.role = ProcessFound::Role::LogReader;
  b.event(0, found);
  b.event(3000, evidence::ThreadOn{44, 44, 0, {{9, "stress-ng", 2'000'000'000, "normal"}}});
  b.finish(10'000);
  const auto threads = watched_threads(b.recording);
  ASSERT_EQ(threads.size(), 1U);
  EXPECT_THAT(threads[0].incomplete, HasSubstr("it reads a log"));
  const auto account =
      account_of_thread(b.recording, threads[0], b.recording.begin, b.recording.end).account;
  EXPECT_EQ(sum(account), 10s);
  EXPECT_EQ(time_in(account, Doing::Runnable), 2s);
  EXPECT_EQ(time_in(account, Doing::Running), 0s);
  EXPECT_EQ(time_in(account, Doing::Unobserved), 8s);
}

TEST(Threads, LooksAtProcAloneLeaveNoHoles) {
  SceneBuilder b(1);
  ProcessFound found;
  found.pid = 60;
  found.comm = "corosync";
  found.role = ProcessFound::Role::Watched;
  b.event(0, found);
  for (std::int64_t t = 1000; t < 2000; t += 100) {
    evidence::WaitTarget look;
    look.pid = look.tid = 60;
    look.state = t < 1500 ? 'S' : 'T';
    look.syscall_name = t < 1500 ? "epoll_wait" : "";
    b.event(t, look);
  }
  b.finish(5000);
  const auto account = account_of_thread(b.recording, watched_threads(b.recording)[0],
                                         SceneBuilder::ms(1000), SceneBuilder::ms(5000))
                           .account;
  EXPECT_EQ(sum(account), 4s);
  EXPECT_EQ(time_in(account, Doing::Idle), 500ms);
  EXPECT_EQ(time_in(account, Doing::Stopped), 550ms);
  ASSERT_EQ(account.segments.size(), 3U);
  EXPECT_EQ(account.segments[0].samples.size(), 5U);
}

TEST(Threads, ChildHasItsParentsNameUnlessItRunsAnother) {
  SceneBuilder b = proxy();
  b.event(2000, evidence::ProcessForked{50, 69});
  b.event(2000, evidence::ThreadOn{69, 69, 0, {}});
  b.event(2000, evidence::ProcessForked{50, 70});
  b.event(2001, evidence::ThreadOn{70, 70, 0, {}});
  b.event(2002, evidence::ProcessExec{70, "check.sh", "/bin/sh check.sh"});
  b.finish(10'000);
  const auto threads = watched_threads(b.recording);
  ASSERT_EQ(threads.size(), 4U);
  EXPECT_EQ(threads[2].comm, "haproxy");
  EXPECT_EQ(threads[3].comm, "check.sh");
  EXPECT_FALSE(is_named(threads[3], "haproxy"));
}

}  // namespace
}  // namespace alibi::investigate
