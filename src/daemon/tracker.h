// SPDX-License-Identifier: Apache-2.0
// The tracker: watches what instances are made to depend on, and says what came of it to keeper and
// teller. Scripts run from its main thread, files, processes and BFD sessions have threads of their
// own, so that what hangs holds up nothing but itself.
#pragma once

#include "config/settings.h"
#include "daemon/channels.h"

namespace alibi::daemon {

/// The tracker process: until SIGTERM, then ends the scripts that are running.
int tracker_main(const config::Settings& settings, const Channels& channels);

}  // namespace alibi::daemon
