// SPDX-License-Identifier: Apache-2.0
// What the tracker found, as each instance's priority and faults.
#include <algorithm>

#include "daemon/keeper.h"

namespace alibi::daemon {

void Keeper::hear_tracker() {
  ScriptState state;
  while (channels_.tracker_to_keeper.receive_struct(state)) {
    const auto script = static_cast<std::size_t>(state.script);
    if (state.script < 0 || script >= settings_.scripts.size()) continue;
    for (Slot& slot : slots_) {
      const bool concerned = std::any_of(slot.bound.begin(), slot.bound.end(),
                                         [&](const Bound& b) { return b.script == script; });
      if (!concerned) continue;
      apply_tracking(slot, script_text(settings_.scripts[script].name, state));
      start_when_ready(slot);
    }
  }
}

/// Script states are read from the shared page, which the tracker writes before it tells us: a
/// keeper that was restarted finds them there as well.
void Keeper::apply_tracking(Slot& slot, const std::string& because) {
  if (slot.bound.empty()) return;
  std::vector<track::Tracked> trackers;
  for (const Bound& bound : slot.bound) {
    const auto health = channels_.page.script(bound.script).health.load();
    if (health == ScriptHealth::Unknown) continue;  // adds nothing, subtracts nothing
    trackers.push_back({settings_.scripts[bound.script].name, bound.weight, bound.reverse,
                        health == ScriptHealth::Up});
  }
  const auto outcome = track::evaluate(slot.settings.vrrp.base_priority, trackers);
  if (outcome.effective != slot.told) {
    slot.told = outcome.effective;
    feed(slot, vrrp::PriorityChanged{outcome.effective, because});
  }
  if (outcome.fault && !slot.track_fault) {
    slot.track_fault = true;
    feed(slot, vrrp::FaultRaised{vrrp::ReasonCode::TrackFailed, because});
  } else if (!outcome.fault && slot.track_fault) {
    slot.track_fault = false;
    feed(slot, vrrp::FaultCleared{vrrp::ReasonCode::TrackFailed});
  }
}

bool Keeper::scripts_known(const Slot& slot) const {
  return std::all_of(slot.bound.begin(), slot.bound.end(), [&](const Bound& bound) {
    return bound.weight != 0 ||
           channels_.page.script(bound.script).health.load() != ScriptHealth::Unknown;
  });
}

/// As keepalived: an instance that a script may put into FAULT waits for that script's first
/// result.
void Keeper::start_when_ready(Slot& slot) {
  if (slot.started || start_at_ != kNever || !scripts_known(slot)) return;
  slot.started = true;
  feed(slot, vrrp::Start{});
}

}  // namespace alibi::daemon
