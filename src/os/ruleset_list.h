// SPDX-License-Identifier: Apache-2.0
// The nftables ruleset in words, by nft(8).
#pragma once

#include <string>

#include "base/result.h"

namespace alibi::os {

/// What `nft -j list ruleset` prints in the network namespace of this thread (libnftables-json(5)).
/// The error: nft is not there, may not look, or does not end within 5 s. Its end is waited for.
Result<std::string> list_ruleset();

}  // namespace alibi::os
