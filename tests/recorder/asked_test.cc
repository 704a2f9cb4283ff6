// SPDX-License-Identifier: Apache-2.0
// Processes that somebody asked to be watched: by number, by name and by path.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "recorder/watching.h"

namespace alibi::testing {
namespace {

using evidence::ProcessFound;
using Role = ProcessFound::Role;

constexpr const char* kSleeper = "ALIBI_ASKED_SLEEPER";

/// This program, run again under another name, is what is watched: it sleeps.
const bool kNoSleeper = [] {
  while (std::getenv(kSleeper) != nullptr) sleep(1000);
  return true;
}();

/// A program of a name that nothing else here has.
class RecorderAsked : public Watching {
 protected:
  void SetUp() override {
    Watching::SetUp();
    if (IsSkipped()) return;
    folder_ = "/tmp/alibi-asked-" + std::to_string(getpid());
    std::filesystem::create_directory(folder_);
    name_ = "alibi" + std::to_string(getpid());
    std::filesystem::copy_file("/proc/self/exe", folder_ + "/" + name_);
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  Subject start_program(const std::string& path) const {
    return Subject::start(0, [&] {
      setenv(kSleeper, "1", 1);
      execl(path.c_str(), name_.c_str(), nullptr);
      _exit(127);
    });
  }

  /// Was that process seen to leave a CPU in this system call?
  bool await_off(pid_t pid, const std::string& syscall) {
    return await<evidence::ThreadOff>([&](const evidence::ThreadOff& off) {
             return off.pid == pid && off.syscall_name == syscall;
           }) != nullptr;
  }

  std::string folder_;
  std::string name_;
};

TEST_F(RecorderAsked, NumberIsWatchedAndNotWhatItForks) {
  const Subject subject = Subject::start(0, [] {
    while (true) {
      usleep(20'000);
      const pid_t child = fork();
      if (child == 0) {
        usleep(20'000);
        _exit(0);
      }
      waitpid(child, nullptr, 0);
    }
  });
  ask_for(std::to_string(subject.pid()));
  start_recorder();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), Role::Watched));
  EXPECT_TRUE(recorder_->unfound().empty());
  EXPECT_TRUE(await_off(subject.pid(), "clock_nanosleep"));
  // Its child's name is its own, but no name was asked for.
  const auto* forked = await<evidence::ProcessForked>(
      [&](const evidence::ProcessForked& fact) { return fact.parent == subject.pid(); });
  ASSERT_NE(forked, nullptr);
  const std::int32_t child = forked->child;
  poll_for(300ms);
  recording_ = recorder_->snapshot();
  for (const evidence::Event& event : recording_.events) {
    const auto* off = std::get_if<evidence::ThreadOff>(&event.fact);
    EXPECT_TRUE(off == nullptr || off->pid != child);
  }
}

TEST_F(RecorderAsked, NameIsWatchedFromItsExecOn) {
  ask_for(name_);
  start_recorder();
  if (IsSkipped()) return;
  EXPECT_EQ(recorder_->unfound(), std::vector<std::string>{name_});
  const Subject subject = start_program(folder_ + "/" + name_);
  ASSERT_TRUE(await_off(subject.pid(), "clock_nanosleep"));  // its first and last sleep
  ASSERT_TRUE(await_found(subject.pid(), Role::Watched));
  EXPECT_TRUE(recorder_->unfound().empty());
}

TEST_F(RecorderAsked, PathIsTheExecutableWhateverItIsCalled) {
  ask_for(folder_ + "/" + name_);
  start_recorder();
  if (IsSkipped()) return;
  const Subject subject = start_program(folder_ + "/" + name_);
  ASSERT_TRUE(await_found(subject.pid(), Role::Watched));
  // Another executable of this name is watched by the kernel until somebody looks.
  std::filesystem::create_directory(folder_ + "/other");
  const std::string other = folder_ + "/other/" + name_;
  std::filesystem::create_hard_link(folder_ + "/" + name_, other);
  const Subject stranger = start_program(other);
  poll_for(500ms);
  stranger.kill(SIGSTOP);
  poll_for(300ms);
  recording_ = recorder_->snapshot();
  for (const evidence::Event& event : recording_.events) {
    const auto* found = std::get_if<ProcessFound>(&event.fact);
    EXPECT_TRUE(found == nullptr || found->pid != stranger.pid());
    const auto* sent = std::get_if<evidence::SignalSent>(&event.fact);
    EXPECT_TRUE(sent == nullptr || sent->target_pid != stranger.pid());
  }
}

TEST_F(RecorderAsked, HeartbeatStaysWhatItIs) {
  const Subject subject = Subject::start_heartbeat(network_->pid(), [] {
    while (true) usleep(10'000);
  });
  ask_for(std::to_string(subject.pid()));
  start_recorder();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), Role::Heartbeat));
  EXPECT_TRUE(recorder_->unfound().empty());
}

}  // namespace
}  // namespace alibi::testing
