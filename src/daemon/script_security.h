// SPDX-License-Identifier: Apache-2.0
// enable_script_security: what root runs, only root may be able to change.
#pragma once

#include <string>

#include "base/result.h"

namespace alibi::daemon {

/// Looks at every part of the path of `command` (found in PATH when it has no '/'), links followed
/// and the links themselves: the error names the part that others than root may write to.
Result<void> check_script_security(const std::string& command);

}  // namespace alibi::daemon
