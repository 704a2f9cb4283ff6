// SPDX-License-Identifier: Apache-2.0
// Guards of the transition table: questions about an instance and an input, without effect.
#include "vrrp/rules.h"

#include <algorithm>

namespace alibi::vrrp {
namespace {

const AdvertReceived& advert(const Step& s) { return std::get<AdvertReceived>(s.input); }

}  // namespace

Candidate Rules::us(const Instance& i) { return {i.memory_.effective, i.memory_.source}; }

Standing Rules::sender(const Step& s) {
  return standing({advert(s).advert.priority, advert(s).source}, us(s.instance));
}

/// Whether a fault remains when the input has taken effect.
bool Rules::faulted(const Step& s) {
  bool source_known = !s.instance.memory_.source.is_unspecified();
  if (const auto* source = std::get_if<SourceAddress>(&s.input)) {
    source_known = !source->address.is_unspecified();
  }
  const auto& faults = s.instance.memory_.faults;
  return !source_known || std::any_of(faults.begin(), faults.end(), [&](const Reason& fault) {
    return !clears(s.input, fault.code);
  });
}

/// A fault of the sync group is the group's to clear.
bool Rules::clears(const Input& input, ReasonCode code) {
  const auto* cleared = std::get_if<FaultCleared>(&input);
  if (cleared == nullptr) return false;
  return cleared->code ? *cleared->code == code : code != ReasonCode::SyncGroup;
}

bool Rules::owner(const Step& s) { return s.instance.memory_.effective.value == 255; }
bool Rules::resigns(const Step& s) { return sender(s) == Standing::Resigns; }
bool Rules::ranks_higher(const Step& s) { return sender(s) == Standing::Higher; }
bool Rules::tie_higher(const Step& s) { return sender(s) == Standing::TieHigher; }

/// Preempt_Mode with a master of lower priority: its adverts do not restart the down timer, so we
/// take over when that runs out. While preempt_delay runs, the lower master is left in office.
bool Rules::discarded_for_preemption(const Step& s) {
  const Instance& i = s.instance;
  if (!i.parameters_->preempt) return false;
  if (at_least_ours(advert(s).advert.priority, i.memory_.effective)) return false;
  if (i.parameters_->preempt_delay <= Duration(0)) return true;
  return i.memory_.preempt_until != kNever && i.memory_.preempt_until <= s.now;
}

bool Rules::owner_is_deaf(const Step& s) {
  return owner(s) && s.instance.parameters_->owner_ignores_adverts;
}

/// Another owner that wins the tie.
bool Rules::owner_ranks_higher(const Step& s) { return owner(s) && tie_higher(s); }

/// Another owner that lost the tie, was answered twice, and still advertises.
bool Rules::owner_stays(const Step& s) {
  return owner(s) && advert(s).advert.priority.value == 255 &&
         s.instance.memory_.owner_conflicts >= 2;
}

/// timer_expired_backup: so late that a backup of the highest priority may have taken over.
bool Rules::woke_late(const Step& s) {
  const Parameters& p = *s.instance.parameters_;
  if (!p.timer_expired_backup || p.preempt) return false;
  const Instant last_sent = s.instance.memory_.advert_timer - p.advert_interval;
  return s.now - last_sent >= p.down_timer_adverts * p.advert_interval;
}

bool Rules::group_goes_master(const Step& s) {
  return std::get<GroupCalls>(s.input).what == GroupCalls::What::Master;
}

bool Rules::group_goes_backup(const Step& s) {
  return std::get<GroupCalls>(s.input).what == GroupCalls::What::Backup;
}

bool Rules::group_waits(const Step& s) {
  return std::get<GroupCalls>(s.input).what == GroupCalls::What::Wait;
}

bool Rules::down_timer_due(const Step& s) { return s.instance.memory_.down_timer <= s.now; }

bool Rules::source_gone(const Step& s) {
  return std::get<SourceAddress>(s.input).address.is_unspecified();
}

bool Rules::priority_unchanged(const Step& s) {
  return s.instance.parameters_->base_priority.value == 255 ||
         std::get<PriorityChanged>(s.input).effective == s.instance.memory_.effective;
}

}  // namespace alibi::vrrp
