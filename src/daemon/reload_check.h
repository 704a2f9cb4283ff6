// SPDX-License-Identifier: Apache-2.0
// The first look at a configuration that is to be reloaded, in a process of its own: whatever is
// wrong with the file, or with us reading it, ends there.
#pragma once

#include "config/settings_global.h"
#include "daemon/channels.h"

namespace alibi::daemon {

/// Says what is wrong with the file, as `alibi check` would, to the log, and with
/// `reload_check_config FILE` in full into that file. Returns Parsed::exit_code().
int check_for_reload(const RunOptions& options, const config::Reload& reload, const Voice& voice);

/// Whether a check that returned `code` allows the reload; with reload_check_config no error does,
/// without it those that keepalived carries on with do.
bool may_reload(int code, const config::Reload& reload);

}  // namespace alibi::daemon
