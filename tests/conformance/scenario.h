// SPDX-License-Identifier: Apache-2.0
// A conformance scenario as text: what happens to one instance, and what it must do.
//
//   scenario NAME                    begins one; the lines up to the next belong to it
//   clause TEXT                      required: what of which document it shows
//   ours KEY=VALUE|FLAG ...          parameters (see parse_ours), default: 10.0.0.1 priority 100
//   reach backup|master              start, run until that state, forget the outputs
//   at T INPUT                       run timers up to T, then hand over INPUT (vrrp/text.h)
//   reload KEY=VALUE|FLAG ...        go on from a snapshot, with `ours` changed so
//   stall T                          the process sleeps to T: no timer runs until after the next
//                                    inputs `at T`
//   expect OUTPUT [at T]             the next output (notes are passed over unless a note is
//                                    expected); waits for timers if none is there
//   expect nothing until T           runs to T without output
//   expect state STATE
//   expect timer T|none              when TimerExpired is due
//   expect detail TEXT               the output expected last says TEXT
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "vrrp/instance.h"

namespace alibi::conformance {

struct Line {
  std::string file;
  int number = 0;
  std::string verb;
  std::string rest;
  std::string place() const { return file + ":" + std::to_string(number); }
};

struct Scenario {
  std::string name;
  std::string clause;
  Line head;
  std::vector<Line> steps;
};

/// All scenarios of one file's text. Comments begin with '#'.
Result<std::vector<Scenario>> read_scenarios(const std::string& file, const std::string& text);

/// Runs one; the error says where and what differed.
Result<void> play(const Scenario& scenario);

struct Ours {
  vrrp::Parameters parameters;
  wire::IpAddress source;
};

/// priority= version= interval= address=ADDR|none vips=A,B vrid= auth=none|pass:TEXT adverts=
/// garp_delay= garp_refresh= garp_repeat= preempt_delay= nopreempt unicast skip_check_adv_addr
/// garp_lower_repeat= garp_lower_delay= peer=ADDR[,MIN_TTL,MAX_TTL] check_unicast_src
/// lower_prio_no_advert higher_prio_send_advert owner_ignore_adverts timer_expired_backup
/// expired_priority= group state_master
Result<Ours> parse_ours(const std::string& words);

}  // namespace alibi::conformance
