// SPDX-License-Identifier: Apache-2.0
// What there is to announce to notify scripts and FIFOs: transitions of instances, and of the sync
// groups that they make up, in keepalived's words. Pure: messages in, announcements out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "daemon/messages.h"

namespace alibi::daemon {

struct Announcement {
  enum class What : std::uint8_t { State, Priority, LowerHeard, Deleted };
  What what = What::State;
  bool group = false;
  std::size_t index = 0;  ///< of the instance or group
  std::string name;
  std::string_view word;  ///< MASTER, BACKUP, FAULT, STOP, DELETED, MASTER_PRIORITY, ...
  vrrp::State state = vrrp::State::Init;
  int priority = 0;         ///< effective; 0 for a group, as keepalived says
  std::string_view reason;  ///< its code; empty: none
  std::string detail;
};

/// Remembers the states of a group's members, to know when the group as a whole has moved.
class Announcer {
 public:
  explicit Announcer(const config::Settings& settings);
  /// What an instance is when we start to listen.
  void begin(std::size_t instance, vrrp::State state);
  /// Whether `tell` begins elsewhere than we believe the instance to be: it was taken over from the
  /// configuration before, or has moved on since by the time begin() was asked.
  bool ahead_of(const Tell& tell) const;
  /// An instance was in `state`, and so were its group, which moves as one, and all of its members.
  void set_back(std::size_t instance, vrrp::State state);
  /// The instance first, then the groups that it was the last of to move.
  std::vector<Announcement> take(const Tell& tell);
  /// Every instance and group as it is now (fifo_write_vrrp_states_on_reload). Groups and instances
  /// that have not started say nothing.
  std::vector<Announcement> all() const;

 private:
  struct Group {
    vrrp::State state = vrrp::State::Init;
    vrrp::State towards = vrrp::State::Init;
    std::string_view reason;  ///< of the member that moved first
    std::string detail;
  };
  bool arrived(const config::SyncGroup& group, vrrp::State at) const;
  void take_groups(const Tell& tell, std::vector<Announcement>& out);
  Announcement of_group(std::size_t index) const;

  const config::Settings& settings_;
  std::vector<vrrp::State> states_;
  std::vector<std::uint8_t> priorities_;
  std::vector<Group> groups_;
};

/// `INSTANCE "VI_1" MASTER 100` and a line feed; with the reason's code behind it if asked for.
std::string fifo_line(const Announcement& announcement, bool with_reason);

/// A notify script to run.
struct NotifyCommand {
  config::Command command;               ///< with its arguments
  std::vector<std::string> environment;  ///< NAME=value, besides our own
};
/// Those of `announcement`, in keepalived's order: notify_STATE, then notify with its arguments.
std::vector<NotifyCommand> notify_commands(const config::Settings& settings,
                                           const Announcement& announcement);

}  // namespace alibi::daemon
