// SPDX-License-Identifier: Apache-2.0
// The grammar tables of the VRRP half, but for global_defs and vrrp_instance.
#include <chrono>

#include "config/fields.h"
#include "config/grammar.h"
#include "config/handlers.h"

namespace alibi::config {
namespace {

using enum Form;
using enum Status;

constexpr Keyword kScript[] = {
    {"script", One, Served, "", "", {set_script, write_script}},
    {"interval", One, Served, "1", "", {set_script_interval, write_script_time}},
    {"timeout", One, Served, "interval", "", {set_script_timeout, write_script_time}},
    {"weight", One, Served, "0 (failure is a FAULT)", "", {set_script_weight, write_script_weight}},
    {"rise", One, Served, "1", "", {set_script_rise, write_number<&Script::rise>}},
    {"fall", One, Served, "1", "", {set_script_fall, write_number<&Script::fall>}},
    {"user", One, Served, "script_user", "", {set_script_run_as, write_script_user}},
    {"init_fail", Flag, Served, "off", "", {set_script_init_fail, flag<&Script::init_fail>.write}},
};

constexpr Keyword kSyncGroup[] = {
    {"group", Lines, Served, "", "", {add_members, write_members}},
    {"track_interface", Lines, Served, "", "", {add_tracks, write_tracks}},
    {"track_script", Lines, Served, "", "", {add_tracks, write_tracks}},
    {"track_file", Lines, Served, "", "", {add_tracks, write_tracks}},
    {"track_process", Lines, Served, "", "", {add_tracks, write_tracks}},
    {"track_bfd", Lines, Served, "", "", {add_tracks, write_tracks}},
    {"notify_master", One, Served, "", "", command<&SyncGroup::notify_master>},
    {"notify_backup", One, Served, "", "", command<&SyncGroup::notify_backup>},
    {"notify_fault", One, Served, "", "", command<&SyncGroup::notify_fault>},
    {"notify_stop", One, Served, "", "", command<&SyncGroup::notify_stop>},
    {"notify", One, Served, "", "", command<&SyncGroup::notify>},
    {"notify_priority_changes",
     Bool,
     Served,
     "vrrp_notify_priority_changes",
     "",
     {set_notify_priority_changes, write_on_or_off<&SyncGroup::notify_priority_changes>}},
    {"smtp_alert",
     Bool,
     Served,
     "smtp_alert_vrrp",
     "",
     {set_smtp_alert, write_on_or_off<&SyncGroup::smtp_alert>}},
    {"global_tracking", Flag, Served, "off", "", set_global_tracking},
    {"sync_group_tracking_weight", Flag, Served, "off", "", flag<&SyncGroup::tracking_weight>},
};

constexpr Keyword kTrackFile[] = {
    {"file", One, Served, "", "", {set_file, write_file}},
    {"weight", One, Served, "1", "", {set_tracked_weight, write_tracked_weight}},
    {"init_file", Any, Served, "", "", {set_init_file, write_init_file}},
};

constexpr Keyword kTrackProcess[] = {
    {"process", One, Served, "", "", {set_process, write_process}},
    {"param_match", One, Served, "exact", "", {set_param_match, write_param_match}},
    {"weight", One, Served, "0", "", {set_tracked_weight, write_tracked_weight}},
    {"quorum", One, Served, "1", "", number<1, 65535, &TrackedProcess::quorum>},
    {"quorum_max",
     One,
     Served,
     "unlimited",
     "",
     {number<0, 65535, &TrackedProcess::quorum_max>.read, write_quorum_max}},
    {"fork_delay", One, Served, "0", "", {set_process_delay, write_process_delay}},
    {"terminate_delay", One, Served, "0", "", {set_process_delay, write_process_delay}},
    {"delay", One, Served, "0", "", set_process_delay},
    {"full_command", Flag, Served, "off", "", flag<&TrackedProcess::full_command>},
};

constexpr Keyword kTrackGroup[] = {
    {"group", Lines, Served, "", "", {add_track_group_members, write_track_group_members}},
};

constexpr Keyword kGarpGroup[] = {
    {"garp_interval", One, Served, "0", "", time<0, 4294967, &GarpGroup::garp_interval>},
    {"gna_interval", One, Served, "0", "", time<0, 4294967, &GarpGroup::gna_interval>},
    {"interface", One, Served, "", "", set_garp_interface},
    {"interfaces", Lines, Served, "", "", {add_garp_interfaces, write_garp_interfaces}},
};

using std::chrono::milliseconds;
constexpr Keyword kBfd[] = {
    {"neighbor_ip", One, Served, "", "", {set_neighbor, write_neighbor}},
    {"neighbour_ip", One, Served, "", "", set_neighbor},
    {"source_ip", One, Served, "", "", {set_neighbor, write_neighbor}},
    {"min_rx", One, Served, "10", "", count_of<milliseconds, 1, 4294967, &Bfd::min_rx>},
    {"min_tx", One, Served, "10", "", count_of<milliseconds, 1, 4294967, &Bfd::min_tx>},
    {"idle_tx", One, Served, "1000", "", count_of<milliseconds, 1000, 4294967, &Bfd::idle_tx>},
    {"multiplier", One, Served, "5", "", number<1, 255, &Bfd::multiplier>},
    {"passive", Flag, Served, "off", "", flag<&Bfd::passive>},
    {"ttl", One, Served, "255", "", number<1, 255, &Bfd::ttl>},
    {"hoplimit", One, Served, "255", "", number<1, 255, &Bfd::ttl>.read},
    {"max_hops", One, Served, "0", "", number<0, 255, &Bfd::max_hops>},
    {"multihop", Any, Served, "off", "", yes<&Bfd::multihop>},
    {"weight", One, Served, "0", "", {set_tracked_weight, write_tracked_weight}},
    {"vrrp", Flag, Served, "on", "", set_bfd_user},
    {"checker", Flag, Served, "on", "", {set_bfd_user, write_bfd_user}},
};

}  // namespace

std::span<const Keyword> vrrp_keywords(Block block) {
  switch (block) {
    case Block::VrrpScript:
      return kScript;
    case Block::SyncGroup:
      return kSyncGroup;
    case Block::TrackFile:
      return kTrackFile;
    case Block::TrackProcess:
      return kTrackProcess;
    case Block::TrackGroup:
      return kTrackGroup;
    case Block::GarpGroup:
      return kGarpGroup;
    case Block::Bfd:
      return kBfd;
    default:
      return {};
  }
}

}  // namespace alibi::config
