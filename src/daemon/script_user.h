// SPDX-License-Identifier: Apache-2.0
// Whom scripts run as, by keepalived's rule.
#pragma once

#include <string>

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

/// The same for a notify, FIFO, startup or shutdown script; with enable_script_security an error
/// when it would run as root and others than root could have changed it.
Result<ScriptUser> runner_of(const config::Settings& settings, const config::Command& command);

}  // namespace alibi::daemon
