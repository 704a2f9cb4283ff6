// SPDX-License-Identifier: Apache-2.0
// Stopped, killed, blocked, frozen: what the recorder says of a process that looks like keepalived.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "recorder/watching.h"

namespace alibi::testing {
namespace {

using evidence::ProcessFound;
using evidence::WaitTarget;
using Role = ProcessFound::Role;

void sleep_forever() {
  while (true) usleep(10'000);
}

class RecorderProcess : public Watching {};

TEST_F(RecorderProcess, StopIsSeenWithItsSender) {
  const Subject subject = Subject::start_heartbeat(network_->pid(), sleep_forever);
  start_recorder();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), Role::Heartbeat));
  subject.kill(SIGSTOP);
  const auto* off = await<evidence::ThreadOff>([&](const evidence::ThreadOff& fact) {
    return fact.pid == subject.pid() && fact.state == 'T';
  });
  ASSERT_NE(off, nullptr);
  const auto* waits = await<WaitTarget>([&](const WaitTarget& fact) {
    return fact.pid == subject.pid() && fact.state == 'T';
  });
  EXPECT_NE(waits, nullptr);
  subject.kill(SIGCONT);
  const auto* sent = await<evidence::SignalSent>([&](const evidence::SignalSent& fact) {
    return fact.target_pid == subject.pid() && fact.signal == SIGSTOP;
  });
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(sent->sender_pid, getpid());
  EXPECT_EQ(sent->sender_parent_pid, getppid());
  EXPECT_FALSE(sent->sender_comm.empty());
  const auto* on = await<evidence::ThreadOn>(
      [&](const evidence::ThreadOn& fact) { return fact.pid == subject.pid(); });
  EXPECT_NE(on, nullptr);
}

TEST_F(RecorderProcess, KillIsSeenWithItsSignal) {
  const Subject subject = Subject::start_heartbeat(network_->pid(), sleep_forever);
  start_recorder();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), Role::Heartbeat));
  subject.kill(SIGKILL);
  const auto* end = await<evidence::ProcessExit>(
      [&](const evidence::ProcessExit& fact) { return fact.pid == subject.pid(); });
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->exit_code, SIGKILL);
  EXPECT_FALSE(end->oom_victim);
}

TEST_F(RecorderProcess, AnotherOneIsFoundAfterTheFirstDied) {
  start_recorder(false);
  Subject first = Subject::start_heartbeat(network_->pid(), sleep_forever);
  ASSERT_TRUE(await_found(first.pid(), Role::Heartbeat));
  first.end();
  const Instant before = os::monotonic_now();
  const Subject second = Subject::start_heartbeat(network_->pid(), sleep_forever);
  ASSERT_TRUE(await_found(second.pid(), Role::Heartbeat));
  EXPECT_LT(os::monotonic_now() - before, 5s);
}

TEST_F(RecorderProcess, FullLogPipeNamesItsReader) {
  std::array<int, 2> log{};
  ASSERT_EQ(pipe(log.data()), 0);
  const Subject reader = Subject::start(0, [&] {
    close(log[1]);
    while (true) pause();  // always asleep when it is looked at
  });
  const Subject subject = Subject::start_heartbeat(network_->pid(), [&] {
    close(log[0]);
    dup2(log[1], STDERR_FILENO);
    close(log[1]);
    const std::string line(1000, 'x');
    while (true) {
      usleep(1000);
      if (write(STDERR_FILENO, line.data(), line.size()) < 0) _exit(1);
    }
  });
  close(log[0]);
  close(log[1]);
  start_recorder();
  if (IsSkipped()) return;
  const auto* target = await<WaitTarget>([&](const WaitTarget& fact) {
    return fact.pid == subject.pid() && fact.kind == WaitTarget::Kind::Pipe;
  });
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(target->syscall_name, "write");
  EXPECT_EQ(target->fd, STDERR_FILENO);
  EXPECT_TRUE(target->is_log);
  EXPECT_EQ(target->reader_pid, reader.pid());
  EXPECT_EQ(target->reader_state, 'S');
  EXPECT_TRUE(await_found(reader.pid(), Role::LogReader));
}

TEST_F(RecorderProcess, FullLogSocketNamesItsPath) {
  const std::string directory = "/tmp/alibi-test-" + std::to_string(getpid());
  const std::string path = directory + "/dev/log";
  ASSERT_EQ(mkdir(directory.c_str(), 0700), 0);
  ASSERT_EQ(mkdir((directory + "/dev").c_str(), 0700), 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int listener = socket(AF_UNIX, SOCK_DGRAM, 0);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const Subject reader = Subject::start(0, sleep_forever);
  close(listener);
  const Subject subject = Subject::start_heartbeat(network_->pid(), [&] {
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) _exit(1);
    while (send(fd, "line", 4, 0) >= 0) usleep(1000);
  });
  start_recorder();
  const auto* target = IsSkipped() ? nullptr : await<WaitTarget>([&](const WaitTarget& fact) {
    return fact.pid == subject.pid() && fact.kind == WaitTarget::Kind::UnixSocket;
  });
  unlink(path.c_str());
  rmdir((directory + "/dev").c_str());
  rmdir(directory.c_str());
  if (IsSkipped()) return;
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(target->peer_path, path);
  EXPECT_TRUE(target->is_log);
  EXPECT_EQ(target->reader_pid, reader.pid());
}

