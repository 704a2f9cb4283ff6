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
  auto& children = made->children;
  children[kTeller] = {
      "alibi-teller", [&] { return teller_main(g.settings, g.channels, options); }, 10s};
  children[kKeeper] = {"alibi-keeper", [&] { return keeper_main(g.settings, g.channels); }, 3s};
  children[kTracker] = {"alibi-tracker", [&] { return tracker_main(g.settings, g.channels); }, 4s};
  children[kRecorder] = {
      "alibi-recorder", [&] { return recorder_main(g.settings, g.channels, options); }, 3s};
  children[kRecorder].wanted = options.record;
  return made;
}

}  // namespace alibi::daemon
