// SPDX-License-Identifier: Apache-2.0
#include "base/rare.h"

#include <gtest/gtest.h>

#include <string>

namespace alibi {
namespace {

TEST(Rare, ReadsAsTheDefaultUntilItIsSet) {
  Rare<std::string> rare;
  EXPECT_EQ(*rare, "");
  rare = std::string("x");
  EXPECT_EQ(rare->size(), 1U);
  rare = std::string();
  EXPECT_EQ(rare, Rare<std::string>());
}

TEST(Rare, CopiesAreTheirOwn) {
  Rare<std::string> one = std::string("one");
  Rare<std::string> two = one;
  two = std::string("two");
  EXPECT_EQ(*one, "one");
  EXPECT_FALSE(one == two);
  one = two;
  EXPECT_EQ(one, two);
  const Rare<std::string> moved = std::move(one);
  EXPECT_EQ(*moved, "two");
}

}  // namespace
}  // namespace alibi
