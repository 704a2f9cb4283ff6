// SPDX-License-Identifier: Apache-2.0
#include "daemon/watch_target.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include "os/proc_fs.h"

namespace alibi::daemon {
namespace {

/// A child that sleeps; ended and reaped whatever happens.
class Sleeper {
 public:
  Sleeper() : pid_(fork()) {
    if (pid_ == 0) {
      while (true) pause();
    }
  }
  ~Sleeper() { end(); }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  pid_t pid() const { return pid_; }
  void end() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

TEST(WatchTarget, NumberIsThatOneProcess) {
  Sleeper sleeper;
  const std::int32_t pid = sleeper.pid();
  const auto target = WatchTarget::parse(std::to_string(pid));
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->pid(), pid);
  EXPECT_TRUE(target->names().empty());
  EXPECT_TRUE(target->matches(pid, "any"));
  EXPECT_FALSE(target->matches(getppid(), "any"));
  sleeper.end();
  EXPECT_FALSE(target->matches(pid, "any"));
}

TEST(WatchTarget, NameIsAsLongAsTheKernelKeepsIt) {
  const auto target = WatchTarget::parse("systemd-networkd");
  ASSERT_TRUE(target);
  EXPECT_TRUE(target->matches(1, "systemd-network"));
  EXPECT_FALSE(target->matches(1, "systemd-networkd"));  // no process is told so
  EXPECT_FALSE(target->matches(1, "systemd"));
  EXPECT_EQ(target->names(), std::vector<std::string>{"systemd-network"});
}

TEST(WatchTarget, PathIsTheExecutableBehindIt) {
  Sleeper sleeper;
  const std::string self = os::executable_of(sleeper.pid());
  const std::string link = "/tmp/alibi-target-" + std::to_string(getpid());
  std::filesystem::create_symlink(self, link);
  for (const std::string& path : {self, link}) {
    const auto target = WatchTarget::parse(path);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_TRUE(target->matches(sleeper.pid(), "renamed"));
    EXPECT_FALSE(target->matches(getppid(), "watch_target_te"));
    EXPECT_EQ(target->names().size(), path == self ? 1U : 2U);
  }
  std::filesystem::remove(link);
  const auto absent = WatchTarget::parse("/nowhere/haproxy");
  ASSERT_TRUE(absent) << "it may be installed, or be in a container";
  EXPECT_EQ(absent->names(), std::vector<std::string>{"haproxy"});
}

TEST(WatchTarget, WhatNoProcessCanBeIsAnError) {
  for (const char* text : {"", "0", "4194305", "99999999999", "sbin/haproxy", "/tmp", "/tmp/",
                           "/proc/version", "a\nb"})
    EXPECT_FALSE(WatchTarget::parse(text)) << text;
  const auto self = WatchTarget::parse(std::to_string(getpid()));
  ASSERT_FALSE(self);
  EXPECT_NE(self.error().message.find("itself"), std::string::npos);
}

TEST(WatchTarget, ThreadIsRefusedWithItsProcess) {
  std::int32_t id = 0;
  std::atomic<bool> known = false;
  std::atomic<bool> end = false;
  std::thread other([&] {
    id = gettid();
    known = true;
    while (!end) std::this_thread::yield();
  });
  while (!known) std::this_thread::yield();
  const auto target = WatchTarget::parse(std::to_string(id));
  end = true;
  other.join();
  ASSERT_FALSE(target);
  EXPECT_NE(target.error().message.find("its process is " + std::to_string(getpid())),
            std::string::npos)
      << target.error().message;
}

}  // namespace
}  // namespace alibi::daemon
