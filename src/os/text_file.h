// SPDX-License-Identifier: Apache-2.0
// Small text files that are one value, as below /proc/sys.
#pragma once

#include <string>

#include "base/result.h"

namespace alibi::os {

/// The first 4 KiB without the newline at the end.
Result<std::string> read_text(const std::string& path);
/// Into a file that exists.
Result<void> write_text(const std::string& path, const std::string& value);

}  // namespace alibi::os
