// SPDX-License-Identifier: Apache-2.0
// What the keeper knows of the tracked objects, and what follows for each instance: its effective
// priority, whether it may run, and because of which object. Values only; the keeper feeds it.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"
#include "daemon/messages.h"
#include "daemon/shared_page.h"
#include "daemon/tracked_objects.h"
#include "track/track.h"

namespace alibi::daemon {

/// It counts now: known, and allowed to.
bool counts(const TrackState& state);
track::Tracked as_seen(const Binding& binding, const TrackedObject& object,
                       const TrackState& state);

class Tracking {
 public:
  Tracking(const config::Settings& settings, const SharedPage& page);

  const TrackedObjects& objects() const { return objects_; }
  const TrackState& state(std::size_t object) const { return states_[object]; }

  /// Takes from the page what a keeper before this one (or a tracker faster than it) knew.
  void recall();
  /// True when instances may see it differently now; older news than known is none.
  bool take(const TrackState& news);
  /// News of an interface, whose state the keeper itself knows: also written to the page.
  bool take_interface(std::size_t object, bool up);

  /// Nothing that can be looked up in a moment, files and processes, is still to be heard of.
  bool looked_up() const;
  /// Every object that may put the instance into FAULT has been heard of.
  bool complete(std::size_t instance) const;

  struct Outcome {
    Priority effective{0};
    bool fault = false;
    std::string fault_because;  ///< the object that forbids it
  };
  Outcome weigh(std::size_t instance, Priority base);
  /// All that makes the priority what it is: for a start, where no single piece of news did.
  std::string summary(std::size_t instance) const;

 private:
  const SharedPage& page_;
  TrackedObjects objects_;
  std::vector<TrackState> states_;
  std::vector<track::Tracked> scratch_;
  std::vector<std::size_t> scratch_objects_;
};

}  // namespace alibi::daemon
