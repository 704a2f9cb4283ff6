// SPDX-License-Identifier: Apache-2.0
// What the commands that read captures ask about a file before they do.
#pragma once

#include <string>

#include "base/result.h"

namespace alibi::cmd {

/// An alibi case, or another SQLite file.
bool is_case(const std::string& path);

/// Refuses what would be waited for without end: a pipe without a writer. A file that is not there
/// passes; its reader says so better.
Result<void> check_readable(const std::string& path);

}  // namespace alibi::cmd
