// SPDX-License-Identifier: Apache-2.0
// Program pages go, and come back when they are needed.
#include "os/program_pages.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace alibi::os {
namespace {

/// Kilobytes of files that are mapped and present.
int file_pages() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("RssFile:", 0) == 0) return std::stoi(line.substr(8));
  }
  return 0;
}

TEST(ProgramPages, GoAndComeBack) {
  const int before = file_pages();
  ASSERT_GT(before, 0);
  release_program_pages();
  const int after = file_pages();  // reading it brings a few back
  EXPECT_LT(after, before);
  EXPECT_EQ(std::to_string(6 * 7), "42");
}

}  // namespace
}  // namespace alibi::os
