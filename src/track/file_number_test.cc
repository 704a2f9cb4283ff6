// SPDX-License-Identifier: Apache-2.0
// Contents of tracked files and the numbers keepalived makes of them.
#include "track/file_number.h"

#include <gtest/gtest.h>

namespace alibi::track {
namespace {

TEST(FileNumber, AsKeepalivedReadsThem) {
  struct Case {
    std::string_view text;
    std::int32_t value;
    bool clean;
  };
  const Case cases[] = {
      {"20\n", 20, true},
      {"-30", -30, true},
      {" 7x", 7, false},
      {"abc", 0, false},
      {"", 0, false},
      {"\n", 0, false},
      {"+5 \n", 5, true},
      {"0", 0, true},
      {"5 6", 5, false},
      {"0x10", 16, true},
      {"010", 8, true},
      {"0x", 0, false},
      {"99999999999", 2147483647, true},
      {"-99999999999", -2147483647, true},
      {"-", 0, false},
      {"09", 0, false},
  };
  for (const Case& c : cases) {
    const auto number = parse_file_number(c.text);
    EXPECT_EQ(number.value, c.value) << c.text;
    EXPECT_EQ(number.clean, c.clean) << c.text;
  }
}

}  // namespace
}  // namespace alibi::track
