// SPDX-License-Identifier: Apache-2.0
// Sync groups in the keeper: which slots move together, and how inputs reach them.
#include <algorithm>

#include "daemon/keeper.h"

namespace alibi::daemon {

/// The slots must all be there, and stay where they are.
void Keeper::make_groups() {
  for (const config::SyncGroup& settings : settings_.groups) {
    std::vector<vrrp::Instance*> members;
    for (std::size_t n = 0; n < settings.members.size(); ++n) {
      Slot& slot = slots_[settings.members[n]];
      slot.membership = Membership{groups_.size(), n};
      members.push_back(&slot.machine);
    }
    groups_.push_back({settings, vrrp::SyncGroup(settings.name, std::move(members))});
  }
}

void Keeper::feed_group(Slot& slot, const vrrp::Input& input) {
  Group& group = groups_[slot.membership->group];
  group_outbox_.outputs.clear();
  group_outbox_.transition.reset();
  const Priority before = slot.machine.effective_priority();
  const vrrp::State state = slot.machine.state();
  group.machine.handle(slot.membership->member, input, os::monotonic_now(), group_outbox_);
  outbox_.clear();  // what count() looks at: the part of the member that was fed
  for (const auto& [member, output] : group_outbox_.outputs) {
    if (member == slot.membership->member) {
      outbox_.push_back(output);
    } else {
      count(slots_[group.settings.members[member]], output);
    }
  }
  count(slot, input, state);
  if (fence_counted(input, outbox_)) fence_.read(slot.index);
  perform_group(group);
  if (slot.machine.effective_priority() != before) tell_priority(slot, before);
}

void Keeper::perform_group(Group& group) {
  // Before the outputs: should we die among them, the last will is needed already.
  for (const std::size_t index : group.settings.members) {
    timers_.set(index, slots_[index].machine.next_timer());
    const vrrp::Instance& machine = slots_[index].machine;
    channels_.page.instance(index).state.store(static_cast<std::uint8_t>(machine.state()));
    fence_.decided(index, machine.state(), machine.effective_priority());
  }
  for (const auto& [member, output] : group_outbox_.outputs) {
    perform(slots_[group.settings.members[member]], output);
  }
  for (const std::size_t index : group.settings.members) {
    report_fence(slots_[index]);
    publish(slots_[index]);
  }
  if (group_outbox_.transition) {
    voice_.say_daemon(vrrp::log_line(group.settings.name, *group_outbox_.transition));
  }
}

/// The members of a group start together, once each of them could start by itself.
bool Keeper::waits_for_group(Slot& slot) {
  if (!slot.membership) return false;
  Group& group = groups_[slot.membership->group];
  const auto ready = [&](std::size_t index) { return slots_[index].started; };
  if (!std::all_of(group.settings.members.begin(), group.settings.members.end(), ready)) {
    return true;
  }
  group_outbox_.outputs.clear();
  group_outbox_.transition.reset();
  group.machine.start(os::monotonic_now(), group_outbox_);
  for (const auto& [member, output] : group_outbox_.outputs) {
    count(slots_[group.settings.members[member]], output);
  }
  perform_group(group);
  return true;
}

}  // namespace alibi::daemon
