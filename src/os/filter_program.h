// SPDX-License-Identifier: Apache-2.0
// A program that makes other octets of those given, run to its end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace alibi::os {

/// argv[0] is looked up in PATH; `input` is its standard input, the result what it printed. Fails
/// with ENOENT when it is not installed, else with what it said on standard error.
Result<std::string> filter_program(const std::vector<std::string>& argv, std::string_view input);

}  // namespace alibi::os
