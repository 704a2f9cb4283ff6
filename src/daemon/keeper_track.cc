// SPDX-License-Identifier: Apache-2.0
// What was found of the tracked objects, as each instance's priority and faults.
#include "daemon/keeper.h"

namespace alibi::daemon {
namespace {

constexpr int kMostNews = 64;  // at once
constexpr Duration kFirstLook = 300ms;
constexpr Duration kBetweenLooks = 2ms;

}  // namespace

/// As keepalived, which looks files and processes up before its instances begin, so that their
/// first priority is the true one. A tracker that hangs holds the start up no longer than this.
void Keeper::await_first_look() {
  const Instant patience = os::monotonic_now() + kFirstLook;
  tracking_.recall();
  while (!tracking_.looked_up() && os::monotonic_now() < patience) {
    os::sleep_until(os::monotonic_now() + kBetweenLooks);
    tracking_.recall();
  }
}

/// What is known before the start: what the page says, and the interfaces.
void Keeper::begin_tracking() {
  TrackState old;
  while (channels_.tracker_to_keeper.receive_struct(old)) {
  }  // the page knows all of it, and better
  tracking_.recall();
  for (const std::string& remark : tracking_.objects().remarks()) voice_.say_daemon(remark, 1);
  for (const std::string& line : resolver_.left_out()) voice_.say_daemon(line, 2);
  for (const Port& port : ports_) {
    static_cast<void>(delays_.heard(port.interface, port.up, os::monotonic_now()));
  }
  for (std::size_t i = 0; i < tracking_.objects().size(); ++i) {
    const TrackedObject& object = tracking_.objects()[i];
    if (object.kind != TrackKind::Interface) continue;
    const auto* interface = links_.find(object.name);
    const bool up = interface != nullptr && interface->up;
    tracking_.take_interface(i, delays_.heard(object.name, up, os::monotonic_now()));
  }
}

void Keeper::hear_tracker() {
  TrackState news;
  // What is left wakes us again: a file that changes all the time must not hold up adverts.
  for (int i = 0; i < kMostNews && channels_.tracker_to_keeper.receive_struct(news); ++i) {
    if (tracking_.take(news)) apply_tracked(static_cast<std::size_t>(news.object));
  }
}

void Keeper::hear_interface(const std::string& name, bool up) {
  const auto object = tracking_.objects().find(TrackKind::Interface, name);
  if (!object) return;
  const bool counts = delays_.heard(name, up, os::monotonic_now());
  if (tracking_.take_interface(*object, counts)) apply_tracked(*object);
}

/// Changes of interfaces that had to last, and have.
void Keeper::settle_interfaces() {
  for (const auto& change : delays_.due(os::monotonic_now())) {
    // Tracked objects and ports alike ask what counts now; the first to ask settles it.
    const bool counts = delays_.heard(change.interface, change.up, os::monotonic_now());
    hear_interface(change.interface, counts);
    meet(change.interface, false);
    for (Port& port : ports_) {
      if (port.interface == change.interface) set_up(port, counts);
    }
  }
}

void Keeper::apply_tracked(std::size_t object) {
  const std::string because(tracking_.state(object).why.view());
  for (const std::size_t instance : tracking_.objects().dependents(object)) {
    Slot& slot = slots_[instance];
    apply_tracking(slot, because);
    start_when_ready(slot);
  }
}

void Keeper::apply_tracking(Slot& slot, const std::string& because) {
  if (tracking_.objects().bindings(slot.index).empty()) return;
  const auto outcome = tracking_.weigh(slot.index, slot.settings.vrrp.base_priority);
  // As keepalived: whoever falls into a fault does so with the priority he had.
  const bool falls = outcome.fault && !slot.track_fault && slot.started;
  if (outcome.effective != slot.told && !falls) {
    slot.told = outcome.effective;
    feed(slot, vrrp::PriorityChanged{outcome.effective, because});
  }
  if (outcome.fault && !slot.track_fault) {
    slot.track_fault = true;
    feed(slot, vrrp::FaultRaised{vrrp::ReasonCode::TrackFailed, outcome.fault_because});
  } else if (!outcome.fault && slot.track_fault) {
    slot.track_fault = false;
    feed(slot, vrrp::FaultCleared{vrrp::ReasonCode::TrackFailed});
  }
}

/// As keepalived: an instance that a tracker may put into FAULT waits for the first word of it.
void Keeper::start_when_ready(Slot& slot) {
  if (slot.started || start_at_ != kNever || !tracking_.complete(slot.index)) return;
  slot.started = true;
  if (!waits_for_group(slot)) feed(slot, vrrp::Start{});
}

}  // namespace alibi::daemon
