// SPDX-License-Identifier: Apache-2.0
// What `nft -j list ruleset` prints, searched for what may drop adverts.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "doctor/facts.h"

namespace alibi::doctor {

/// Rules of base chains, and of chains they jump to, that drop or reject by protocol 112 or by the
/// groups 224.0.0.18 and ff02::12; base chains with policy drop in which nothing accepts these.
Result<std::vector<FirewallRule>> dropping_rules(std::string_view json);

}  // namespace alibi::doctor
