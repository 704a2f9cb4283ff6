// SPDX-License-Identifier: Apache-2.0
// What the configuration that a daemon runs with says of the virtual router of a scene, as far as
// readings of it (evidence::ConfigRead) were recorded.
#pragma once

#include <string>
#include <vector>

#include "investigate/scene.h"

namespace alibi::investigate {

struct ConfigView {
  const evidence::ConfigRead* read = nullptr;
  /// nullptr: it is not in that configuration.
  const evidence::ConfiguredRouter* router = nullptr;
  /// With it those of its sync group, which fail with it; none when there is no router.
  std::vector<const evidence::ConfiguredRouter*> group;
};

struct Configured {
  /// Each configuration that may have been in force: two while a daemon reads the second.
  std::vector<ConfigView> views;
  std::string why;  ///< not known, why; then there are no views
  bool known() const { return why.empty(); }
};

/// In force at some moment from `a` to `b`. One that was read is in force a second later at the
/// latest. Not known where a SIGHUP, or events that may have been one, have no reading.
Configured configured(const Scene& scene, Instant a, Instant b);

/// "track_script `/bin/check` with weight -20".
std::string tracked_text(const evidence::TrackedObject& object);

/// "FILE (as read at 12:00:01.250)".
std::string file_text(const Scene& scene, const ConfigView& view);

/// May a fall of the priority from `before` to `after` be the sum `weight` of what failed? RFC 9568
/// leaves an effective priority 1 to 254: at the ends the sum may be more.
bool explains_step(int weight, Priority before, Priority after);

}  // namespace alibi::investigate
