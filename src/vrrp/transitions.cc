// SPDX-License-Identifier: Apache-2.0
// The transition table. Guards and actions are in rules.h; this file decides nothing but the order.
#include "vrrp/transitions.h"

#include "base/check.h"
#include "vrrp/rules.h"

namespace alibi::vrrp {
namespace {

using enum State;
using Is = InputKind;
using R = Rules;

// Clauses: the section of RFC 9568, in brackets the line number that RFC 5798 prints in front of
// the same sentence. "k:" marks keepalived's behaviour where the RFCs have none or another.
constexpr Row kTable[] = {
    // ---- Init: not started, or stopped ----
    {"start into fault", Init, Is::Start, R::faulted, Fault, R::begin_fault, "k: state FAULT"},
    {"start as owner", Init, Is::Start, R::owner, Master, R::begin_master, "6.4.1 (105)"},
    {"start as backup", Init, Is::Start, nullptr, Backup, R::begin_backup, "6.4.1 (150)"},
    {"stop before start", Init, Is::Stop, nullptr, Init, nullptr, "6.4.1"},
    {"advert before start", Init, Is::Advert, nullptr, Init, nullptr, "6.4.1"},
    {"timer before start", Init, Is::Timer, nullptr, Init, nullptr, "6.4.1"},
    {"priority before start", Init, Is::Priority, nullptr, Init, R::note_priority, "k: tracking"},
    {"fault before start", Init, Is::FaultRaised, nullptr, Init, R::note_fault, "k: state FAULT"},
    {"fault cleared before start", Init, Is::FaultCleared, nullptr, Init, R::note_fault_cleared,
     "k: state FAULT"},
    {"source before start", Init, Is::Source, nullptr, Init, R::note_source, "6.1"},
    {"address lost before start", Init, Is::AddressLost, nullptr, Init, nullptr, "6.4.1"},

    {"group before start", Init, Is::Group, nullptr, Init, nullptr, "k: sync group"},

    // ---- Backup ----
    {"start again as backup", Backup, Is::Start, nullptr, Backup, nullptr, "6.4.2"},
    {"stop as backup", Backup, Is::Stop, nullptr, Init, R::stop_idle, "6.4.2 (345)"},
    {"master resigns", Backup, Is::Advert, R::resigns, Backup, R::shorten_to_skew, "6.4.2 (425)"},
    {"lower master ignored", Backup, Is::Advert, R::discarded_for_preemption, Backup,
     R::discard_lower, "6.4.2 (465)"},
    {"master heard", Backup, Is::Advert, nullptr, Backup, R::accept_master, "6.4.2 (445)"},
    {"master down", Backup, Is::Timer, R::down_timer_due, Master, R::take_over, "6.4.2 (365)"},
    {"timer early as backup", Backup, Is::Timer, nullptr, Backup, nullptr, "6.4.2"},
    {"same priority as backup", Backup, Is::Priority, R::priority_unchanged, Backup,
     R::note_priority, "k: tracking"},
    {"priority changes as backup", Backup, Is::Priority, nullptr, Backup, R::shift_down_timer,
     "k: vrrp_set_effective_priority"},
    {"fault as backup", Backup, Is::FaultRaised, nullptr, Fault, R::backup_to_fault,
     "k: state FAULT"},
    {"fault cleared as backup", Backup, Is::FaultCleared, nullptr, Backup, nullptr,
     "k: state FAULT"},
    {"source gone as backup", Backup, Is::Source, R::source_gone, Fault, R::backup_without_source,
     "k: no source address"},
    {"source as backup", Backup, Is::Source, nullptr, Backup, R::note_source, "6.1"},
    {"address lost as backup", Backup, Is::AddressLost, nullptr, Backup, nullptr, "6.4.2 (300)"},
    {"group becomes master", Backup, Is::Group, R::group_goes_master, Master, R::follow_to_master,
     "k: sync group"},
    {"group waits", Backup, Is::Group, R::group_waits, Backup, R::wait_with_group,
     "k: sync group"},
    {"group is backup", Backup, Is::Group, nullptr, Backup, nullptr, "k: sync group"},

    // ---- Master ----
    {"start again as master", Master, Is::Start, nullptr, Master, nullptr, "6.4.3"},
    {"stop as master", Master, Is::Stop, nullptr, Init, R::stop_master, "6.4.3 (655)"},
    {"owner hears nobody", Master, Is::Advert, R::owner_is_deaf, Master, nullptr,
     "RFC 3768 7.1; k: owner_ignore_adverts"},
    {"other resigns", Master, Is::Advert, R::resigns, Master, R::answer_resignation,
     "6.4.3 (705)"},
    {"another owner ranks higher", Master, Is::Advert, R::owner_ranks_higher, Backup,
     R::yield_to_owner, "6.4.3 (735); k: two owners"},
    {"another owner stays", Master, Is::Advert, R::owner_stays, Backup, R::yield_to_owner,
     "k: two owners"},
    {"higher priority", Master, Is::Advert, R::ranks_higher, Backup, R::yield_to_higher,
     "6.4.3 (725)"},
    {"same priority, higher address", Master, Is::Advert, R::tie_higher, Backup, R::yield_to_tie,
     "6.4.3 (735)"},
    {"successor of a late master", Master, Is::Advert, R::woke_late, Backup, R::step_down_late,
     "k: timer_expired_backup"},
    {"lower master", Master, Is::Advert, nullptr, Master, R::force_election, "6.4.3 (770)"},
    {"late master", Master, Is::Timer, R::woke_late, Backup, R::step_down_late,
     "k: timer_expired_backup"},
    {"master timers", Master, Is::Timer, nullptr, Master, R::run_master_timers, "6.4.3 (680)"},
    {"same priority as master", Master, Is::Priority, R::priority_unchanged, Master,
     R::note_priority, "k: tracking"},
    {"priority changes as master", Master, Is::Priority, nullptr, Master, R::note_priority,
     "k: tracking"},
    {"fault as master", Master, Is::FaultRaised, nullptr, Fault, R::master_to_fault,
     "k: state FAULT"},
    {"fault cleared as master", Master, Is::FaultCleared, nullptr, Master, nullptr,
     "k: state FAULT"},
    {"source gone as master", Master, Is::Source, R::source_gone, Fault, R::master_without_source,
     "k: no source address"},
    {"source as master", Master, Is::Source, nullptr, Master, R::note_source, "6.1"},
    {"address lost as master", Master, Is::AddressLost, nullptr, Backup, R::yield_lost_address,
     "k: address lost"},
    {"group becomes backup", Master, Is::Group, R::group_goes_backup, Backup, R::follow_to_backup,
     "k: sync group"},
    {"group is master", Master, Is::Group, nullptr, Master, nullptr, "k: sync group"},

    // ---- Fault ----
    {"start again in fault", Fault, Is::Start, nullptr, Fault, nullptr, "k: state FAULT"},
    {"stop in fault", Fault, Is::Stop, nullptr, Init, R::stop_idle, "k: state FAULT"},
    {"advert in fault", Fault, Is::Advert, nullptr, Fault, nullptr, "k: state FAULT"},
    {"timer in fault", Fault, Is::Timer, nullptr, Fault, nullptr, "k: state FAULT"},
    {"priority in fault", Fault, Is::Priority, nullptr, Fault, R::note_priority, "k: tracking"},
    {"another fault", Fault, Is::FaultRaised, nullptr, Fault, R::note_fault, "k: state FAULT"},
    {"one of several faults cleared", Fault, Is::FaultCleared, R::faulted, Fault,
     R::note_fault_cleared, "k: state FAULT"},
    {"owner recovers", Fault, Is::FaultCleared, R::owner, Master, R::recover_to_master,
     "6.4.1 (105)"},
    {"recovered", Fault, Is::FaultCleared, nullptr, Backup, R::recover_to_backup, "6.4.1 (150)"},
    {"source in other fault", Fault, Is::Source, R::faulted, Fault, R::note_source, "6.1"},
    {"owner gets its source", Fault, Is::Source, R::owner, Master, R::recover_to_master,
     "6.4.1 (105)"},
    {"source found", Fault, Is::Source, nullptr, Backup, R::recover_to_backup, "6.4.1 (150)"},
    {"address lost in fault", Fault, Is::AddressLost, nullptr, Fault, nullptr, "k: state FAULT"},
    {"group in fault", Fault, Is::Group, nullptr, Fault, nullptr, "k: sync group"},
};

}  // namespace

std::span<const Row> transition_table() { return kTable; }

const Row& matching_row(const Step& step) {
  const auto kind = static_cast<InputKind>(step.input.index());
  for (const Row& row : kTable) {
    if (row.state == step.instance.state() && row.input == kind &&
        (row.guard == nullptr || row.guard(step))) {
      return row;
    }
  }
  CHECK(false && "every state and input has a row without guard");
  std::abort();
}

}  // namespace alibi::vrrp
