// SPDX-License-Identifier: Apache-2.0
// An output that is made whole in memory.
#pragma once

#include <string>

#include "base/result.h"

namespace alibi::cmd {

/// Replaces the file; "-" is standard output. An error names the path.
Result<void> write_text_file(const std::string& path, const std::string& text);

}  // namespace alibi::cmd
