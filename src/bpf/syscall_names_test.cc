// SPDX-License-Identifier: Apache-2.0
#include "bpf/syscall_names.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

namespace alibi::bpf {
namespace {

TEST(SyscallNames, KnowsThoseOfThisMachine) {
  EXPECT_EQ(syscall_name(SYS_write), "write");
  EXPECT_EQ(syscall_name(SYS_epoll_pwait), "epoll_pwait");
  EXPECT_EQ(syscall_name(SYS_clock_nanosleep), "clock_nanosleep");
  EXPECT_EQ(syscall_name(SYS_exit_group), "exit_group");
}

TEST(SyscallNames, OutOfRangeIsEmpty) {
  EXPECT_EQ(syscall_name(-1), "");
  EXPECT_EQ(syscall_name(100000), "");
}

TEST(SyscallNames, Classes) {
  EXPECT_TRUE(writes("fdatasync"));
  EXPECT_FALSE(writes("read"));
  EXPECT_TRUE(takes_descriptor("read"));
  EXPECT_FALSE(takes_descriptor("openat"));
  EXPECT_TRUE(is_idle_wait("epoll_wait"));
  EXPECT_FALSE(is_idle_wait("write"));
}

}  // namespace
}  // namespace alibi::bpf
