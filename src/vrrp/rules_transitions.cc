// SPDX-License-Identifier: Apache-2.0
// Actions of the transition table that change the state, each with the reason it reports. Order on
// the way in: speak, take the address, announce it, tell; on the way out: resign, give the address
// back, tell.
#include "vrrp/rules.h"

namespace alibi::vrrp {
namespace {

const AdvertReceived& advert(const Step& s) { return std::get<AdvertReceived>(s.input); }
std::string number(Priority p) { return std::to_string(p.value); }

}  // namespace

// ---- shared steps ----

void Rules::transition(const Step& s, State to, Reason reason) {
  Instance& i = s.instance;
  s.out.emplace_back(Transition{i.state_, to, std::move(reason)});
  i.state_since_ = s.now;
  i.rejected_seen_ = 0;  // in a new state the same defect is news again
}

void Rules::become_master(const Step& s, Reason reason) {
  Instance& i = s.instance;
  i.down_timer_ = kNever;
  i.preempt_until_ = kNever;
  s.out.emplace_back(SendAdvert{i.effective_});
  s.out.emplace_back(AddAddresses{});
  i.advert_timer_ = s.now + i.parameters_.advert_interval;
  send_gratuitous(s);
  transition(s, State::Master, std::move(reason));
}

void Rules::become_backup(const Step& s, Reason reason, Instance::Waiting waiting,
                          Duration down_timer) {
  arm_down_timer(s, waiting, down_timer);
  s.instance.preempt_until_ = kNever;
  transition(s, State::Backup, std::move(reason));
}

void Rules::leave_master(const Step& s, bool resign) {
  Instance& i = s.instance;
  if (resign) s.out.emplace_back(SendAdvert{Priority{0}});
  s.out.emplace_back(RemoveAddresses{});
  i.advert_timer_ = kNever;
  i.garp_timer_ = kNever;
  i.refresh_timer_ = kNever;
  i.master_interval_ = i.parameters_.advert_interval;
}

std::string Rules::ours_text(const Instance& i) {
  std::string out = "ours " + number(i.effective_);
  if (!i.priority_reason_.empty()) out += " (" + i.priority_reason_ + ")";
  return out;
}

// ---- starting and stopping ----

void Rules::begin_backup(const Step& s) {
  Instance& i = s.instance;
  i.master_interval_ = i.parameters_.advert_interval;
  become_backup(s, {ReasonCode::StartUp, "started with priority " + number(i.effective_)},
                Instance::Waiting::Begun, i.master_down_interval());
}

void Rules::begin_master(const Step& s) {
  s.instance.master_interval_ = s.instance.parameters_.advert_interval;
  become_master(s, {ReasonCode::AddressOwner, "started with priority 255"});
}

void Rules::begin_fault(const Step& s) {
  Instance& i = s.instance;
  i.master_interval_ = i.parameters_.advert_interval;
  to_fault(s);
}

void Rules::stop_idle(const Step& s) {
  Instance& i = s.instance;
  const std::string state(text(i.state_));
  i.down_timer_ = kNever;
  i.preempt_until_ = kNever;
  transition(s, State::Init, {ReasonCode::ShutDown, "stopped by request in state " + state});
}

void Rules::stop_master(const Step& s) {
  leave_master(s, true);
  transition(s, State::Init, {ReasonCode::ShutDown, "stopped by request in state MASTER"});
}

// ---- becoming master ----

Reason Rules::take_over_reason(const Instance& i, Instant now) {
  const std::string down = " (master-down interval " + seconds_text(i.master_down_interval()) + ")";
  if (i.lower_heard_ != kNever) {
    return {ReasonCode::LowerPriorityHeard,
            i.lower_.text() + " advertises priority " + number(i.lower_priority_) +
                ", lower than " + ours_text(i) + "; its last advert came " +
                seconds_text(now - i.lower_heard_) + " ago"};
  }
  switch (i.waiting_) {
    case Instance::Waiting::Silence:
      return {ReasonCode::MasterSilent, "no advert from " + i.master_.text() + " for " +
                                            seconds_text(now - i.master_heard_) + down};
    case Instance::Waiting::Resigned:
      return {ReasonCode::MasterResigned,
              i.master_.text() + " resigned with priority 0, " +
                  seconds_text(now - i.master_heard_) + " ago (skew time " +
                  seconds_text(i.skew_time()) + ")"};
    case Instance::Waiting::LostAddress:
      return {ReasonCode::AddressRemoved,
              "nobody took over within " + seconds_text(now - i.state_since_) +
                  " after our address was removed (skew time " + seconds_text(i.skew_time()) + ")"};
    case Instance::Waiting::Begun:
      break;
  }
  return {ReasonCode::StartUp,
          "no advert heard in " + seconds_text(now - i.state_since_) + " as backup" + down};
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
  if (i.parameters_.higher_prio_send_advert) s.out.emplace_back(SendAdvert{i.effective_});
  leave_master(s, false);
  s.out.emplace_back(Note{"Master received advert from " + who + " with higher priority " +
                       number(packet.advert.priority) + ", ours " + number(i.effective_)});
  learn_master(s);
  become_backup(s,
                {ReasonCode::HigherPriorityHeard, who + " advertises priority " +
                                                      number(packet.advert.priority) + ", " +
                                                      ours_text(i)},
                Instance::Waiting::Silence, i.master_down_interval());
}

void Rules::yield_to_tie(const Step& s) {
  Instance& i = s.instance;
  const AdvertReceived& packet = advert(s);
  const std::string who = packet.source.text();
  if (i.parameters_.higher_prio_send_advert) s.out.emplace_back(SendAdvert{i.effective_});
  leave_master(s, false);
  s.out.emplace_back(Note{"Master received advert from " + who + " with same priority " +
                       number(packet.advert.priority) + " but higher IP address than ours"});
  learn_master(s);
  become_backup(s,
                {ReasonCode::TieHigherAddress, who + " has our priority " +
                                                   number(i.effective_) +
                                                   " and a higher address than " +
                                                   i.source_.text()},
                Instance::Waiting::Silence, i.master_down_interval());
}

/// keepalived 2.2.7: hand over rather than add the address again, because whoever removed it may
/// do so for ever; with nobody else there it comes back after the skew time.
void Rules::yield_lost_address(const Step& s) {
  Instance& i = s.instance;
  leave_master(s, true);
  become_backup(s,
                {ReasonCode::AddressRemoved, std::get<AddressLost>(s.input).address.text() +
                                                 " was removed from the interface by somebody"},
                Instance::Waiting::LostAddress, i.skew_time());
}

// ---- fault ----

void Rules::to_fault(const Step& s) {
  Instance& i = s.instance;
  i.down_timer_ = kNever;
  i.preempt_until_ = kNever;
  const std::uint32_t faults = faults_after(s);
  Reason reason{ReasonCode::NoSourceAddress, "the interface has no address to send from"};
  for (const ReasonCode code : {ReasonCode::LinkDown, ReasonCode::TrackFailed}) {
    if ((i.faults_ & (1U << static_cast<unsigned>(code))) != 0) reason = {code, i.fault_detail_};
  }
  if (const auto* raised = std::get_if<FaultRaised>(&s.input)) {
    reason = {raised->code, raised->because};
  }
  i.faults_ = faults;
  transition(s, State::Fault, std::move(reason));
}

void Rules::backup_to_fault(const Step& s) {
  note_fault(s);
  to_fault(s);
}

/// A dead link or a missing source can carry no resignation; the backups wait their time out.
void Rules::master_to_fault(const Step& s) {
  const ReasonCode code = std::get<FaultRaised>(s.input).code;
  note_fault(s);
  leave_master(s, code != ReasonCode::LinkDown && code != ReasonCode::NoSourceAddress);
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
  i.faults_ = 0;
  become_backup(s,
                {ReasonCode::FaultCleared,
                 "every fault has cleared, after " + seconds_text(s.now - i.state_since_)},
                Instance::Waiting::Begun, i.master_down_interval());
}

void Rules::recover_to_master(const Step& s) {
  Instance& i = s.instance;
  if (std::holds_alternative<SourceAddress>(s.input)) note_source(s);
  i.faults_ = 0;
  become_master(s, {ReasonCode::AddressOwner,
                    "priority 255, and every fault has cleared, after " +
                        seconds_text(s.now - i.state_since_)});
}

}  // namespace alibi::vrrp