/// A group of the version 1 freezer; thawed and removed whatever happens.
class FreezerGroup {
 public:
  FreezerGroup() : path_("/sys/fs/cgroup/freezer/alibi-test-" + std::to_string(getpid())) {
    there_ = mkdir(path_.c_str(), 0755) == 0;
  }
  ~FreezerGroup() {
    set("THAWED");
    // Empty once its last process is reaped.
    for (int i = 0; there_ && i < 200 && rmdir(path_.c_str()) != 0; ++i) usleep(10'000);
  }
  bool there() const { return there_; }
  void set(const std::string& state) const { write_file(path_ + "/freezer.state", state); }
  bool add(pid_t pid) const { return write_file(path_ + "/cgroup.procs", std::to_string(pid)); }

 private:
  std::string path_;
  bool there_ = false;
};

TEST_F(RecorderProcess, FrozenGroupIsSeen) {
  const FreezerGroup group;
  if (!group.there()) GTEST_SKIP() << "no version 1 freezer at /sys/fs/cgroup/freezer";
  Subject subject = Subject::start_heartbeat(network_->pid(), sleep_forever);
  ASSERT_TRUE(group.add(subject.pid()));
  start_recorder();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), Role::Heartbeat));
  group.set("FROZEN");
  const auto* frozen = await<evidence::CgroupFrozen>(
      [](const evidence::CgroupFrozen& fact) { return fact.frozen; });
  ASSERT_NE(frozen, nullptr);
  EXPECT_TRUE(frozen->cgroup.starts_with("freezer:/alibi-test-"));
  EXPECT_EQ(frozen->pids, std::vector<std::int32_t>{subject.pid()});
  const auto* waits = await<WaitTarget>([&](const WaitTarget& fact) {
    return fact.pid == subject.pid() && fact.state == 'D';
  });
  EXPECT_NE(waits, nullptr);
  group.set("THAWED");
  const auto* thawed = await<evidence::CgroupFrozen>(
      [](const evidence::CgroupFrozen& fact) { return !fact.frozen; });
  EXPECT_NE(thawed, nullptr);
  subject.end();
}

TEST_F(RecorderProcess, ScriptRunIsSeenWithItsEnd) {
  const Subject subject = Subject::start_heartbeat(network_->pid(), [] {
    while (true) {
      usleep(200'000);
      const pid_t script = fork();
      if (script == 0) {
        const int quiet = open("/dev/null", O_WRONLY);
        dup2(quiet, STDERR_FILENO);
        execlp("killall", "killall", "-0", "alibi-nobody", nullptr);
        _exit(127);
      }
      int status = 0;
      waitpid(script, &status, 0);
    }
  });
  start_recorder();
  if (IsSkipped()) return;
  // The first may have been started before anybody watched.
  const auto is_forked = [&](std::int32_t pid) {
    return std::ranges::any_of(recording_.events, [&](const evidence::Event& event) {
      const auto* fork = std::get_if<evidence::ProcessForked>(&event.fact);
      return fork != nullptr && fork->parent == subject.pid() && fork->child == pid;
    });
  };
  const auto* exec = await<evidence::ProcessExec>([&](const evidence::ProcessExec& fact) {
    return fact.command_line == "killall -0 alibi-nobody" && is_forked(fact.pid);
  });
  ASSERT_NE(exec, nullptr);
  const std::int32_t script = exec->pid;
  const auto* end = await<evidence::ProcessExit>(
      [script](const evidence::ProcessExit& fact) { return fact.pid == script; });
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->exit_code, 1 << 8);
}

TEST_F(RecorderProcess, ServiceOfAScriptIsFound) {
  const std::string name = "alibisvc" + std::to_string(getpid() % 100000);
  const Subject service = Subject::start(0, [&name] {
    prctl(PR_SET_NAME, name.c_str());
    sleep_forever();
  });
  const Subject subject = Subject::start_heartbeat(network_->pid(), [&name] {
    while (true) {
      usleep(200'000);
      const pid_t script = fork();
      if (script == 0) {
        execlp("pkill", "pkill", "-0", "-x", name.c_str(), nullptr);
        _exit(127);
      }
      int status = 0;
      waitpid(script, &status, 0);
    }
  });
  start_recorder();
  if (IsSkipped()) return;
  EXPECT_TRUE(await_found(service.pid(), Role::Service));
}

}  // namespace
}  // namespace alibi::testing
