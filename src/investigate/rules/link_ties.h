// SPDX-License-Identifier: Apache-2.0
// Which links of the sender's namespace went down when it decided, and what it has to do with them
// by its configuration.
#pragma once

#include <string>
#include <vector>

#include "investigate/scene.h"

namespace alibi::investigate::rules {

struct DownLink {
  Instant at = kNever;
  const evidence::LinkChange* change = nullptr;
  std::string tie;  ///< "its track_interface eth1 without weight", "it does not track it, by FILE"
};

struct LinkTies {
  std::vector<DownLink> reasons;  ///< it depends on them, and that explains what it did
  std::vector<DownLink> cleared;  ///< it does not, by the configuration that was in force
  std::vector<DownLink> unsure;   ///< `tie` says what is missing
};

/// Other links than the one of the tap where the adverts left, which link_down judges. All of them
/// empty where nothing went down just before the sender resigned or bid less, or, for a silence of
/// one that advertises from the virtual MAC, between its last advert and the next that was due.
LinkTies link_ties(const Scene& scene);

}  // namespace alibi::investigate::rules
