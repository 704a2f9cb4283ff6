// SPDX-License-Identifier: Apache-2.0
// Programs that nobody waits for.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace alibi::os {

/// Starts argv[0], looked up in PATH, at the lowest priority, with our standard descriptors; it
/// goes on when we end, and leaves no zombie. That it cannot be executed is told on standard error.
Result<void> run_in_background(const std::vector<std::string>& argv);

}  // namespace alibi::os
