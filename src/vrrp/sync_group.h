// SPDX-License-Identifier: Apache-2.0
// A vrrp_sync_group, sans-IO: several instances that are master together or not at all. Feeds its
// members and, after each input, brings the others to where that member went. Owns no instance and
// remembers nothing that its members do not: a restored group is one made of restored members.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vrrp/instance.h"

namespace alibi::vrrp {

struct MemberOutput {
  std::size_t member;  ///< index into the group's members
  Output output;
};

/// The group as a whole has moved. Fault: a member is in fault. Master: all are masters.
struct GroupTransition {
  State from;
  State to;
  Reason reason;  ///< that of the member that caused it, its name in front
};

struct GroupOutbox {
  std::vector<MemberOutput> outputs;  ///< in the order in which they are to be done
  std::optional<GroupTransition> transition;
};

/// "VRRP_Group(G) Syncing instances to MASTER state: VI_1: ... [reason]", keepalived's words first.
std::string log_line(const std::string& group, const GroupTransition& transition);

class SyncGroup {
 public:
  /// `members` outlive the group; each belongs to one group, its Parameters::in_group is set.
  SyncGroup(std::string name, std::vector<Instance*> members);

  /// Takes one input for one member. Of the outputs of all members, those of the one that was fed
  /// come first.
  void handle(std::size_t member, const Input& input, Instant now, GroupOutbox& out);

  /// Start for every member: together, so that none is master while another has not begun.
  void start(Instant now, GroupOutbox& out);
  /// Stop for every member; nobody follows anybody.
  void stop(Instant now, GroupOutbox& out);

  State state() const { return state_; }
  const std::string& name() const { return name_; }

 private:
  void feed(std::size_t member, const Input& input, Instant now, GroupOutbox& out);
  std::optional<GroupCalls> wait_for_the_others(std::size_t member, Instant now) const;
  void follow(std::size_t cause, State before, Instant now, GroupOutbox& out);
  /// `cause`: who is not called; none with members_.size().
  void call_others(std::size_t cause, State in, const GroupCalls& call, Instant now,
                   GroupOutbox& out);
  void share_faults(Instant now, GroupOutbox& out);
  bool any(State state) const;
  State look() const;
  void report(std::size_t cause, GroupOutbox& out);
  std::string because(std::size_t cause, const GroupOutbox& out) const;

  std::string name_;
  std::vector<Instance*> members_;
  std::size_t lead_ = 0;  // lowest VRID: the same member on every node, whatever their order
  State state_ = State::Init;
};

}  // namespace alibi::vrrp
