// SPDX-License-Identifier: Apache-2.0
// Guards and actions of the transition table: the only code besides Instance that sees its
// members. Internal to vrrp/.
#pragma once

#include "vrrp/election.h"
#include "vrrp/transitions.h"

namespace alibi::vrrp {

struct Rules {
  // Guards.
  static bool faulted(const Step& s);  ///< may not run, even after the input took a fault away
  static bool owner(const Step& s);              ///< priority 255
  static bool owner_is_deaf(const Step& s);
  static bool owner_ranks_higher(const Step& s);
  static bool owner_stays(const Step& s);
  static bool woke_late(const Step& s);
  static bool group_goes_master(const Step& s);
  static bool group_goes_backup(const Step& s);
  static bool group_waits(const Step& s);
  static bool resigns(const Step& s);
  static bool ranks_lower(const Step& s);
  static bool ranks_higher(const Step& s);
  static bool tie_higher(const Step& s);
  static bool discarded_for_preemption(const Step& s);
  static bool down_timer_due(const Step& s);
  static bool source_gone(const Step& s);
  static bool priority_unchanged(const Step& s);

  // Actions that leave the state as it is.
  static void note_fault(const Step& s);
  static void note_fault_cleared(const Step& s);
  static void note_source(const Step& s);
  static void note_priority(const Step& s);
  static void shift_down_timer(const Step& s);
  static void shorten_to_skew(const Step& s);
  static void discard_lower(const Step& s);
  static void accept_master(const Step& s);
  static void answer_resignation(const Step& s);
  static void force_election(const Step& s);
  static void run_master_timers(const Step& s);
  static void wait_with_group(const Step& s);

  // Actions of transitions.
  static void begin_backup(const Step& s);
  static void begin_master(const Step& s);
  static void begin_fault(const Step& s);
  static void recover_to_backup(const Step& s);
  static void recover_to_master(const Step& s);
  static void take_over(const Step& s);
  static void yield_to_higher(const Step& s);
  static void yield_to_tie(const Step& s);
  static void yield_lost_address(const Step& s);
  static void yield_to_owner(const Step& s);
  static void step_down_late(const Step& s);
  static void follow_to_master(const Step& s);
  static void follow_to_backup(const Step& s);
  static void backup_to_fault(const Step& s);
  static void master_to_fault(const Step& s);
  static void backup_without_source(const Step& s);
  static void master_without_source(const Step& s);
  static void stop_idle(const Step& s);
  static void stop_master(const Step& s);

  // Steps the actions share.
  static Candidate us(const Instance& i);
  static Standing sender(const Step& s);
  static void raise_fault(Instance& i, ReasonCode code, std::string_view because);
  static void clear_fault(Instance& i, const Input& input);
  static bool clears(const Input& input, ReasonCode code);
  static void become_master(const Step& s, Reason reason);
  static void become_backup(const Step& s, Reason reason, Waiting waiting,
                            Duration down_timer);
  static void leave_master(const Step& s, bool resign);
  static void to_fault(const Step& s);
  static void transition(const Step& s, State to, Reason reason);
  static void learn_master(const Step& s);
  static void arm_down_timer(const Step& s, Waiting waiting, Duration duration);
  static void send_gratuitous(const Step& s, int repeat, Duration delay);
  static Reason take_over_reason(const Instance& i, Instant now);
  static std::string ours_text(const Instance& i);
};

}  // namespace alibi::vrrp
