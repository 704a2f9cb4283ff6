// SPDX-License-Identifier: Apache-2.0
// Messages as nf_tables_fill_gen_info() writes them, whole and cut.
#include "os/ruleset_monitor.h"

#include <gtest/gtest.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cstring>
#include <vector>

#include "os/netlink_message.h"

namespace alibi::os {
namespace {

constexpr int kNewGeneration = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN;

TEST(RulesetMonitor, ACommitNamesItsProcess) {
  NetlinkMessage message(kNewGeneration, 0);
  message.body<nfgenmsg>();
  message.put_u32(NFTA_GEN_ID, __builtin_bswap32(7));
  message.put_u32(NFTA_GEN_PROC_PID, __builtin_bswap32(4711));
  message.put_text(NFTA_GEN_PROC_NAME, "iptables-nft");
  const auto commit = parse_commit(message.header());
  ASSERT_TRUE(commit);
  EXPECT_EQ(commit->generation, 7U);
  EXPECT_EQ(commit->pid, 4711);
  EXPECT_EQ(commit->process, "iptables-nft");
}

TEST(RulesetMonitor, WhatIsCutOrAnotherMessageIsNone) {
  NetlinkMessage other((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE, 0);
  other.body<nfgenmsg>();
  EXPECT_FALSE(parse_commit(other.header()));

  NetlinkMessage message(kNewGeneration, 0);
  message.body<nfgenmsg>();
  message.put_u32(NFTA_GEN_PROC_PID, __builtin_bswap32(4711));
  message.put_text(NFTA_GEN_PROC_NAME, "nft");
  const auto whole = message.bytes();
  for (std::size_t size = sizeof(nlmsghdr); size < whole.size(); ++size) {
    // In memory of that size, so that a reader beyond it is caught.
    std::vector<std::uint32_t> cut((size + 3) / 4);
    std::memcpy(cut.data(), whole.data(), size);
    auto* header = reinterpret_cast<nlmsghdr*>(cut.data());
    header->nlmsg_len = static_cast<std::uint32_t>(size);
    const auto commit = parse_commit(header);
    EXPECT_EQ(commit.has_value(), size >= sizeof(nlmsghdr) + sizeof(nfgenmsg)) << size;
  }
}

}  // namespace
}  // namespace alibi::os
