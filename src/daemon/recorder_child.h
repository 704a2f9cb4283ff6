// SPDX-License-Identifier: Apache-2.0
// The recorder process of `alibi run`: taps on the interfaces of the instances, host evidence of
// the keeper and its rivals, in memory; a verdict goes to the log and by mail, a case to disk.
#pragma once

#include "config/settings.h"
#include "daemon/channels.h"

namespace alibi::daemon {

/// Until SIGTERM. What it cannot record it says once and goes on without.
int recorder_main(const config::Settings& settings, const Channels& channels,
                  const RunOptions& options);

}  // namespace alibi::daemon
