// SPDX-License-Identifier: Apache-2.0
// All that an instance remembers besides its parameters, as one plain value: copied whole, it is
// the instance's snapshot, so that nothing can be forgotten in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/strong.h"
#include "vrrp/reason.h"
#include "wire/address.h"

namespace alibi::vrrp {

enum class State : std::uint8_t { Init, Backup, Master, Fault };
std::string_view text(State state);  // "INIT", "BACKUP", "MASTER", "FAULT" as keepalived writes

/// What the Master_Down_Timer is waiting out, the source of the reason when it ends.
enum class Waiting : std::uint8_t { Begun, Silence, Resigned, LostAddress, Recovered };

struct Memory {
  State state = State::Init;
  Priority effective{100};
  wire::IpAddress source;    ///< unspecified: not known
  std::vector<Reason> faults;  ///< those raised, one a code; a missing source is not among them
  Instant state_since{};
  wire::IpAddress master;  ///< last one heard; unspecified: none
  Priority master_priority{0};
  Duration master_interval{};  ///< v3: learned from the accepted advert
  Instant master_heard{};      ///< last accepted advert, or its priority 0
  Waiting waiting = Waiting::Begun;
  wire::IpAddress lower;  ///< last master ignored for its lower priority...
  Priority lower_priority{0};
  Instant lower_heard = kNever;   ///< ... since the down timer was armed; kNever: none
  Instant down_timer = kNever;    ///< Master_Down_Timer, BACKUP
  Instant advert_timer = kNever;  ///< Adver_Timer, MASTER
  Instant garp_timer = kNever;    ///< second block of gratuitous ARP
  int garp_repeat = 0;            ///< ... of so many
  Instant refresh_timer = kNever;
  Instant preempt_until = kNever;  ///< preempt_delay runs until then; kNever: not running
  std::string priority_reason;
  int owner_conflicts = 0;  ///< adverts of another owner heard, and answered, as master
  std::uint32_t rejected_seen = 0;  ///< bit per RejectCode already reported
  bool operator==(const Memory&) const = default;
};

}  // namespace alibi::vrrp
