// SPDX-License-Identifier: Apache-2.0
#include "os/kallsyms.h"

#include <gtest/gtest.h>

namespace alibi::os {
namespace {

constexpr std::string_view kText =
    "0000000000000000 A fixed_percpu_data\n"
    "ffffffff81000100 T pipe_write\n"
    "ffffffff810000f0 t __pfx_pipe_write\n"
    "ffffffff81000200 t pipe_read\n"
    "ffffffff81000300 D a_variable\n"
    "ffffffffc0000000 t ext4_sync_file\t[ext4]\n"
    "not a line\n";

TEST(Kallsyms, FindsTheFunctionThatHoldsAnAddress) {
  const Kallsyms table = Kallsyms::parse(kText);
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table.name(0xffffffff81000100), "pipe_write");
  EXPECT_EQ(table.name(0xffffffff810001ff), "pipe_write");
  EXPECT_EQ(table.name(0xffffffff81000280), "pipe_read");
  EXPECT_EQ(table.name(0xffffffffc0000010), "ext4_sync_file");
}

TEST(Kallsyms, OutsideIsEmpty) {
  const Kallsyms table = Kallsyms::parse(kText);
  EXPECT_EQ(table.name(0x1000), "");
  EXPECT_EQ(table.name(0xfffffffff0000000), "");
  EXPECT_EQ(Kallsyms::parse("").name(0xffffffff81000100), "");
}

TEST(Kallsyms, HiddenAddressesGiveAnEmptyTable) {
  EXPECT_EQ(Kallsyms::parse("0000000000000000 T pipe_write\n").size(), 0U);
}

}  // namespace
}  // namespace alibi::os
