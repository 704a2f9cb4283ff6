// SPDX-License-Identifier: Apache-2.0
// The tracker: watches what instances are made to depend on, and says what came of it to keeper and
// teller. Scripts run from its main thread, files, processes and BFD sessions have threads of their
// own, so that what hangs holds up nothing but itself.
#pragma once

#include <sys/types.h>

#include "config/settings.h"
#include "daemon/channels.h"

namespace alibi::daemon {

/// The tracker of the generation before, which still runs.
struct TrackPredecessor {
  const config::Settings& settings;
  const Channels& channels;
  pid_t pid = 0;
};

/// The tracker process: until SIGTERM, then ends the scripts that are running. With a predecessor
/// it takes the BFD sessions over from it at once, and runs scripts when that one has ended.
int tracker_main(const config::Settings& settings, const Channels& channels,
                 const TrackPredecessor* old = nullptr);

}  // namespace alibi::daemon
