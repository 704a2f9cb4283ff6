// SPDX-License-Identifier: Apache-2.0
// Asks a running alibi's status socket.
#pragma once

#include <string>

#include "base/result.h"

namespace alibi::daemon {

/// What the server at `path` answers to `get` ("status" or "metrics"), within two seconds. An error
/// says what to do when nobody is there.
Result<std::string> ask_status(const std::string& path, const std::string& get);

}  // namespace alibi::daemon
