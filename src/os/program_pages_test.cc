// SPDX-License-Identifier: Apache-2.0
// Program pages and an unused stack go, and come back when they are needed.
#include "os/program_pages.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "os/realtime.h"

namespace alibi::os {
namespace {

/// Kilobytes that are mapped and present.
int resident(const std::string& kind) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(kind + ":", 0) == 0) return std::stoi(line.substr(kind.size() + 1));
  }
  return 0;
}

constexpr int kDeepKilobytes = 2048;

[[gnu::noinline]] unsigned char go_deep() {
  volatile unsigned char pages[kDeepKilobytes * 1024];
  for (std::size_t i = 0; i < sizeof pages; i += 4096) pages[i] = 1;
  return pages[0];
}

TEST(ProgramPages, GoAndComeBack) {
  const int before = resident("RssFile");
  ASSERT_GT(before, 0);
  release_program_pages();
  const int after = resident("RssFile");  // reading it brings a few back
  EXPECT_LT(after, before);
  EXPECT_EQ(std::to_string(6 * 7), "42");
}

TEST(ProgramPages, WhatDeepCallsLeftOnTheStackGoes) {
  ASSERT_EQ(go_deep(), 1);
  const int before = resident("RssAnon");
  release_unused_stack();
  EXPECT_LT(resident("RssAnon"), before - kDeepKilobytes / 2);
  EXPECT_EQ(go_deep(), 1);
}

}  // namespace
}  // namespace alibi::os
