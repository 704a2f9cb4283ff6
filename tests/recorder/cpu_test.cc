// SPDX-License-Identifier: Apache-2.0
// A heartbeat process that wants a CPU and does not get it: out of quota, or behind somebody.
#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "recorder/watching.h"

namespace alibi::testing {
namespace {

void spin() {
  while (true) asm volatile("");
}

/// A group of the version 1 cpu controller with a quota of 10 ms in 500 ms.
class ThrottledGroup {
 public:
  ThrottledGroup() : path_("/sys/fs/cgroup/cpu/alibi-test-" + std::to_string(getpid())) {
    there_ = mkdir(path_.c_str(), 0755) == 0 &&
             write_file(path_ + "/cpu.cfs_period_us", "500000") &&
             write_file(path_ + "/cpu.cfs_quota_us", "10000");
  }
  ~ThrottledGroup() {
    for (int i = 0; i < 200 && rmdir(path_.c_str()) != 0 && errno == EBUSY; ++i) usleep(10'000);
  }
  bool there() const { return there_; }
  bool add(pid_t pid) const { return write_file(path_ + "/cgroup.procs", std::to_string(pid)); }

 private:
  std::string path_;
  bool there_ = false;
};

class RecorderCpu : public Watching {};

TEST_F(RecorderCpu, ThrottledTimeHasNoRival) {
  const ThrottledGroup group;
  if (!group.there()) GTEST_SKIP() << "no version 1 cpu controller at /sys/fs/cgroup/cpu";
  const Subject subject = Subject::start_heartbeat(network_->pid(), spin);
  start_recorder();
  if (IsSkipped()) return;
  ASSERT_TRUE(group.add(subject.pid()));
  const auto* on = await<evidence::ThreadOn>([&](const evidence::ThreadOn& fact) {
    return fact.pid == subject.pid() && !fact.rivals.empty() && fact.rivals[0].pid == 0 &&
           fact.rivals[0].ns > 200'000'000;
  });
  ASSERT_NE(on, nullptr);
  EXPECT_EQ(on->rivals[0].comm, "throttled");
  const auto* stat = await<evidence::CgroupThrottled>([&](const evidence::CgroupThrottled& fact) {
    return fact.throttled_ns > 200'000'000 && fact.cgroup.starts_with("cpu:/alibi-test-");
  });
  ASSERT_NE(stat, nullptr);
  EXPECT_EQ(stat->quota_us, 10'000);
  EXPECT_EQ(stat->period_us, 500'000);
  EXPECT_EQ(stat->pids, std::vector<std::int32_t>{subject.pid()});
}

/// On CPU 0 with this policy from now on.
bool pin(int policy, int priority) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof one, &one);
  sched_param param{};
  param.sched_priority = priority;
  return sched_setscheduler(0, policy, &param) == 0;
}

/// Takes CPU 0 from everybody for so long, and ends.
void burn(Duration time) {
  if (!pin(SCHED_FIFO, 1)) _exit(1);
  const Instant end = os::monotonic_now() + time;
  while (os::monotonic_now() < end) {
  }
  _exit(0);
}

TEST_F(RecorderCpu, StarvationNamesTheRivalAndItsPolicy) {
  const Subject subject = Subject::start_heartbeat(network_->pid(), [] {
    pin(SCHED_OTHER, 0);
    while (true) usleep(5'000);
  });
  start_recorder();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), evidence::ProcessFound::Role::Heartbeat));
  {
    // It ends itself: nobody else could get at CPU 0 to do it.
    const Subject hog = Subject::start(0, [] { burn(400ms); });
    const auto* on = await<evidence::ThreadOn>([&](const evidence::ThreadOn& fact) {
      return fact.pid == subject.pid() && !fact.rivals.empty() && fact.rivals[0].pid == hog.pid() &&
             fact.rivals[0].ns > 100'000'000;
    });
    ASSERT_NE(on, nullptr);
    EXPECT_EQ(on->rivals[0].policy, "fifo 1");
    EXPECT_EQ(on->cpu, 0);
  }
}

/// More had the CPU in one wait than the probe keeps names of: the names are those who had most.
TEST_F(RecorderCpu, ManyShortRunsHideNoLongOne) {
  const Subject subject = Subject::start_heartbeat(network_->pid(), [] {
    pin(SCHED_OTHER, 0);
    while (true) usleep(5'000);
  });
  start_recorder();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), evidence::ProcessFound::Role::Heartbeat));
  // They wait for their turn behind the one that starts them. With what the tests before took they
  // are less than what the kernel leaves to real-time tasks of a second (sched_rt_runtime_us).
  const Subject leader = Subject::start(0, [] {
    if (!pin(SCHED_FIFO, 1)) _exit(1);
    for (int i = 0; i < 13; ++i) {
      if (fork() == 0) burn(i < 12 ? 10ms : 200ms);
    }
    while (wait(nullptr) > 0) {
    }
    _exit(0);
  });
  const auto* on = await<evidence::ThreadOn>([&](const evidence::ThreadOn& fact) {
    return fact.pid == subject.pid() && fact.rivals.size() == 8 && fact.rivals[0].pid > 0 &&
           fact.rivals[0].ns > 150'000'000;
  });
  ASSERT_NE(on, nullptr);
  EXPECT_TRUE(std::any_of(on->rivals.begin(), on->rivals.end(),
                          [](const evidence::Rival& rival) { return rival.comm == "others"; }));
}

