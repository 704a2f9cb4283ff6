// SPDX-License-Identifier: Apache-2.0
// The manual page is the one that the table gives, and leaves no keyword of the VRRP half out.
#include "config/manual.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/descriptions.h"
#include "config/grammar.h"

namespace alibi::config {
namespace {

TEST(Manual, IsFresh) {
  const auto path = std::filesystem::path(ALIBI_SOURCE_DIR) / "docs/man/alibi-keepalived.conf.5";
  if (std::getenv("UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << manual_page();
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, manual_page()) << "UPDATE=1 rewrites the page";
}

TEST(Manual, DescribesEveryKeywordOfTheVrrpHalf) {
  for (int i = 0; i < static_cast<int>(Block::VirtualServer); ++i) {
    for (const Keyword& k : keywords_of(static_cast<Block>(i))) {
      if (k.note == kNoLvs) continue;
      EXPECT_FALSE(description(k.name).empty()) << k.name << " has no line in descriptions.cc";
    }
  }
}

}  // namespace
}  // namespace alibi::config
