// SPDX-License-Identifier: Apache-2.0
// The text of states and codes. Each is part of the formats: add, never rename.
#include "vrrp/reason.h"

#include "vrrp/instance.h"

namespace alibi::vrrp {

std::string_view text(ReasonCode code) {
  switch (code) {
    case ReasonCode::StartUp: return "start_up";
    case ReasonCode::MasterSilent: return "master_silent";
    case ReasonCode::MasterResigned: return "master_resigned";
    case ReasonCode::LowerPriorityHeard: return "lower_priority_heard";
    case ReasonCode::HigherPriorityHeard: return "higher_priority_heard";
    case ReasonCode::TieHigherAddress: return "tie_higher_address";
    case ReasonCode::AddressOwner: return "address_owner";
    case ReasonCode::TrackFailed: return "track_failed";
    case ReasonCode::LinkDown: return "link_down";
    case ReasonCode::NoSourceAddress: return "no_source_address";
    case ReasonCode::AddressRemoved: return "address_removed";
    case ReasonCode::FaultCleared: return "fault_cleared";
    case ReasonCode::ShutDown: return "shut_down";
    case ReasonCode::WokeLate: return "woke_late";
    case ReasonCode::OwnerConflict: return "owner_conflict";
    case ReasonCode::SyncGroup: return "sync_group";
  }
  return "?";
}

std::string_view text(RejectCode code) {
  switch (code) {
    case RejectCode::Defect: return "defect";
    case RejectCode::Ttl: return "ttl";
    case RejectCode::Version: return "version";
    case RejectCode::Vrid: return "vrid";
    case RejectCode::AuthType: return "auth_type";
    case RejectCode::AuthData: return "auth_data";
    case RejectCode::Interval: return "interval";
    case RejectCode::AddressList: return "address_list";
    case RejectCode::OwnAddress: return "own_address";
    case RejectCode::Multicast: return "multicast";
    case RejectCode::UnicastSource: return "unicast_source";
  }
  return "?";
}

std::string_view text(State state) {
  switch (state) {
    case State::Init: return "INIT";
    case State::Backup: return "BACKUP";
    case State::Master: return "MASTER";
    case State::Fault: return "FAULT";
  }
  return "?";
}

}  // namespace alibi::vrrp
