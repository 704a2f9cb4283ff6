// SPDX-License-Identifier: Apache-2.0
// Which processes a configuration needs, and how long each may take to end.
#include "daemon/generation.h"

#include "daemon/keeper.h"
#include "daemon/recorder_child.h"
#include "daemon/teller.h"
#include "daemon/tracker.h"

namespace alibi::daemon {

Result<std::unique_ptr<Generation>> make_generation(config::Settings settings,
                                                    const RunOptions& options) {
  auto channels = Channels::create(settings);
  if (!channels) return tl::unexpected(channels.error());
  auto made = std::make_unique<Generation>(std::move(settings), std::move(*channels));
  const Generation& g = *made;
  const Duration wait = g.settings.global.child_wait;  // child_wait_time
  auto& children = made->children;
  children[kTeller] = {"alibi-teller", [&] { return teller_main(g.settings, g.channels, options); },
                       wait + 8s};
  children[kKeeper] = {"alibi-keeper", [&] { return keeper_main(g.settings, g.channels); }, wait};
  children[kTracker] = {"alibi-tracker", [&] { return tracker_main(g.settings, g.channels); },
                        wait};
  children[kRecorder] = {"alibi-recorder",
                         [&] { return recorder_main(g.settings, g.channels, options); }, wait};
  children[kRecorder].wanted = options.record;
  return made;
}

}  // namespace alibi::daemon
