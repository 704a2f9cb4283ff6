// SPDX-License-Identifier: Apache-2.0
// Children: exit statuses, groups, users.
#include "os/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace alibi::os {
namespace {

int wait_for(pid_t pid) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

Program program(std::vector<std::string> argv) { return {std::move(argv), current_identity(), {}}; }

TEST(Spawn, ExitStatusAsAShellGivesIt) {
  EXPECT_EQ(exit_text(wait_for(*spawn(program({"true"})))), "exited with status 0");
  EXPECT_EQ(exit_text(wait_for(*spawn(program({"sh", "-c", "exit 7"})))), "exited with status 7");
  EXPECT_EQ(exit_text(wait_for(*spawn(program({"/nonexistent/alibi"})))),
            "exited with status 127");
  EXPECT_EQ(exit_text(wait_for(*spawn(program({"/dev/null"})))), "exited with status 126");
  EXPECT_FALSE(spawn(program({})));
}

TEST(Spawn, ItsGroupDiesWithOneKill) {
  const auto pid = spawn(program({"sh", "-c", "sleep 60 & wait"}));
  ASSERT_TRUE(pid);
  EXPECT_EQ(::getpgid(*pid), *pid);
  ASSERT_EQ(::kill(-*pid, SIGKILL), 0);
  EXPECT_EQ(exit_text(wait_for(*pid)), "killed by signal 9 (Killed)");
}

TEST(Spawn, SignalsAreNotInheritedBlocked) {
  sigset_t block;
  sigset_t before;
  ::sigemptyset(&block);
  ::sigaddset(&block, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &block, &before);
  const auto pid = spawn(program({"sleep", "60"}));
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(pid);
  ASSERT_EQ(::kill(*pid, SIGTERM), 0);
  EXPECT_TRUE(WIFSIGNALED(wait_for(*pid)));
}

TEST(ForkChild, ReturnsTheBodysValue) {
  const auto pid = fork_child("alibi-test", [] { return 5; });
  ASSERT_TRUE(pid);
  EXPECT_EQ(exit_text(wait_for(*pid)), "exited with status 5");
}

TEST(FindIdentity, ByNameByNumberAndNot) {
  const auto root = find_identity("root", "");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->uid, 0U);
  const auto numbered = find_identity("0", "0");
  ASSERT_TRUE(numbered);
  EXPECT_EQ(numbered->name, "root");
  const auto nobody = find_identity("no-such-user-here", "");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().message, "user 'no-such-user-here' does not exist: create it");
  EXPECT_FALSE(find_identity("root", "no-such-group-here"));
}

}  // namespace
}  // namespace alibi::os
