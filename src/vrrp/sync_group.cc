// SPDX-License-Identifier: Apache-2.0
// How the members of a sync group follow each other. Three rules keep two nodes from waiting for
// each other for ever, and from taking the office from each other in turns:
//   1. A member in fault holds all others in fault, and only as long as its own fault lasts.
//   2. A silent or lower master heard by one member is no reason to take over while another member
//      hears a master of its own that is alive: that node holds all of the group.
//   3. Of two nodes that both yield at the same moment, because each is outranked on another VRID,
//      the one that lost on the lowest VRID waits an interval longer.
#include "vrrp/sync_group.h"

#include <algorithm>

#include "base/check.h"

namespace alibi::vrrp {

std::string log_line(const std::string& group, const GroupTransition& transition) {
  std::string line = "VRRP_Group(" + group + ") Syncing instances to " +
                     std::string(text(transition.to)) + " state";
  if (!transition.reason.detail.empty()) line += ": " + transition.reason.detail;
  return line + " [" + std::string(text(transition.reason.code)) + "]";
}

SyncGroup::SyncGroup(std::string name, std::vector<Instance*> members)
    : name_(std::move(name)), members_(std::move(members)) {
  CHECK(!members_.empty());
  for (std::size_t n = 1; n < members_.size(); ++n) {
    if (members_[n]->parameters().vrid < members_[lead_]->parameters().vrid) lead_ = n;
  }
  state_ = look();
}

void SyncGroup::handle(std::size_t member, const Input& input, Instant now, GroupOutbox& out) {
  CHECK(member < members_.size());
  const State before = members_[member]->state();
  std::optional<GroupCalls> wait;
  if (std::holds_alternative<TimerExpired>(input)) wait = wait_for_the_others(member, now);
  if (wait) {
    feed(member, *wait, now, out);
  } else {
    feed(member, input, now, out);
  }
  follow(member, before, now, out);
  report(member, out);
}

void SyncGroup::start(Instant now, GroupOutbox& out) {
  share_faults(now, out);
  for (std::size_t n = 0; n < members_.size(); ++n) {
    if (members_[n]->state() == State::Init) handle(n, Start{}, now, out);
  }
}

void SyncGroup::stop(Instant now, GroupOutbox& out) {
  for (std::size_t n = 0; n < members_.size(); ++n) feed(n, Stop{}, now, out);
  report(0, out);
}

void SyncGroup::feed(std::size_t member, const Input& input, Instant now, GroupOutbox& out) {
  Outbox outputs;
  members_[member]->handle(input, now, outputs);
  for (Output& output : outputs) out.outputs.push_back({member, std::move(output)});
}

/// Rule 2. Who resigns on one VRID leaves the whole group: a master heard before that is no reason
/// to wait, one heard since is another.
std::optional<GroupCalls> SyncGroup::wait_for_the_others(std::size_t member, Instant now) const {
  const Instance& instance = *members_[member];
  if (instance.state() != State::Backup || instance.next_timer() > now) return std::nullopt;
  Instant until = now;
  const Instance* hears = nullptr;
  for (const Instance* other : members_) {
    if (other == &instance || other->state() != State::Backup) continue;
    if (instance.master_resigned() && other->master_heard() <= instance.master_heard()) continue;
    const Instant alive = other->master_alive_until();
    if (alive == kNever || alive <= until) continue;
    until = alive;
    hears = other;
  }
  if (hears == nullptr) return std::nullopt;
  return GroupCalls{GroupCalls::What::Wait, until - now,
                    "Receive advertisement timeout, but " + hears->parameters().name +
                        " of group " + name_ + " hears master " +
                        hears->master_address().text()};
}

bool SyncGroup::any(State state) const {
  return std::any_of(members_.begin(), members_.end(),
                     [&](const Instance* m) { return m->state() == state; });
}

void SyncGroup::follow(std::size_t cause, State before, Instant now, GroupOutbox& out) {
  const State after = members_[cause]->state();
  const std::string why =
      before == after ? "the others of group " + name_ + " are master" : because(cause, out);
  share_faults(now, out);
  if (before == State::Master && after == State::Backup) {
    // Rule 3.
    const Duration wait = cause == lead_ ? members_[cause]->parameters().advert_interval
                                         : Duration(0);
    if (wait > Duration(0)) feed(cause, GroupCalls{GroupCalls::What::Wait, wait, ""}, now, out);
    call_others(cause, State::Master, {GroupCalls::What::Backup, wait, why}, now, out);
  } else if (any(State::Master)) {
    // One has become master, or began or recovered while another is (an address owner) already.
    call_others(members_.size(), State::Backup, {GroupCalls::What::Master, {}, why}, now, out);
  }
}

void SyncGroup::call_others(std::size_t cause, State in, const GroupCalls& call, Instant now,
                            GroupOutbox& out) {
  for (std::size_t n = 0; n < members_.size(); ++n) {
    if (n != cause && members_[n]->state() == in) feed(n, call, now, out);
  }
}

/// Rule 1, for every member anew: held exactly while another one is at fault by itself.
void SyncGroup::share_faults(Instant now, GroupOutbox& out) {
  for (std::size_t n = 0; n < members_.size(); ++n) {
    const Instance* at_fault = nullptr;
    for (std::size_t other = 0; other < members_.size(); ++other) {
      if (other != n && members_[other]->at_fault()) at_fault = members_[other];
    }
    const bool held = members_[n]->held_by_group();
    if (at_fault != nullptr && !held) {
      const std::string_view own = at_fault->own_fault();
      const std::string detail(own.empty() ? "no source address" : own);
      feed(n, FaultRaised{ReasonCode::SyncGroup, at_fault->parameters().name + " of group " +
                                                     name_ + " is in fault: " + detail},
           now, out);
    } else if (at_fault == nullptr && held) {
      feed(n, FaultCleared{ReasonCode::SyncGroup}, now, out);
    }
  }
}

State SyncGroup::look() const {
  const auto all = [&](State state) {
    return std::all_of(members_.begin(), members_.end(),
                       [&](const Instance* m) { return m->state() == state; });
  };
  if (any(State::Fault)) return State::Fault;
  if (all(State::Master)) return State::Master;
  return any(State::Backup) ? State::Backup : State::Init;
}

/// The last transition of `cause` among the outputs, in words.
std::string SyncGroup::because(std::size_t cause, const GroupOutbox& out) const {
  std::string text = members_[cause]->parameters().name + " of group " + name_;
  for (auto it = out.outputs.rbegin(); it != out.outputs.rend(); ++it) {
    const auto* t = std::get_if<Transition>(&it->output);
    if (it->member == cause && t != nullptr) return text + ": " + t->reason.detail;
  }
  return text;
}

void SyncGroup::report(std::size_t cause, GroupOutbox& out) {
  const State now = look();
  if (now == state_) return;
  Reason reason;
  for (const MemberOutput& o : out.outputs) {
    const auto* t = std::get_if<Transition>(&o.output);
    if (t == nullptr || (o.member != cause && reason.code != ReasonCode::SyncGroup)) continue;
    reason = {t->reason.code, members_[o.member]->parameters().name + ": " + t->reason.detail};
    if (o.member == cause) break;
  }
  out.transition = GroupTransition{out.transition ? out.transition->from : state_, now, reason};
  state_ = now;
}

}  // namespace alibi::vrrp