TEST_F(RecorderCpu, WhereItRanIsSeen) {
  const Subject own = Subject::start_heartbeat(network_->pid(), spin);
  const Subject kernel = Subject::start_heartbeat(network_->pid(), [] {
    static std::array<char, 32U << 20> buffer;
    while (getrandom(buffer.data(), buffer.size(), 0) > 0) {
    }
  });
  start_recorder();
  if (IsSkipped()) return;
  const auto seen = [&](const Subject& subject, const std::string& syscall) {
    return await<evidence::ThreadRan>([&](const evidence::ThreadRan& fact) {
      return fact.pid == subject.pid() && fact.syscall_name == syscall;
    });
  };
  const auto* in_code = seen(own, "");
  ASSERT_NE(in_code, nullptr);
  EXPECT_TRUE(in_code->stack.empty());
  const auto* in_kernel = seen(kernel, "getrandom");
  ASSERT_NE(in_kernel, nullptr);
  EXPECT_FALSE(in_kernel->stack.empty());
  EXPECT_EQ(in_kernel->tid, kernel.pid());
}

/// What a wake-up of a running thread begins is no want of CPU: a timer that has passed already
/// wakes its thread before that is off the CPU, and the sleep that follows must not count.
TEST_F(RecorderCpu, NoWaitIsLongerThanSinceItsWakeUp) {
  const Subject subject = Subject::start_heartbeat(network_->pid(), [] {
    prctl(PR_SET_TIMERSLACK, 1);
    const timespec shortest{0, 1};
    while (true) {
      for (int i = 0; i < 20; ++i) nanosleep(&shortest, nullptr);
      usleep(50'000);
    }
  });
  start_recorder();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), evidence::ProcessFound::Role::Heartbeat));
  poll_for(3s);
  const evidence::Recording recording = recorder_->snapshot();
  Instant runnable = kNever;
  int waits = 0;
  for (const evidence::Event& event : recording.events) {
    if (std::holds_alternative<evidence::EventsLost>(event.fact)) runnable = kNever;
    const auto* off = std::get_if<evidence::ThreadOff>(&event.fact);
    if (off != nullptr && off->tid == subject.pid()) runnable = event.at;
    const auto* woken = std::get_if<evidence::ThreadWoken>(&event.fact);
    if (woken != nullptr && woken->tid == subject.pid()) runnable = event.at;
    const auto* on = std::get_if<evidence::ThreadOn>(&event.fact);
    if (on == nullptr || on->tid != subject.pid() || runnable == kNever) continue;
    Duration told{0};
    for (const evidence::Rival& rival : on->rivals) told += Duration(rival.ns);
    EXPECT_LE(told, event.at - runnable + 2ms);
    ++waits;
  }
  EXPECT_GT(waits, 20);
}

}  // namespace
}  // namespace alibi::testing
