// SPDX-License-Identifier: Apache-2.0
// The receiving side: who is named when adverts arrived and were not acted on, and who is not.
#include "investigate/receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "investigate/scene_builder.h"
#include "investigate/verdict.h"

namespace alibi::investigate {
namespace {

using Builder = SceneBuilder;
using testing::Contains;
using testing::HasSubstr;

constexpr std::int32_t kPid = 20;

evidence::ThreadOff of_receiver(evidence::ThreadOff off) {
  off.tid = off.pid = kPid;
  return off;
}

/// Host 1 is master and sends each second; host 2's process 20 reads each advert until `deaf_ms`,
/// takes over once at 9.5 s, yields, and reads again.
void takes_over(Builder& b, std::int64_t deaf_ms, int backup_priority = 100) {
  b.keepalived();
  evidence::ProcessFound found;
  found.pid = kPid;
  found.comm = "keepalived";
  found.netns = 2;
  b.event(0, found);
  b.adverts(1, 1000, 20'000, 103);
  b.beats(1000, 20'000);
  for (std::int64_t t = 1000; t < 20'000; t += 1000) {
    if (t >= deaf_ms && t < 9500) continue;
    b.event(t, evidence::ThreadOn{kPid, kPid, 1, {}});
    b.event(t + 1, of_receiver(Builder::idle()));
  }
  b.event(9499, evidence::ThreadOn{kPid, kPid, 1, {}});
  b.advert(2, 9500, backup_priority);
  b.event(9501, of_receiver(Builder::idle()));
}

void stop(Builder& b, std::int64_t at_ms) {
  evidence::SignalSent sent;
  sent.signal = 19;
  sent.target_pid = kPid;
  sent.sender_pid = 77;
  sent.sender_comm = "gdb";
  b.event(at_ms, sent);
  b.event(at_ms, evidence::ThreadOn{kPid, kPid, 1, {}});
  b.event(at_ms, of_receiver(Builder::off('T', "")));
}

Verdict verdict_of(Builder& b) {
  for (Verdict& verdict : investigate(b.finish(20'000))) {
    if (verdict.failure) return std::move(verdict);
  }
  return {};
}

std::string code(Builder& b) {
  const Verdict verdict = verdict_of(b);
  return verdict.cause ? verdict.cause->code : "none";
}

TEST(Receiver, StoppedWhileAdvertsArrivedIsNamedWithWhoDidIt) {
  Builder b(3);
  takes_over(b, 5200);
  stop(b, 5200);
  const Verdict verdict = verdict_of(b);
  ASSERT_TRUE(verdict.cause);
  EXPECT_EQ(verdict.cause->code, "peer.stopped");
  EXPECT_THAT(verdict.cause->headline, HasSubstr("gdb"));
  EXPECT_THAT(verdict.cause->headline, HasSubstr("host2"));
  EXPECT_THAT(verdict.cause->evidence, Contains(HasSubstr("4 adverts arrived")));
  EXPECT_EQ(verdict.host, "host2");
  ASSERT_TRUE(verdict.account);
  EXPECT_TRUE(verdict.account->receiving);
  EXPECT_EQ(verdict.account->sender.pid, kPid);
  Duration sum{0};
  for (const AccountLine& line : verdict.account->lines) sum += line.time;
  EXPECT_EQ(sum, verdict.account->end - verdict.account->begin);
  EXPECT_EQ(verdict.account->overdue(), sum);
}

TEST(Receiver, FrozenIsNamed) {
  Builder b(3);
  takes_over(b, 5200);
  b.event(5200, evidence::CgroupFrozen{"freezer:/box", true, {kPid}});
  b.event(9490, evidence::CgroupFrozen{"freezer:/box", false, {kPid}});
  EXPECT_EQ(code(b), "peer.frozen");
}

TEST(Receiver, StarvedNeedsWhoHeldTheCpu) {
  Builder b(3);
  takes_over(b, 6000);
  b.event(6000, evidence::ThreadWoken{kPid, kPid, 0, ""});
  b.event(9498, evidence::ThreadOn{kPid, kPid, 1, {{99, "hog", 3'498'000'000, "normal"}}});
  EXPECT_EQ(code(b), "peer.starved");
  Builder nobody(3);
  takes_over(nobody, 6000);
  nobody.event(6000, evidence::ThreadWoken{kPid, kPid, 0, ""});
  EXPECT_EQ(code(nobody), "unknown");
}

TEST(Receiver, WhoWaitedForWorkWhenTheyArrivedIsNotAccused) {
  Builder b(3);
  takes_over(b, 5200);
  const Verdict verdict = verdict_of(b);
  EXPECT_EQ(verdict.cause->code, "unknown");
  EXPECT_THAT(verdict.cause->missing, Contains(HasSubstr("waiting for work when 4 of 4")));
}

TEST(Receiver, StopAfterTheFirstOfThemWasReadExplainsNothing) {
  Builder b(3);
  takes_over(b, 6300);
  stop(b, 6300);
  EXPECT_EQ(code(b), "unknown");
}

/// FRR's vrrpd takes over 3.600 s after the last one it read, not 3.609: that one was heeded.
TEST(Receiver, TheAdvertThatSetTheTimerIsNotHeldAgainstIt) {
  Builder b(3);
  takes_over(b, 6300);
  stop(b, 6300);
  for (evidence::Heartbeat& beat : b.recording.heartbeats) {
    if (beat.packet.source == wire::IpAddress::v4(0x0a000002U)) beat.at = beat.at + 102ms;
  }
  const Verdict verdict = verdict_of(b);
  EXPECT_EQ(verdict.cause->code, "peer.stopped");
  EXPECT_THAT(verdict.cause->evidence, Contains(HasSubstr("3 adverts arrived")));
}

TEST(Receiver, AdvertsThatDidNotAllArriveAreNoMatterOfTheReceiver) {
  Builder b(3);
  takes_over(b, 5200);
  stop(b, 5200);
  std::erase_if(b.recording.heartbeats, [](const evidence::Heartbeat& beat) {
    return beat.tap == 2 && beat.at > Builder::ms(6500) && beat.at < Builder::ms(8500);
  });
  EXPECT_EQ(code(b), "network.loss");
}

TEST(Receiver, BetterRouterPreemptsAndNothingFailed) {
  Builder b(3);
  takes_over(b, 5200, 150);
  stop(b, 5200);
  EXPECT_EQ(code(b), "none");
}

TEST(Receiver, SendersStopIsNoCauseWhenItsAdvertsArrived) {
  Builder b(3);
  takes_over(b, 5200);
  evidence::SignalSent sent;
  sent.signal = 19;
  sent.target_pid = 10;
  sent.sender_pid = 77;
  b.event(5200, sent);
  EXPECT_EQ(code(b), "unknown");
}

TEST(Receiver, OverflowIsASymptomOfAStop) {
  Builder b(3);
  takes_over(b, 5200);
  stop(b, 5200);
  b.event(9000, evidence::SocketDrops{2, kPid, 34});
  const Verdict verdict = verdict_of(b);
  EXPECT_EQ(verdict.cause->code, "peer.stopped");
  EXPECT_THAT(verdict.cause->evidence, Contains(HasSubstr("34 drops")));
}

TEST(Receiver, OverflowWhileItReadIsNamedAndOfAnotherIsNot) {
  for (const std::int32_t pid : {kPid, 21}) {
    Builder b(3);
    takes_over(b, 5200);
    b.event(5200, evidence::ThreadOn{kPid, kPid, 1, {}});
    b.event(9000, evidence::SocketDrops{2, pid, 34});
    EXPECT_EQ(code(b), pid == kPid ? "peer.socket_overflow" : "peer.busy");
  }
}

TEST(Receiver, NothingIsKnownWhereEventsWereLost) {
  Builder b(3);
  takes_over(b, 5200);
  stop(b, 5200);
  b.event(9490, evidence::EventsLost{"sched", 5, 5'100'000'000});
  EXPECT_EQ(code(b), "unknown");
}

}  // namespace
}  // namespace alibi::investigate
