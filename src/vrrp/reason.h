// SPDX-License-Identifier: Apache-2.0
// Why a transition was decided and why a packet was refused: the stable codes that log, mail, JSON
// and case carry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace alibi::vrrp {

enum class ReasonCode : std::uint8_t {
  StartUp,            ///< instance began, no master heard yet
  MasterSilent,       ///< no advert for the master-down interval
  MasterResigned,     ///< advert with priority 0
  LowerPriorityHeard, ///< preempted a master of lower priority
  HigherPriorityHeard,///< yielded to a master of higher priority
  TieHigherAddress,   ///< same priority, other's primary address is higher
  AddressOwner,       ///< priority 255 at start
  TrackFailed,        ///< tracker with weight 0 failed
  LinkDown,
  NoSourceAddress,
  AddressRemoved,     ///< somebody removed the virtual address
  FaultCleared,
  ShutDown,
  WokeLate,           ///< timer_expired_backup: our own timer was late, another may be master
  OwnerConflict,      ///< two nodes are configured with priority 255
  SyncGroup,          ///< another member of the sync group moved, or is in fault
};
inline constexpr ReasonCode kLastReason = ReasonCode::SyncGroup;
std::string_view text(ReasonCode code);  // "master_silent", ...

struct Reason {
  ReasonCode code = ReasonCode::StartUp;
  std::string detail;  ///< one sentence with figures, e.g. "no advert from 10.0.0.2 for 3.609 s"
  bool operator==(const Reason&) const = default;
};

enum class RejectCode : std::uint8_t {
  Defect,      ///< undecodable (see wire::VrrpDefect)
  Ttl, Version, Vrid, AuthType, AuthData, Interval, AddressList, OwnAddress, Multicast,
  UnicastSource,  ///< check_unicast_src: sender is no unicast_peer
};
inline constexpr RejectCode kLastReject = RejectCode::UnicastSource;
std::string_view text(RejectCode code);

}  // namespace alibi::vrrp
