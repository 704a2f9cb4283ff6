// SPDX-License-Identifier: Apache-2.0
// Whom scripts run as, by keepalived's rule, and how a configured command line becomes arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "os/process.h"

namespace alibi::daemon {

struct ScriptUser {
  os::Identity identity;
  std::string warning;  ///< not empty: the default user is missing and we run them as ourselves
};

/// The script's own user, else script_user, else keepalived_script, else whoever we are.
Result<ScriptUser> script_user(const config::Settings& settings, const std::string& user,
                               const std::string& group);

/// Words of a command line: blanks separate, '...' and "..." join, a backslash takes the next
/// octet as it is. No shell runs and nothing is expanded.
std::vector<std::string> split_command(std::string_view line);

}  // namespace alibi::daemon
