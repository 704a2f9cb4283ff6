// SPDX-License-Identifier: Apache-2.0
// Instances, groups, and keepalived's words for what they do.
#include "daemon/announce.h"

#include <algorithm>

namespace alibi::daemon {
namespace {

using vrrp::State;

std::string_view word_of(State state) { return state == State::Init ? "STOP" : vrrp::text(state); }

const config::Command& by_state(const config::Command& master, const config::Command& backup,
                                const config::Command& fault, const config::Command& stop,
                                State state) {
  switch (state) {
    case State::Master:
      return master;
    case State::Backup:
      return backup;
    case State::Fault:
      return fault;
    case State::Init:
      break;
  }
  return stop;
}

template <typename Owner>
const config::Command& script_for(const Owner& owner, State state) {
  return by_state(owner.notify_master, owner.notify_backup, owner.notify_fault, owner.notify_stop,
                  state);
}

void add(std::vector<NotifyCommand>& commands, const config::Command& command,
         const Announcement& announcement, bool with_arguments) {
  if (command.empty()) return;
  NotifyCommand run{command, {}};
  if (with_arguments) {
    for (std::string argument :
         {std::string(announcement.group ? "GROUP" : "INSTANCE"), announcement.name,
          std::string(announcement.word), std::to_string(announcement.priority)}) {
      run.command.words.push_back(std::move(argument));
    }
  }
  run.environment = {"ALIBI_REASON=" + std::string(announcement.reason),
                     "ALIBI_REASON_DETAIL=" + announcement.detail};
  commands.push_back(std::move(run));
}

}  // namespace

Announcer::Announcer(const config::Settings& settings)
    : settings_(settings),
      states_(settings.instances.size(), State::Init),
      priorities_(settings.instances.size(), 0),
      groups_(settings.groups.size()) {
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    priorities_[i] = settings.instances[i].vrrp.base_priority.value;
  }
}

void Announcer::begin(std::size_t instance, State state) {
  states_.at(instance) = state;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    for (const State at : {State::Fault, State::Backup, State::Master}) {
      if (arrived(settings_.groups[i], at)) groups_[i].state = groups_[i].towards = at;
    }
  }
}

bool Announcer::ahead_of(const Tell& tell) const {
  const auto index = static_cast<std::size_t>(tell.instance);
  return tell.kind == Tell::Kind::Transition && tell.instance >= 0 && index < states_.size() &&
         tell.from != State::Init && states_[index] != tell.from;
}

void Announcer::set_back(std::size_t instance, State state) {
  states_.at(instance) = state;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const auto& members = settings_.groups[i].members;
    if (std::find(members.begin(), members.end(), instance) == members.end()) continue;
    for (const std::size_t member : members) states_.at(member) = state;
    groups_[i].state = groups_[i].towards = state;
  }
}

/// MASTER and BACKUP when every member is; FAULT as soon as none may run; STOP at the end of all.
bool Announcer::arrived(const config::SyncGroup& group, State at) const {
  return std::all_of(group.members.begin(), group.members.end(), [&](std::size_t member) {
    if (member >= states_.size()) return true;
    return states_[member] == at || (at == State::Fault && states_[member] == State::Init);
  });
}

Announcement Announcer::of_group(std::size_t index) const {
  const Group& group = groups_[index];
  return {Announcement::What::State,
          true,
          index,
          settings_.groups[index].name,
          word_of(group.state),
          group.state,
          0,
          group.reason,
          group.detail};
}

void Announcer::take_groups(const Tell& tell, std::vector<Announcement>& out) {
  const auto moved = static_cast<std::size_t>(tell.instance);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const auto& members = settings_.groups[i].members;
    if (std::find(members.begin(), members.end(), moved) == members.end()) continue;
    Group& group = groups_[i];
    if (group.towards != tell.to) {
      group.towards = tell.to;
      group.reason = vrrp::text(tell.reason);
      group.detail = tell.text.view();
    }
    if (group.state == tell.to || !arrived(settings_.groups[i], tell.to)) continue;
    group.state = tell.to;
    out.push_back(of_group(i));
  }
}

std::vector<Announcement> Announcer::take(const Tell& tell) {
  const auto index = static_cast<std::size_t>(tell.instance);
  if (tell.instance < 0 || index >= settings_.instances.size()) return {};
  Announcement announcement;
  announcement.index = index;
  announcement.name = settings_.instances[index].vrrp.name;
  announcement.state = tell.to;
  announcement.priority = tell.priority;
  switch (tell.kind) {
    case Tell::Kind::Transition:
      announcement.word = word_of(tell.to);
      announcement.reason = vrrp::text(tell.reason);
      announcement.detail = tell.text.view();
      break;
    case Tell::Kind::PriorityMoved:
      if (tell.to == State::Init) return {};
      announcement.what = Announcement::What::Priority;
      announcement.word = tell.to == State::Master ? "MASTER_PRIORITY" : "BACKUP_PRIORITY";
      break;
    case Tell::Kind::LowerHeard:
      announcement.what = Announcement::What::LowerHeard;
      announcement.word = "MASTER_RX_LOWER_PRI";
      break;
    case Tell::Kind::Deleted:
      // keepalived 2.2.7 says FAULT unless told otherwise, and runs `notify` alone.
      announcement.what = Announcement::What::Deleted;
      announcement.state = State::Fault;
      announcement.word = settings_.instances[index].notify_deleted ? "DELETED" : "FAULT";
      break;
    default:
      return {};
  }
  priorities_[index] = tell.priority;
  std::vector<Announcement> out{std::move(announcement)};
  if (tell.kind != Tell::Kind::Transition) return out;
  states_[index] = tell.to;
  take_groups(tell, out);
  return out;
}

std::vector<Announcement> Announcer::all() const {
  std::vector<Announcement> out;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == State::Init) continue;
    out.push_back({Announcement::What::State, false, i, settings_.instances[i].vrrp.name,
                   word_of(states_[i]), states_[i], priorities_[i], "", ""});
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].state != State::Init) out.push_back(of_group(i));
  }
  return out;
}

std::string fifo_line(const Announcement& announcement, bool with_reason) {
  std::string line = announcement.group ? "GROUP \"" : "INSTANCE \"";
  line += announcement.name + "\" " + std::string(announcement.word) + " " +
          std::to_string(announcement.priority);
  if (with_reason && !announcement.reason.empty()) line += " " + std::string(announcement.reason);
  return line + "\n";
}

std::vector<NotifyCommand> notify_commands(const config::Settings& settings,
                                           const Announcement& announcement) {
  std::vector<NotifyCommand> commands;
  const auto& a = announcement;
  if (a.what == Announcement::What::Priority) return {};
  if (a.group) {
    const auto& group = settings.groups.at(a.index);
    if (a.what != Announcement::What::State) return {};
    add(commands, script_for(group, a.state), a, false);
    add(commands, group.notify, a, true);
    return commands;
  }
  const auto& instance = settings.instances.at(a.index);
  if (a.what == Announcement::What::LowerHeard) {
    add(commands, instance.notify_master_rx_lower, a, false);
    return commands;
  }
  if (a.what == Announcement::What::State) add(commands, script_for(instance, a.state), a, false);
  add(commands, instance.notify, a, true);
  return commands;
}

}  // namespace alibi::daemon
