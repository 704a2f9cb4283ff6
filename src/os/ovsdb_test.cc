// SPDX-License-Identifier: Apache-2.0
#include "os/ovsdb.h"

#include <gtest/gtest.h>

namespace alibi::os {
namespace {

TEST(Ovsdb, message_ends_where_its_brackets_close) {
  EXPECT_EQ(json_length(R"({"a":[1,"}]\"{"]}{"b")"), 17U);
  EXPECT_EQ(json_length(R"({"a":[1])"), 0U);
  EXPECT_EQ(json_length(R"({"a":"\)"), 0U);
  EXPECT_EQ(json_length(""), 0U);
  EXPECT_EQ(json_length("[]"), 2U);
}

TEST(Ovsdb, socket_that_is_not_there_is_an_error) {
  const auto answer = ask_ovsdb("/nonexistent/db.sock", "{}");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "cannot ask /nonexistent/db.sock: No such file or directory");
}

}  // namespace
}  // namespace alibi::os
