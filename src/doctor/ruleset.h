// SPDX-License-Identifier: Apache-2.0
// What `nft -j list ruleset` prints, searched for what may drop adverts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doctor/facts.h"

namespace alibi::doctor {

/// Rules of base chains, and of chains they jump to, that drop or reject by protocol 112 or by the
/// groups 224.0.0.18 and ff02::12; base chains with policy drop in which nothing accepts these.
Result<std::vector<FirewallRule>> dropping_rules(std::string_view json);

/// A rule that drops or rejects what it matches, whatever that is, in a base chain or in one that
/// jumps lead to; or a base chain whose policy does.
struct DropVerdict {
  std::string chain;          ///< "inet filter output"
  std::string hook;           ///< of the base chain: "output"
  std::int64_t handle = 0;    ///< as `nft -a list ruleset` shows it; 0: the policy
  bool names_vrrp = false;    ///< protocol 112 or its groups
  std::int64_t packets = -1;  ///< by its own counter; -1: it has none
};
Result<std::vector<DropVerdict>> drop_verdicts(std::string_view json);

}  // namespace alibi::doctor
