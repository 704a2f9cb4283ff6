// SPDX-License-Identifier: Apache-2.0
#include "os/filter_program.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace alibi::os {
namespace {

TEST(FilterProgram, WhatItPrintsIsTheResultHoweverMuchGoesIn) {
  const std::string much(1 << 20, 'x');
  const auto out = filter_program({"tr", "x", "y"}, much);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(*out, std::string(1 << 20, 'y'));
}

TEST(FilterProgram, WhatItSaysOnErrorIsTheError) {
  const auto out = filter_program({"sh", "-c", "echo no such luck >&2; exit 3"}, "");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().message, "sh exited with status 3: no such luck");
}

TEST(FilterProgram, OneThatIsNotThereIsNamed) {
  const auto out = filter_program({"alibi-no-such-program"}, "");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().os_errno, ENOENT);
}

}  // namespace
}  // namespace alibi::os
