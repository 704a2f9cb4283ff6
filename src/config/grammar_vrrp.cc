// SPDX-License-Identifier: Apache-2.0
// The grammar table of the VRRP half.
#include "config/grammar.h"
#include "config/handlers.h"

namespace alibi::config {
namespace {

using enum Form;
using enum Status;

constexpr std::string_view kNotRun = "it is not run";

constexpr Keyword kScript[] = {
    {"script", One, Served, "", "", set_script},
    {"interval", One, Served, "1", "", set_script_interval},
    {"timeout", One, Served, "interval", "", set_script_timeout},
    {"weight", One, Served, "0 (failure is a FAULT)", "", set_script_weight},
    {"rise", One, Served, "1", "", set_script_rise},
    {"fall", One, Served, "1", "", set_script_fall},
    {"user", One, Served, "script_user", "", set_script_run_as},
    {"init_fail", Flag, Served, "off", "", set_script_init_fail},
};

constexpr Keyword kInstance[] = {
    {"state", One, Served, "BACKUP", "", set_state},
    {"interface", One, Served, "", "", set_interface},
    {"virtual_router_id", One, Served, "", "", set_vrid},
    {"priority", One, Served, "100; 255 with state MASTER", "", set_priority},
    {"advert_int", One, Served, "1", "", set_advert_interval},
    {"version", One, Served, "vrrp_version", "", set_version},
    {"authentication", Section, Served, "", "", take, Block::Authentication},
    {"auth_hmac", Section, Refused, "", "the peers would drop every advertisement", nullptr,
     Block::AuthHmac},
    {"virtual_ipaddress", Lines, Served, "", "", add_addresses},
    {"virtual_ipaddress_excluded", Lines, Served, "", "", add_excluded_addresses},
    {"no_virtual_ipaddress", Flag, Served, "off", "", take},
    {"promote_secondaries", Flag, Later, "off", ""},
    {"virtual_routes", Lines, Later, "", "the routes do not move with the addresses"},
    {"virtual_rules", Lines, Later, "", "the rules do not move with the addresses"},
    {"unicast_peer", Lines, Served, "", "", add_unicast_peers},
    {"unicast_src_ip", One, Served, "address of the interface", "", set_source},
    {"mcast_src_ip", One, Served, "address of the interface", "", set_source},
    {"mcast_dst_ip", One, Refused, "224.0.0.18",
     "the peers would not hear each other; take the line out on all of them"},
    {"unicast_ttl", One, Later, "255", ""},
    {"check_unicast_src", Flag, Later, "off", "adverts from others than the peers count, too"},
    {"unicast_fault_no_peer", Flag, Later, "off", ""},
    {"track_src_ip", Flag, Later, "off", ""},
    {"old_unicast_checksum", Any, Later, "", ""},
    {"nopreempt", Flag, Served, "off", "", set_nopreempt},
    {"preempt", Flag, Served, "", "", set_preempt},
    {"preempt_delay", One, Served, "0", "", set_preempt_delay},
    {"accept", Flag, Served, "on", "", take},
    {"no_accept", Flag, Later, "off", "alibi sets no firewall rules"},
    {"skip_check_adv_addr", Bool, Served, "vrrp_skip_check_adv_addr", "", set_skip_check_adv_addr},
    {"strict_mode", Bool, Later, "off", "authentication, unicast and access to the addresses stay"},
    {"dont_track_primary", Flag, Later, "off", "the interface going down is a FAULT"},
    {"track_interface", Lines, Later, "", "only the instance's own interface is watched"},
    {"track_script", Lines, Served, "", "", add_track_scripts},
    {"track_file", Lines, Later, "", "the file is not watched"},
    {"track_process", Lines, Later, "", "the process is not watched"},
    {"track_bfd", Lines, Later, "", "the neighbour is not watched"},
    {"garp_master_delay", One, Served, "vrrp_garp_master_delay", "", set_garp_master_delay},
    {"garp_master_repeat", One, Served, "vrrp_garp_master_repeat", "", set_garp_master_repeat},
    {"garp_master_refresh", One, Served, "vrrp_garp_master_refresh", "", set_garp_master_refresh},
    {"garp_master_refresh_repeat", One, Served, "vrrp_garp_master_refresh_repeat", "",
     set_garp_master_refresh_repeat},
    {"garp_lower_prio_delay", One, Later, "vrrp_garp_lower_prio_delay", ""},
    {"garp_lower_prio_repeat", One, Later, "vrrp_garp_lower_prio_repeat", ""},
    {"garp_extra_if", Any, Later, "", ""},
    {"vmac_garp_intvl", Any, Later, "", ""},
    {"down_timer_adverts", One, Served, "vrrp_down_timer_adverts", "", set_down_timer_adverts},
    {"timer_expired_backup", Any, Later, "", "a late keeper listens before it speaks anyway"},
    {"thread_timer_expired", Any, Later, "", "a late keeper listens before it speaks anyway"},
    {"lower_prio_no_advert", Bool, Served, "vrrp_lower_prio_no_advert", "",
     set_lower_prio_no_advert},
    {"higher_prio_send_advert", Bool, Served, "vrrp_higher_prio_send_advert", "",
     set_higher_prio_send_advert},
    {"owner_ignore_adverts", Bool, Later, "vrrp_owner_ignore_adverts", ""},
    {"vrf", One, Later, "", ""},
    {"use_vmac", Any, Later, "", "the interface's own MAC address is used"},
    {"use_vmac_addr", Flag, Later, "off", "the interface's own MAC address is used"},
    {"vmac_xmit_base", Flag, Later, "off", ""},
    {"use_ipvlan", Any, Later, "", "the interface itself is used"},
    {"native_ipv6", Flag, Served, "", "", set_native_ipv6},
    {"debug", Any, Served, "", "", take},
    {"kernel_rx_buf_size", One, Later, "", ""},
    {"linkbeat_use_polling", Flag, Later, "off", "link state comes from netlink"},
    {"lvs_sync_daemon_interface", One, Later, "", "alibi balances no connections"},
    {"smtp_alert", Bool, Served, "smtp_alert_vrrp", "", set_smtp_alert},
    {"notify_master", One, Served, "", "", set_notify},
    {"notify_backup", One, Served, "", "", set_notify},
    {"notify_fault", One, Served, "", "", set_notify},
    {"notify_stop", One, Served, "", "", set_notify},
    {"notify", One, Served, "", "", set_notify},
    {"notify_deleted", Bool, Later, "off", ""},
    {"notify_master_rx_lower_pri", One, Later, "", kNotRun},
    {"notify_priority_changes", Bool, Later, "vrrp_notify_priority_changes", ""},
};

constexpr Keyword kAuthentication[] = {
    {"auth_type", One, Served, "none", "", set_auth_type},
    {"auth_pass", One, Served, "", "", set_auth_pass},
};

constexpr Keyword kAuthHmac[] = {
    {"key", Any, Later, "", ""},
    {"active_key", One, Later, "", ""},
    {"anti_replay", One, Later, "time", ""},
    {"time_window", One, Later, "", ""},
    {"mode", One, Later, "enforce", ""},
};

constexpr Keyword kSyncGroup[] = {
    {"group", Lines, Later, "", ""},
    {"track_interface", Lines, Later, "", ""},
    {"track_script", Lines, Later, "", ""},
    {"track_file", Lines, Later, "", ""},
    {"track_process", Lines, Later, "", ""},
    {"track_bfd", Lines, Later, "", ""},
    {"notify_master", One, Later, "", ""},
    {"notify_backup", One, Later, "", ""},
    {"notify_fault", One, Later, "", ""},
    {"notify_stop", One, Later, "", ""},
    {"notify", One, Later, "", ""},
    {"notify_priority_changes", Bool, Later, "", ""},
    {"smtp_alert", Bool, Later, "", ""},
    {"global_tracking", Flag, Later, "off", ""},
    {"sync_group_tracking_weight", Flag, Later, "off", ""},
};

constexpr Keyword kTrackFile[] = {
    {"file", One, Later, "", ""},
    {"weight", One, Later, "1", ""},
    {"init_file", Any, Later, "", ""},
};

constexpr Keyword kTrackProcess[] = {
    {"process", One, Later, "", ""},
    {"param_match", One, Later, "exact", ""},
    {"weight", One, Later, "0", ""},
    {"quorum", One, Later, "1", ""},
    {"quorum_max", One, Later, "unlimited", ""},
    {"fork_delay", One, Later, "0", ""},
    {"terminate_delay", One, Later, "0", ""},
    {"delay", One, Later, "0", ""},
    {"full_command", Flag, Later, "off", ""},
};

constexpr Keyword kTrackGroup[] = {{"group", Lines, Later, "", ""}};

constexpr Keyword kGarpGroup[] = {
    {"garp_interval", One, Later, "0", ""},
    {"gna_interval", One, Later, "0", ""},
    {"interface", One, Later, "", ""},
    {"interfaces", Lines, Later, "", ""},
};

constexpr Keyword kBfd[] = {
    {"neighbor_ip", One, Later, "", ""}, {"neighbour_ip", One, Later, "", ""},
    {"source_ip", One, Later, "", ""},   {"min_rx", One, Later, "10", ""},
    {"min_tx", One, Later, "10", ""},    {"idle_tx", One, Later, "1000", ""},
    {"multiplier", One, Later, "5", ""}, {"passive", Flag, Later, "off", ""},
    {"ttl", One, Later, "255", ""},      {"hoplimit", One, Later, "64", ""},
    {"max_hops", One, Later, "0", ""},   {"multihop", Any, Later, "off", ""},
    {"weight", One, Later, "0", ""},     {"vrrp", Flag, Later, "on", ""},
    {"checker", Flag, Later, "on", ""},
};

}  // namespace

std::span<const Keyword> vrrp_keywords(Block block) {
  switch (block) {
    case Block::VrrpScript:
      return kScript;
    case Block::VrrpInstance:
      return kInstance;
    case Block::Authentication:
      return kAuthentication;
    case Block::AuthHmac:
      return kAuthHmac;
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
