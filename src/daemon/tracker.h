// SPDX-License-Identifier: Apache-2.0
// The tracker: runs each vrrp_script at its interval as its user, each in a process group of its
// own, and says what came of it. A run that hangs holds up nothing but its own script.
#pragma once

#include "config/settings.h"
#include "daemon/channels.h"

namespace alibi::daemon {

/// The tracker process: until SIGTERM, then ends the scripts that are running.
int tracker_main(const config::Settings& settings, const Channels& channels);

}  // namespace alibi::daemon
