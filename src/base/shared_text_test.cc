// SPDX-License-Identifier: Apache-2.0
#include "base/shared_text.h"

#include <gtest/gtest.h>

namespace alibi {
namespace {

TEST(SharedText, CopiesAreOneText) {
  const SharedText one = std::string("/etc/keepalived/keepalived.conf");
  const SharedText two = one;
  EXPECT_EQ(one.get().data(), two.get().data());
  EXPECT_EQ(two.get(), "/etc/keepalived/keepalived.conf");
}

TEST(SharedText, IsWhatItSays) {
  EXPECT_EQ(SharedText("a"), SharedText(std::string("a")));
  EXPECT_FALSE(SharedText("a") == SharedText("b"));
  EXPECT_EQ(SharedText(), SharedText(""));
  EXPECT_EQ(SharedText().get(), "");
}

}  // namespace
}  // namespace alibi
