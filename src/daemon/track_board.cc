// SPDX-License-Identifier: Apache-2.0
// Page first, then the keeper: a keeper that starts in between finds it there.
#include "daemon/track_board.h"

namespace alibi::daemon {

TrackBoard::TrackBoard(const config::Settings& settings, const Channels& channels)
    : settings_(settings),
      channels_(channels),
      voice_(channels.tracker_to_teller, channels.page, Sender::Tracker),
      objects_(settings),
      unsent_(std::make_unique<std::atomic<bool>[]>(objects_.size())) {}

void TrackBoard::publish(std::size_t object, TrackState state) {
  state.object = static_cast<std::int32_t>(object);
  state.sequence = last(object).sequence + 1;
  channels_.page.set_tracked(object, state);
  if (channels_.tracker_to_keeper.send_struct(state)) {
    unsent_[object].store(false);
    return;
  }
  unsent_[object].store(true);
  any_unsent_.store(true);
}

void TrackBoard::inherit_scripts(const config::Settings& old, const SharedPage& page) {
  const TrackedObjects theirs(old);
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    if (objects_[i].kind != TrackKind::Script) continue;
    const auto known = theirs.find(TrackKind::Script, objects_[i].name);
    if (!known) continue;
    const TrackState state = page.tracked(*known);
    if (state.health == TrackHealth::Up || state.health == TrackHealth::Down) publish(i, state);
  }
}

bool TrackBoard::resend() {
  if (!any_unsent_.exchange(false)) return false;
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    if (!unsent_[i].exchange(false)) continue;
    // Should its writer publish at this moment, the keeper takes the later of the two.
    if (channels_.tracker_to_keeper.send_struct(last(i))) continue;
    unsent_[i].store(true);
    any_unsent_.store(true);
    return true;
  }
  return false;
}

}  // namespace alibi::daemon
