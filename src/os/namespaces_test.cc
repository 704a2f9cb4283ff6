// SPDX-License-Identifier: Apache-2.0
// Work in another network namespace, and who is seen to be there meanwhile.
#include "os/namespaces.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace alibi::os {
namespace {

/// Invalid when this user may not make one.
Fd other_namespace() {
  Fd fd;
  std::thread([&fd] {
    if (::unshare(CLONE_NEWNET) == 0) {
      fd = Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    }
  }).join();
  return fd;
}

std::uint64_t inode_of(const char* path) {
  const auto fd = open_network_namespace(path);
  return fd ? namespace_inode(*fd).value_or(0) : 0;
}

TEST(Namespaces, TheProcessIsNotSeenWhereItsWorkIs) {
  const Fd other = other_namespace();
  if (!other.valid()) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
  const std::uint64_t home = inode_of("/proc/self/ns/net");
  std::uint64_t worked_in = 0, seen_in = 0;
  const auto done = inside_network_namespace(other, [&]() -> Result<void> {
    worked_in = inode_of("/proc/thread-self/ns/net");
    seen_in = inode_of("/proc/self/ns/net");
    return {};
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(worked_in, namespace_inode(other).value_or(0));
  EXPECT_EQ(seen_in, home);
  EXPECT_EQ(inode_of("/proc/thread-self/ns/net"), home);
}

TEST(Namespaces, WhatTheWorkSaysComesBack) {
  const Fd other = other_namespace();
  if (!other.valid()) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
  const auto done =
      inside_network_namespace(other, [] { return Result<void>(fail("no such tap")); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "no such tap");
}

TEST(Namespaces, AtHomeTheWorkStaysInItsThread) {
  const auto here = open_network_namespace("");
  ASSERT_TRUE(here);
  std::thread::id worked_in;
  ASSERT_TRUE(inside_network_namespace(*here, [&]() -> Result<void> {
    worked_in = std::this_thread::get_id();
    return {};
  }));
  EXPECT_EQ(worked_in, std::this_thread::get_id());
}

}  // namespace
}  // namespace alibi::os
