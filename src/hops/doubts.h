// SPDX-License-Identifier: Apache-2.0
// What is in the way on a path, and what of it nobody saw. Private to hops/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hops/find.h"

namespace alibi::hops {

/// Hop::by where two hosts are joined by something that none of them told of.
inline constexpr std::string_view kUnseenNetwork = "a network that was not seen";

std::vector<std::string> doubts(const std::vector<Host>& hosts, const std::vector<Hop>& hops);

}  // namespace alibi::hops
