// SPDX-License-Identifier: Apache-2.0
// The interfaces of a path on this host, as -i of alibi capture takes them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace alibi::cmd {

/// "eth0", "netns:lb1/eth0", ... in the order of the path, each once. The ends are words as `alibi
/// path` takes them.
Result<std::vector<std::string>> path_interfaces(const std::string& from, const std::string& to);

}  // namespace alibi::cmd
