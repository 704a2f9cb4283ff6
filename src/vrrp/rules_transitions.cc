// SPDX-License-Identifier: Apache-2.0
// Actions of the transition table that change the state, each with the reason it reports. Order on
// the way in: speak, take the address, announce it, tell; on the way out: resign, give the address
// back, tell.
#include "vrrp/rules.h"
#include "vrrp/timers.h"

namespace alibi::vrrp {
namespace {

const AdvertReceived& advert(const Step& s) { return std::get<AdvertReceived>(s.input); }
std::string number(Priority p) { return std::to_string(p.value); }

}  // namespace

// ---- shared steps ----

void Rules::transition(const Step& s, State to, Reason reason) {
  Instance& i = s.instance;
  s.out.emplace_back(Transition{i.memory_.state, to, std::move(reason)});
  i.memory_.state_since = s.now;
  i.memory_.rejected_seen = 0;  // in a new state the same defect is news again
}

void Rules::become_master(const Step& s, Reason reason) {
  Instance& i = s.instance;
  i.memory_.down_timer = kNever;
  i.memory_.preempt_until = kNever;
  s.out.emplace_back(SendAdvert{i.memory_.effective});
  s.out.emplace_back(AddAddresses{});
  i.memory_.advert_timer = s.now + i.parameters_->advert_interval;
  i.memory_.owner_conflicts = 0;
  send_gratuitous(s, i.parameters_->garp_master_repeat, i.parameters_->garp_master_delay);
  transition(s, State::Master, std::move(reason));
}

void Rules::become_backup(const Step& s, Reason reason, Waiting waiting,
                          Duration down_timer) {
  arm_down_timer(s, waiting, down_timer);
  s.instance.memory_.preempt_until = kNever;
  transition(s, State::Backup, std::move(reason));
}

void Rules::leave_master(const Step& s, bool resign) {
  Instance& i = s.instance;
  if (resign) s.out.emplace_back(SendAdvert{Priority{0}});
  s.out.emplace_back(RemoveAddresses{});
  i.memory_.advert_timer = kNever;
  i.memory_.garp_timer = kNever;
  i.memory_.refresh_timer = kNever;
  i.memory_.master_interval = i.parameters_->advert_interval;
}

std::string Rules::ours_text(const Instance& i) {
  std::string out = "ours " + number(i.memory_.effective);
  if (!i.memory_.priority_reason.empty()) out += " (" + i.memory_.priority_reason + ")";
  return out;
}

// ---- starting and stopping ----

void Rules::begin_backup(const Step& s) {
  Instance& i = s.instance;
  i.memory_.master_interval = i.parameters_->advert_interval;
  become_backup(s, {ReasonCode::StartUp, "started with priority " + number(i.memory_.effective)},
                Waiting::Begun, i.master_down_interval());
}

void Rules::begin_master(const Step& s) {
  s.instance.memory_.master_interval = s.instance.parameters_->advert_interval;
  become_master(s, {ReasonCode::AddressOwner, "started with priority 255"});
}

void Rules::begin_fault(const Step& s) {
  Instance& i = s.instance;
  i.memory_.master_interval = i.parameters_->advert_interval;
  to_fault(s);
}

void Rules::stop_idle(const Step& s) {
  Instance& i = s.instance;
  const std::string state(text(i.memory_.state));
  i.memory_.down_timer = kNever;
  i.memory_.preempt_until = kNever;
  transition(s, State::Init, {ReasonCode::ShutDown, "stopped by request in state " + state});
}

void Rules::stop_master(const Step& s) {
  leave_master(s, true);
  transition(s, State::Init, {ReasonCode::ShutDown, "stopped by request in state MASTER"});
}

// ---- becoming master ----

Reason Rules::take_over_reason(const Instance& i, Instant now) {
  const std::string down = " (master-down interval " + seconds_text(i.master_down_interval()) + ")";
  if (i.memory_.effective.value == 255) {
    return {ReasonCode::AddressOwner, "priority 255: the addresses are ours"};
  }
  if (i.memory_.lower_heard != kNever) {
    return {ReasonCode::LowerPriorityHeard,
            i.memory_.lower.text() + " advertises priority " + number(i.memory_.lower_priority) +
                ", lower than " + ours_text(i) + "; its last advert came " +
                seconds_text(now - i.memory_.lower_heard) + " ago"};
  }
  switch (i.memory_.waiting) {
    case Waiting::Silence:
      return {ReasonCode::MasterSilent, "no advert from " + i.memory_.master.text() + " for " +
                                            seconds_text(now - i.memory_.master_heard) + down};
    case Waiting::Resigned:
      return {ReasonCode::MasterResigned,
              i.memory_.master.text() + " resigned with priority 0, " +
                  seconds_text(now - i.memory_.master_heard) + " ago (skew time " +
                  seconds_text(i.skew_time()) + ")"};
    case Waiting::LostAddress:
      return {ReasonCode::AddressRemoved,
              "nobody took over within " + seconds_text(now - i.memory_.state_since) +
                  " after our address was removed (skew time " + seconds_text(i.skew_time()) + ")"};
    case Waiting::Recovered:
      return {ReasonCode::FaultCleared, "no advert heard in " +
                                            seconds_text(now - i.memory_.state_since) +
                                            " since every fault has cleared" + down};
    case Waiting::Begun:
      break;
  }
  return {ReasonCode::StartUp,
          "no advert heard in " + seconds_text(now - i.memory_.state_since) + " as backup" + down};
}

void Rules::take_over(const Step& s) {
  s.out.emplace_back(Note{"Receive advertisement timeout", true});
  become_master(s, take_over_reason(s.instance, s.now));
}

// ---- leaving master ----

void Rules::yield_to_higher(const Step& s) {
  Instance& i = s.instance;
  const AdvertReceived& packet = advert(s);
  const std::string who = packet.source.text();
  if (i.parameters_->higher_prio_send_advert) s.out.emplace_back(SendAdvert{i.memory_.effective});
  leave_master(s, false);
  s.out.emplace_back(Note{"Master received advert from " + who + " with higher priority " +
                       number(packet.advert.priority) + ", ours " + number(i.memory_.effective)});
  learn_master(s);
  become_backup(s,
                {ReasonCode::HigherPriorityHeard, who + " advertises priority " +
                                                      number(packet.advert.priority) + ", " +
                                                      ours_text(i)},
                Waiting::Silence, i.master_down_interval());
}

void Rules::yield_to_tie(const Step& s) {
  Instance& i = s.instance;
  const AdvertReceived& packet = advert(s);
  const std::string who = packet.source.text();
  if (i.parameters_->higher_prio_send_advert) s.out.emplace_back(SendAdvert{i.memory_.effective});
  leave_master(s, false);
  s.out.emplace_back(Note{"Master received advert from " + who + " with same priority " +
                       number(packet.advert.priority) + " but higher IP address than ours"});
  learn_master(s);
  become_backup(s,
                {ReasonCode::TieHigherAddress, who + " has our priority " +
                                                   number(i.memory_.effective) +
                                                   " and a higher address than " +
                                                   i.memory_.source.text()},
                Waiting::Silence, i.master_down_interval());
}

/// keepalived 2.2.7: hand over rather than add the address again, because whoever removed it may
/// do so for ever; with nobody else there it comes back after the skew time.
void Rules::yield_lost_address(const Step& s) {
  Instance& i = s.instance;
  const auto& lost = std::get<AddressLost>(s.input);
  const std::string what =
      lost.what.empty() ? lost.address.text() + " was removed from the interface"
                        : lost.what + " was removed";
  leave_master(s, true);
  become_backup(s, {ReasonCode::AddressRemoved, what + " by somebody"}, Waiting::LostAddress,
                i.skew_time());
}

/// keepalived's way out of two owners: 255 means "mine whatever happens", and two cannot both mean
/// it. One goes on with 254 until it is configured or started anew, and yields as anybody does.
void Rules::yield_to_owner(const Step& s) {
  Instance& i = s.instance;
  const AdvertReceived& packet = advert(s);
  leave_master(s, false);
  i.memory_.effective = Priority{254};
  i.memory_.priority_reason = "two address owners";
  s.out.emplace_back(Note{"CONFIGURATION ERROR: " + packet.source.text() +
                          " and we are both configured as address owner (priority 255), going on"
                          " with priority 254"});
  learn_master(s);
  become_backup(s,
                {ReasonCode::OwnerConflict, packet.source.text() +
                                                " advertises priority 255 as we do; we go on with"
                                                " 254"},
                Waiting::Silence, i.master_down_interval());
}

/// timer_expired_backup: whoever took over meanwhile keeps the office. The priority given for this
/// case only lengthens the wait now beginning.
void Rules::step_down_late(const Step& s) {
  Instance& i = s.instance;
  const Parameters& p = *i.parameters_;
  const Duration late = s.now - i.memory_.advert_timer;
  leave_master(s, false);
  Waiting waiting = Waiting::Begun;
  if (std::holds_alternative<AdvertReceived>(s.input)) {
    learn_master(s);
    waiting = Waiting::Silence;
  }
  const Priority priority = p.expired_priority.value_or(i.memory_.effective);
  become_backup(s, {ReasonCode::WokeLate, "our advert was due " + seconds_text(late) + " ago"},
                waiting,
                master_down_interval(p.version, priority, i.memory_.master_interval,
                                     p.down_timer_adverts));
}

// ---- the sync group ----

void Rules::follow_to_master(const Step& s) {
  become_master(s, {ReasonCode::SyncGroup, std::get<GroupCalls>(s.input).because});
}

/// The others of the group resign: their peers need not wait for a silence. An owner that is called
/// back is owner no more, or of two groups of owners each would win on one VRID.
void Rules::follow_to_backup(const Step& s) {
  const auto& call = std::get<GroupCalls>(s.input);
  Memory& m = s.instance.memory_;
  leave_master(s, true);
  if (m.effective.value == 255) {
    m.effective = Priority{254};
    m.priority_reason = "its group was called back";
  }
  become_backup(s, {ReasonCode::SyncGroup, call.because}, Waiting::Begun,
                s.instance.master_down_interval() + call.wait);
}

// ---- fault ----

void Rules::to_fault(const Step& s) {
  Instance& i = s.instance;
  i.memory_.down_timer = kNever;
  i.memory_.preempt_until = kNever;
  Reason reason{ReasonCode::NoSourceAddress, "the interface has no address to send from"};
  for (const Reason& fault : i.memory_.faults) {
    if (reason.code == ReasonCode::NoSourceAddress || fault.code != ReasonCode::SyncGroup) {
      reason = fault;
    }
  }
  if (const auto* raised = std::get_if<FaultRaised>(&s.input)) {
    reason = {raised->code, raised->because};
  }
  transition(s, State::Fault, std::move(reason));
}

void Rules::backup_to_fault(const Step& s) {
  note_fault(s);
  to_fault(s);
}

/// A dead link or a missing source can carry no resignation; the backups wait their time out.
void Rules::master_to_fault(const Step& s) {
  const auto& raised = std::get<FaultRaised>(s.input);
  const bool mute = raised.code == ReasonCode::NoSourceAddress ||
                    (raised.code == ReasonCode::LinkDown && !raised.elsewhere);
  note_fault(s);
  leave_master(s, !mute);
  to_fault(s);
}

void Rules::backup_without_source(const Step& s) {
  note_source(s);
  to_fault(s);
}

void Rules::master_without_source(const Step& s) {
  note_source(s);
  leave_master(s, false);
  to_fault(s);
}

void Rules::recover_to_backup(const Step& s) {
  Instance& i = s.instance;
  if (std::holds_alternative<SourceAddress>(s.input)) note_source(s);
  i.memory_.faults.clear();
  become_backup(s,
                {ReasonCode::FaultCleared,
                 "every fault has cleared, after " + seconds_text(s.now - i.memory_.state_since)},
                Waiting::Recovered, i.master_down_interval());
}

void Rules::recover_to_master(const Step& s) {
  Instance& i = s.instance;
  if (std::holds_alternative<SourceAddress>(s.input)) note_source(s);
  i.memory_.faults.clear();
  become_master(s, {ReasonCode::AddressOwner,
                    "priority 255, and every fault has cleared, after " +
                        seconds_text(s.now - i.memory_.state_since)});
}

}  // namespace alibi::vrrp
