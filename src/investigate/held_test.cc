// SPDX-License-Identifier: Apache-2.0
// A thread that may not run: by whom it is said to be held, and that one who let it go again is not
// named for what another did.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

using Builder = SceneBuilder;
using testing::HasSubstr;
using testing::Not;

/// Host 1 is master, silent from 10 s to 15 s; host 2 takes over at 13.6 s.
void stall(Builder& b) {
  b.keepalived();
  b.adverts(1, 1000, 10'001, 103);
  b.beats(1000, 10'001);
  b.advert(2, 13'600, 102);
  b.advert(2, 14'600, 102);
  b.adverts(1, 15'000, 20'000, 103);
}

Verdict verdict_of(Builder& b) {
  for (Verdict& verdict : investigate(b.finish(20'000))) {
    if (verdict.failure) return std::move(verdict);
  }
  return {};
}

void signal(Builder& b, std::int64_t at_ms, int number, std::int32_t from, const char* comm) {
  evidence::SignalSent sent;
  sent.signal = number;
  sent.target_pid = 10;
  sent.sender_pid = from;
  sent.sender_comm = comm;
  b.event(at_ms, sent);
}

void held(Builder& b, std::int64_t from_ms, std::int64_t until_ms, const evidence::ThreadOff& off) {
  b.event(from_ms, evidence::ThreadOn{10, 10, 1, {}});
  b.event(from_ms + 1, off);
  b.event(until_ms, evidence::ThreadOn{10, 10, 1, {}});
}

TEST(Held, WhoLetItGoOnAgainDidNotStopItLater) {
  Builder b(3);
  stall(b);
  signal(b, 8200, SIGSTOP, 77, "bash");
  held(b, 8200, 8500, Builder::off('T', ""));
  signal(b, 8500, SIGCONT, 77, "bash");
  b.event(8501, Builder::idle());
  held(b, 10'300, 14'999, Builder::off('t', ""));  // a tracer that seizes sends no signal
  const Verdict v = verdict_of(b);
  ASSERT_TRUE(v.cause);
  EXPECT_EQ(v.cause->code, "host.process.stopped");
  EXPECT_THAT(v.cause->headline, Not(HasSubstr("bash")));
}

TEST(Held, ASignalThatItHadDealtWithIsNotTheStop) {
  Builder b(3);
  stall(b);
  signal(b, 7500, SIGTSTP, 77, "bash");  // ignored: it goes on beating
  held(b, 10'300, 14'999, Builder::off('t', ""));
  EXPECT_THAT(verdict_of(b).cause->headline, Not(HasSubstr("bash")));
}

TEST(Held, TheLastStopOfSeveralIsNamed) {
  Builder b(3);
  stall(b);
  signal(b, 8200, SIGSTOP, 77, "bash");
  held(b, 8200, 8500, Builder::off('T', ""));
  signal(b, 8500, SIGCONT, 77, "bash");
  b.event(8501, Builder::idle());
  signal(b, 10'300, SIGTSTP, 78, "screen");
  held(b, 10'300, 14'999, Builder::off('T', ""));
  EXPECT_THAT(verdict_of(b).cause->headline, HasSubstr("screen (pid 78) sent SIGTSTP"));
}

TEST(Held, OneOfTwoFrozenAncestorsIsThawed) {
  Builder b(3);
  stall(b);
  b.event(10'500, evidence::CgroupFrozen{"unified:/box", true, {10}});
  b.event(10'700, evidence::CgroupFrozen{"unified:/box/lb", true, {10}});
  b.event(11'200, evidence::CgroupFrozen{"unified:/box", false, {10}});
  b.event(14'990, evidence::CgroupFrozen{"unified:/box/lb", false, {10}});
  const Verdict v = verdict_of(b);
  ASSERT_TRUE(v.cause);
  EXPECT_EQ(v.cause->code, "host.process.frozen");
  EXPECT_THAT(v.cause->headline, HasSubstr("unified:/box/lb"));
}

/// cgroup.events of version 2 says it of every group below the one that somebody froze.
TEST(Held, TheOutermostOfTheFrozenGroupsIsTold) {
  Builder b(3);
  stall(b);
  for (const char* group : {"unified:/box/lb", "unified:/box"}) {
    b.event(10'500, evidence::CgroupFrozen{group, true, {10}});
    b.event(14'990, evidence::CgroupFrozen{group, false, {10}});
  }
  EXPECT_THAT(verdict_of(b).cause->headline, HasSubstr("cgroup unified:/box frozen"));
}

/// The version 2 freezer keeps it in get_signal(), in the state of an ordinary sleep.
TEST(Held, TheTrapOfTheFreezerIsNoWaitForATimer) {
  Builder b(3);
  stall(b);
  held(b, 10'300, 14'999,
       Builder::off('S', "epoll_wait", {"get_signal", "arch_do_signal_or_restart"}));
  const Verdict v = verdict_of(b);
  ASSERT_TRUE(v.cause);
  EXPECT_EQ(v.cause->code, "host.process.frozen");
}

/// The probe counts the holders it has no room for together; they have no name.
TEST(Held, OthersAreNobody) {
  Builder b(3);
  stall(b);
  b.event(11'000, evidence::ThreadWoken{10, 10, 0, ""});
  b.event(
      14'999,
      evidence::ThreadOn{
          10, 10, 1, {{-1, "others", 2'900'000'000, ""}, {500, "make", 1'000'000'000, "rr 1"}}});
  const Verdict v = verdict_of(b);
  ASSERT_TRUE(v.cause);
  EXPECT_EQ(v.cause->code, "host.cpu.starved");
  EXPECT_THAT(v.cause->headline, HasSubstr(": make and others held it"));
}

/// Host 1's parent (9) and sender (10) are woken into the freezer by these two.
std::string freezer(std::int32_t first, std::int32_t second) {
  Builder b(3);
  stall(b);
  std::int32_t pid = 9;
  for (const std::int32_t waker : {first, second}) {
    evidence::ThreadOff off = Builder::off('F', "epoll_wait", {"__refrigerator", "get_signal"});
    off.pid = off.tid = pid;
    b.event(10'500, evidence::ThreadWoken{pid, pid, waker, "podman"});
    b.event(10'501, evidence::ThreadOn{pid, pid, 1, {}});
    b.event(10'501, off);
    ++pid;
  }
  b.event(10'510, evidence::CgroupFrozen{"freezer:/lb", true, {9, 10}});
  b.event(14'990, evidence::CgroupFrozen{"freezer:/lb", false, {9, 10}});
  return verdict_of(b).cause->headline;
}

TEST(Held, WhoFrozeItIsTheOneWhoWokeItThere) {
  EXPECT_THAT(freezer(77, 77), HasSubstr("frozen, by podman (pid 77)"));
  EXPECT_THAT(freezer(0, 77), HasSubstr("frozen, by podman (pid 77)"));
  EXPECT_THAT(freezer(77, 0), Not(HasSubstr("podman"))) << "its own timer rang at that moment";
  EXPECT_THAT(freezer(78, 77), Not(HasSubstr("podman"))) << "two of them cannot have";
}

}  // namespace
}  // namespace alibi::investigate
