// SPDX-License-Identifier: Apache-2.0
// Which processes a configuration needs, and how long each may take to end.
#include "daemon/generation.h"

#include <unistd.h>

#include "daemon/handover.h"
#include "daemon/keeper.h"
#include "daemon/recorder_child.h"
#include "daemon/teller.h"
#include "daemon/tracked_objects.h"
#include "daemon/tracker.h"

namespace alibi::daemon {
namespace {

/// The keeper's process. A keeper that outlives its supervisor is the last one who knows what else
/// there is to take back.
int keep(Generation& generation, pid_t supervisor) {
  std::optional<Predecessor> predecessor;
  if (const auto* before = generation.predecessor) {
    predecessor.emplace(Predecessor{before->settings, before->channels, before->network->resolver(),
                                    generation.attempt});
  }
  const int code =
      keeper_main(generation.settings, generation.channels, predecessor ? &*predecessor : nullptr);
  if (::getppid() != supervisor && code != kHandedOver) {
    generation.network->undo();
    generation.channels.fence.take_down();
  }
  return code;
}

int track(const Generation& generation) {
  const auto* before = generation.before;
  if (before == nullptr || before->children[kTracker].pid == 0) {
    return tracker_main(generation.settings, generation.channels);
  }
  const TrackPredecessor old{before->settings, before->channels, before->children[kTracker].pid};
  return tracker_main(generation.settings, generation.channels, &old);
}

}  // namespace

Result<std::unique_ptr<Generation>> make_generation(ReadConfig config, const RunOptions& options) {
  auto channels = Channels::create(config.parsed.settings);
  if (!channels) return tl::unexpected(channels.error());
  channels->fence =
      make_fence(config.parsed.settings, options.fence, fence_handle(options.run_folder));
  return assemble_generation(std::move(config), std::move(*channels), options);
}

std::unique_ptr<Generation> assemble_generation(ReadConfig config, Channels channels,
                                                const RunOptions& options) {
  auto made = std::make_unique<Generation>(std::move(config.parsed.settings), config.sources,
                                           std::move(channels));
  Generation& g = *made;
  g.channels.page.household().detail = options.detail;
  const Duration wait = g.settings.global.child_wait;  // child_wait_time
  auto& children = made->children;
  children[kTeller] = {"alibi-teller", [&] { return teller_main(g.settings, g.channels, options); },
                       wait + 8s};
  children[kKeeper] = {"alibi-keeper", [&g, us = ::getpid()] { return keep(g, us); }, wait};
  children[kTracker] = {"alibi-tracker", [&g] { return track(g); }, wait};
  children[kRecorder] = {"alibi-recorder",
                         [&] { return recorder_main(g.settings, g.channels, options); }, wait};
  children[kTracker].wanted = TrackedObjects(g.settings).need_tracker();
  children[kRecorder].wanted = options.record;
  const auto& names = g.settings.global.names;  // process_name and its kin
  for (Child& child : children) child.comm = names.all;
  if (!names.vrrp.empty()) children[kKeeper].comm = names.vrrp;
  if (!names.bfd.empty()) children[kTracker].comm = names.bfd;
  return made;
}

}  // namespace alibi::daemon
