// SPDX-License-Identifier: Apache-2.0
// More events than there is room for: each source's counts add up, agree with the kernel's, and the
// window that is told is the one that is held.
#include <sys/socket.h>
#include <unistd.h>

#include "recorder/watching.h"

namespace alibi::testing {
namespace {

class RecorderCounts : public Watching {};

/// Wakes its child and is woken by it, thousands of times a second.
void toss_for_ever() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) _exit(1);
  const int mine = fork() == 0 ? 1 : 0;
  close(ends[1 - mine]);  // who is left alone ends
  char ball = 'x';
  if (mine == 0 && write(ends[0], &ball, 1) != 1) _exit(1);
  while (read(ends[mine], &ball, 1) == 1 && write(ends[mine], &ball, 1) == 1) {
  }
  _exit(1);
}

TEST_F(RecorderCounts, EveryEventIsKeptOrCounted) {
  start_recorder(true, 1U << 20);
  if (IsSkipped()) return;
  // It forks once it is watched, so that the child is watched, too.
  auto sender = Subject::start_heartbeat(network_->pid(), [] {
    sleep(2);
    toss_for_ever();
  });
  ASSERT_TRUE(await_found(sender.pid(), evidence::ProcessFound::Role::Heartbeat));
  constexpr unsigned kAdverts = 100;
  for (unsigned i = 1; i <= kAdverts; ++i) {
    network_->send_advert("tap0", i);
    poll_for(50ms);
  }
  recorder_->stop();
  const evidence::Recording recording = recorder_->snapshot();
  std::uint64_t switches = 0, forced_out = 0;
  for (const evidence::SourceCount& count : recording.sources) {
    EXPECT_EQ(count.received, count.kept + count.lost + count.passed_over) << count.source;
    if (count.source == "sched") switches = count.received;
    forced_out += count.lost;
  }
  EXPECT_GT(switches, 10'000U);
  EXPECT_GT(forced_out, 0U);
  for (const evidence::SourceLoss& loss : recording.losses)
    EXPECT_EQ(loss.why.find("handed over"), std::string::npos) << loss.source << ": " << loss.why;
  // Shorter than was asked for, and of what is told as held nothing is missing.
  EXPECT_GT(recording.begin, recorder_->started());
  std::vector<unsigned> adverts;
  for (const evidence::Heartbeat& beat : recording.heartbeats) {
    EXPECT_GE(beat.at, recording.begin);
    if (beat.tap == 0) adverts.push_back(beat.packet.ip_id);
  }
  ASSERT_FALSE(adverts.empty());
  EXPECT_EQ(adverts.back(), kAdverts);
  EXPECT_EQ(adverts.back() - adverts.front() + 1, adverts.size());
}

}  // namespace
}  // namespace alibi::testing
