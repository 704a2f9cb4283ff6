// SPDX-License-Identifier: Apache-2.0
// What the keeper leaves in the shared page for whoever asks how things are: stored, never sent,
// so that being asked costs the keeper nothing. And the words about it that only scripts and FIFOs
// want.
#include <algorithm>

#include "daemon/keeper.h"

namespace alibi::daemon {
namespace {

/// True when it is one of a lower router, heard by a master that stays it.
bool count_advert(keeping::Slot& slot, const vrrp::AdvertReceived& packet, vrrp::State before,
                  const vrrp::Outbox& outbox) {
  const auto after = slot.machine.state();
  if (after != vrrp::State::Backup && after != vrrp::State::Master) return false;
  const bool refused = std::any_of(outbox.begin(), outbox.end(), [](const auto& output) {
    const auto* rejected = std::get_if<vrrp::Rejected>(&output);
    return rejected != nullptr && !rejected->accepted;
  });
  if (refused) return false;
  ++slot.counters.received;
  if (after == vrrp::State::Backup) slot.master_interval = packet.advert.interval;
  if (packet.advert.priority.value == 0) {
    ++slot.counters.zero_received;
    return false;
  }
  // It stayed master, so the other ranks below it.
  const bool lower = before == vrrp::State::Master && after == vrrp::State::Master;
  if (lower) ++slot.counters.lower_heard;
  return lower;
}

/// Only the keeper writes there, so that what it reads is what it wrote.
template <typename Count>
void count_refusal(RareInstanceState& rare, Count&& count) {
  auto refusals = rare.refusals.read().value_or(Refusals{});
  count(refusals);
  rare.refusals.publish(refusals);
}

void tell_lower(const keeping::Slot& slot, const config::Settings& settings, const Voice& voice) {
  const bool wanted =
      !slot.settings.notify_master_rx_lower->empty() || !settings.global.fifos.empty();
  if (!wanted) return;
  Tell tell = make_tell(Tell::Kind::LowerHeard);
  tell.instance = static_cast<std::int32_t>(slot.index);
  tell.from = tell.to = slot.machine.state();
  tell.priority = slot.machine.effective_priority().value;
  voice.say(tell);
}

}  // namespace

/// Called between the machine's answer and its outputs being performed; `before` is the state that
/// it was in when the input came.
void Keeper::count(Slot& slot, const vrrp::Input& input, vrrp::State before) {
  if (const auto* packet = std::get_if<vrrp::AdvertReceived>(&input)) {
    if (count_advert(slot, *packet, before, outbox_)) tell_lower(slot, settings_, voice_);
  } else if (const auto* raised = std::get_if<vrrp::FaultRaised>(&input)) {
    slot.faults |= 1U << static_cast<unsigned>(raised->code);
  } else if (const auto* cleared = std::get_if<vrrp::FaultCleared>(&input)) {
    slot.faults &= cleared->code ? ~(1U << static_cast<unsigned>(*cleared->code)) : 0U;
  }
  for (const auto& output : outbox_) count(slot, output);
}

void Keeper::count(Slot& slot, const vrrp::Output& output) {
  Traffic& counters = slot.counters;
  if (const auto* advert = std::get_if<vrrp::SendAdvert>(&output)) {
    ++counters.sent;
    if (advert->priority.value == 0) ++counters.zero_sent;
  } else if (const auto* rejected = std::get_if<vrrp::Rejected>(&output)) {
    count_refusal(channels_.page.rare(slot.index), [&](Refusals& refusals) {
      ++refusals.rejected.at(static_cast<std::size_t>(rejected->code));
    });
  } else if (const auto* transition = std::get_if<vrrp::Transition>(&output)) {
    ++counters.transitions;
    if (transition->to == vrrp::State::Master) ++counters.became_master;
    if (transition->from == vrrp::State::Master) ++counters.released_master;
    channels_.page.instance(slot.index)
        .last.publish({transition->from, transition->to, transition->reason.code,
                       slot.machine.effective_priority().value, os::realtime_now_ns(),
                       os::monotonic_now().ns, transition->reason.detail});
  }
}

/// Of the instance that it was meant for, as far as that could be read.
void Keeper::count_defect(const Port& port, const wire::VrrpDecoded& decoded) {
  const auto owner = port.slot_of_vrid[decoded.advertisement.vrid.value];
  if (owner < 0) return;
  count_refusal(channels_.page.rare(static_cast<std::size_t>(owner)), [&](Refusals& refusals) {
    ++refusals.defects.at(static_cast<std::size_t>(decoded.defect));
  });
}

void Keeper::publish(Slot& slot) {
  const vrrp::Instance& machine = slot.machine;
  std::uint32_t faults = slot.faults;
  if (source_of(slot).is_unspecified()) {
    faults |= 1U << static_cast<unsigned>(vrrp::ReasonCode::NoSourceAddress);
  }
  if (machine.held_by_group()) faults |= 1U << static_cast<unsigned>(vrrp::ReasonCode::SyncGroup);
  auto& shared = channels_.page.instance(slot.index);
  shared.pulse.publish(
      {machine.state(), machine.effective_priority().value, machine.master_priority().value,
       static_cast<std::uint8_t>(slot.has_addresses ? 1 : 0), faults,
       machine.next_timer().ns, machine.master_down_interval().count(),
       slot.master_interval.count(), source_of(slot), machine.master_address()});
  shared.traffic.publish(slot.counters);
}

void Keeper::publish_keeper() {
  record_.malformed = 0;
  for (const Port& port : ports_) record_.malformed += port.malformed;
  channels_.page.household().keeper.publish(record_);
}

void Keeper::tell_priority(const Slot& slot, Priority before) {
  const bool of_group = slot.membership.has_value() &&
                        groups_[slot.membership->group].settings.notify_priority_changes;
  if (!slot.settings.notify_priority_changes && !of_group &&
      !settings_.global.notify_priority_changes) {
    return;
  }
  Tell tell = make_tell(Tell::Kind::PriorityMoved);
  tell.instance = static_cast<std::int32_t>(slot.index);
  tell.from = tell.to = slot.machine.state();
  tell.priority = slot.machine.effective_priority().value;
  tell.status = before.value;
  voice_.say(tell);
}

}  // namespace alibi::daemon
