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
  i.memory_.advert_timer = s.now + i.parameters_.advert_interval;
  send_gratuitous(s);
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
  i.memory_.master_interval = i.parameters_.advert_interval;
}

std::string Rules::ours_text(const Instance& i) {
  std::string out = "ours " + number(i.memory_.effective);
  if (!i.memory_.priority_reason.empty()) out += " (" + i.memory_.priority_reason + ")";
  return out;
}

// ---- starting and stopping ----

void Rules::begin_backup(const Step& s) {
  Instance& i = s.instance;
  i.memory_.master_interval = i.parameters_.advert_interval;
  become_backup(s, {ReasonCode::StartUp, "started with priority " + number(i.memory_.effective)},
                Waiting::Begun, i.master_down_interval());
}

void Rules::begin_master(const Step& s) {
  s.instance.memory_.master_interval = s.instance.parameters_.advert_interval;
  become_master(s, {ReasonCode::AddressOwner, "started with priority 255"});
}

void Rules::begin_fault(const Step& s) {
  Instance& i = s.instance;
  i.memory_.master_interval = i.parameters_.advert_interval;
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
  if (i.parameters_.base_priority.value == 255) {
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
  if (i.parameters_.higher_prio_send_advert) s.out.emplace_back(SendAdvert{i.memory_.effective});
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
  if (i.parameters_.higher_prio_send_advert) s.out.emplace_back(SendAdvert{i.memory_.effective});
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

// ---- fault ----

void Rules::to_fault(const Step& s) {
  Instance& i = s.instance;
  i.memory_.down_timer = kNever;
  i.memory_.preempt_until = kNever;
  const std::uint32_t faults = faults_after(s);
  Reason reason{ReasonCode::NoSourceAddress, "the interface has no address to send from"};
  for (const ReasonCode code : {ReasonCode::LinkDown, ReasonCode::TrackFailed}) {
    if ((i.memory_.faults & (1U << static_cast<unsigned>(code))) != 0) {
      reason = {code, i.memory_.fault_detail};
    }
  }
  if (const auto* raised = std::get_if<FaultRaised>(&s.input)) {
    reason = {raised->code, raised->because};
  }
  i.memory_.faults = faults;
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
  i.memory_.faults = 0;
  become_backup(s,
                {ReasonCode::FaultCleared,
                 "every fault has cleared, after " + seconds_text(s.now - i.memory_.state_since)},
                Waiting::Begun, i.master_down_interval());
}

void Rules::recover_to_master(const Step& s) {
  Instance& i = s.instance;
  if (std::holds_alternative<SourceAddress>(s.input)) note_source(s);
  i.memory_.faults = 0;
  become_master(s, {ReasonCode::AddressOwner,
                    "priority 255, and every fault has cleared, after " +
                        seconds_text(s.now - i.memory_.state_since)});
}

}  // namespace alibi::vrrp
