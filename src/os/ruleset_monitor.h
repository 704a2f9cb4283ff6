// SPDX-License-Identifier: Apache-2.0
// Who changes the nftables ruleset of a network namespace (nfnetlink, NFNLGRP_NFTABLES).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "os/fd.h"

struct nlmsghdr;

namespace alibi::os {

/// One committed transaction (nf_tables_fill_gen_info in net/netfilter/nf_tables_api.c).
struct RulesetCommit {
  std::uint32_t generation = 0;
  std::int32_t pid = 0;
  std::string process;  ///< its comm
};

/// Nothing for other messages, and for those too short to be read.
std::optional<RulesetCommit> parse_commit(const nlmsghdr* header);

/// What iptables-legacy loads is told by nobody.
class RulesetMonitor {
 public:
  using Heard = std::function<void(const RulesetCommit&)>;
  /// In that namespace; needs CAP_NET_ADMIN there. Of a commit only its last message is taken in,
  /// however large it is.
  static Result<RulesetMonitor> open(const Fd& netns);

  int fd() const { return fd_.get(); }
  /// Tells every commit that waits.
  void drain(const Heard& heard);
  /// Times that the kernel had no room for a message.
  std::uint64_t overruns() const { return overruns_; }

 private:
  explicit RulesetMonitor(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
  std::uint64_t overruns_ = 0;
};

}  // namespace alibi::os
