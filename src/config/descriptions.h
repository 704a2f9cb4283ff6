// SPDX-License-Identifier: Apache-2.0
// What each keyword means, in half a sentence, for the manual page.
#pragma once

#include <string_view>

namespace alibi::config {

/// Empty for a keyword of the LVS half, which the manual names only.
std::string_view description(std::string_view keyword);

}  // namespace alibi::config
