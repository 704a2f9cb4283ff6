// SPDX-License-Identifier: Apache-2.0
// Looking up keywords, and the tables of the root level and global_defs.
#include "config/grammar.h"

#include <algorithm>
#include <array>

#include "config/handlers.h"

namespace alibi::config {
namespace {

using enum Form;
using enum Status;

constexpr std::string_view kOwnScheduling = "the keeper is real-time and locked in memory anyway";

constexpr Keyword kRoot[] = {
    {"global_defs", Section, Served, "", "", begin_global_defs, Block::GlobalDefs},
    {"vrrp_script", Named, Served, "", "", begin_script, Block::VrrpScript},
    {"vrrp_instance", Named, Served, "", "", begin_instance, Block::VrrpInstance},
    {"vrrp_sync_group", Named, Later, "", "its instances move one by one", nullptr,
     Block::SyncGroup},
    {"track_file", Named, Later, "", "the file is not watched", nullptr, Block::TrackFile},
    {"vrrp_track_file", Named, Later, "", "the file is not watched", nullptr, Block::TrackFile},
    {"vrrp_track_process", Named, Later, "", "the process is not watched", nullptr,
     Block::TrackProcess},
    {"track_group", Named, Later, "", "", nullptr, Block::TrackGroup},
    {"static_ipaddress", Lines, Later, "", "the addresses are not set"},
    {"static_routes", Lines, Later, "", "the routes are not set"},
    {"static_rules", Lines, Later, "", "the rules are not set"},
    {"garp_group", Section, Later, "", "", nullptr, Block::GarpGroup},
    {"linkbeat_interfaces", Lines, Later, "", "link state comes from netlink"},
    {"interface_up_down_delays", Lines, Later, "", "link changes count at once"},
    {"bfd_instance", Named, Later, "", "the neighbour is not watched", nullptr, Block::Bfd},
    {"net_namespace", One, Later, "", "start alibi in the namespace (ip netns exec)"},
    {"net_namespace_ipvs", One, Later, "", kNoLvs},
    {"namespace_with_ipsets", Flag, Later, "", ""},
    {"instance", One, Later, "", ""},
    {"use_pid_dir", Flag, Later, "", ""},
    {"linkbeat_use_polling", Flag, Later, "off", "link state comes from netlink"},
    {"child_wait_time", One, Later, "5", ""},
    {"virtual_server", Named, Later, "", kNoLvs, nullptr, Block::VirtualServer},
    {"virtual_server_group", Lines, Later, "", kNoLvs},
    {"SSL", Section, Later, "", kNoLvs, nullptr, Block::Ssl},
    {"include_check", Any, Later, "", ""},
};

constexpr Keyword kGlobal[] = {
    // identity, scripts, security
    {"router_id", Text, Served, "host name", "", set_router_id},
    {"script_user", Text, Served, "keepalived_script, else root", "", set_script_user},
    {"enable_script_security", Bool, Parsed, "off",
     "a script that others may write to is run all the same", set_script_security},
    {"process_names", Any, Later, "", ""},
    {"process_name", One, Later, "", ""},
    {"vrrp_process_name", One, Later, "", ""},
    {"checker_process_name", One, Later, "", ""},
    {"bfd_process_name", One, Later, "", ""},
    {"lvs_process_name", One, Later, "", ""},
    {"use_symlink_paths", Bool, Later, "off", ""},
    {"set_supplementary_groups", Flag, Later, "off", ""},
    {"startup_script", One, Later, "", "it is not run"},
    {"shutdown_script", One, Later, "", "it is not run"},
    {"startup_script_timeout", One, Later, "10", ""},
    {"shutdown_script_timeout", One, Later, "10", ""},
    {"umask", One, Later, "", ""},
    {"random_seed", One, Later, "", ""},
    {"default_interface", One, Later, "eth0", ""},
    {"dynamic_interfaces", Any, Later, "off", "every interface must exist at start"},
    {"disable_local_igmp", Flag, Later, "off", ""},
    // mail
    {"notification_email", Lines, Served, "", "", set_notification_email},
    {"notification_email_from", Text, Served, "", "", set_notification_email_from},
    {"smtp_server", One, Served, "port 25", "", set_smtp_server},
    {"smtp_helo_name", Text, Served, "host name", "", set_smtp_helo_name},
    {"smtp_connect_timeout", One, Served, "30", "", set_smtp_connect_timeout},
    {"smtp_alert", Bool, Served, "off", "", set_smtp_alert_all},
    {"smtp_alert_vrrp", Bool, Served, "smtp_alert", "", set_smtp_alert},
    {"smtp_alert_checker", Bool, Later, "off", kNoLvs},
    {"no_email_faults", Flag, Later, "off", "a FAULT is mailed as well"},
    {"no_checker_emails", Flag, Later, "off", kNoLvs},
    {"checker_log_all_failures", Bool, Later, "off", kNoLvs},
    // VRRP
    {"vrrp_version", One, Served, "2; 3 with IPv6", "", set_version},
    {"vrrp_garp_master_delay", One, Served, "5", "", set_garp_master_delay},
    {"vrrp_garp_master_repeat", One, Served, "5", "", set_garp_master_repeat},
    {"vrrp_garp_master_refresh", One, Served, "0", "", set_garp_master_refresh},
    {"vrrp_garp_master_refresh_repeat", One, Served, "1", "", set_garp_master_refresh_repeat},
    {"vrrp_down_timer_adverts", One, Served, "3", "", set_down_timer_adverts},
    {"vrrp_skip_check_adv_addr", Bool, Served, "off", "", set_skip_check_adv_addr},
    {"vrrp_lower_prio_no_advert", Bool, Served, "off", "", set_lower_prio_no_advert},
    {"vrrp_higher_prio_send_advert", Bool, Served, "off", "", set_higher_prio_send_advert},
    {"v3_checksum_as_v2", Bool, Served, "off", "", set_v3_checksum_as_v2},
    {"vrrp_mcast_group4", One, Refused, "224.0.0.18",
     "the peers would not hear each other; take the line out on all of them"},
    {"vrrp_mcast_group6", One, Refused, "ff02::12",
     "the peers would not hear each other; take the line out on all of them"},
    {"vrrp_garp_lower_prio_delay", One, Later, "vrrp_garp_master_delay", ""},
    {"vrrp_garp_lower_prio_repeat", One, Later, "vrrp_garp_master_repeat", ""},
    {"vrrp_garp_interval", One, Later, "0", "gratuitous ARP is not paced"},
    {"vrrp_gna_interval", One, Later, "0", "neighbour advertisements are not paced"},
    {"vrrp_min_garp", Bool, Later, "off", ""},
    {"vrrp_garp_extra_if", Any, Later, "", ""},
    {"vrrp_vmac_garp_intvl", Any, Later, "", ""},
    {"vrrp_owner_ignore_adverts", Bool, Later, "off", ""},
    {"vrrp_check_unicast_src", Flag, Later, "off", "adverts from others than the peers count, too"},
    {"vrrp_strict", Flag, Later, "off", "authentication, unicast and access to the addresses stay"},
    {"vrrp_iptables", Any, Later, "INPUT", "alibi sets no firewall rules"},
    {"vrrp_ipsets", Any, Later, "", "alibi sets no firewall rules"},
    {"nftables", Any, Later, "keepalived", "alibi sets no firewall rules"},
    {"nftables_priority", One, Later, "-1", ""},
    {"nftables_counters", Flag, Later, "off", ""},
    {"nftables_ifindex", Flag, Later, "off", ""},
    {"vrrp_priority", One, Later, "0", kOwnScheduling},
    {"vrrp_no_swap", Flag, Later, "off", kOwnScheduling},
    {"vrrp_rt_priority", One, Later, "off", kOwnScheduling},
    {"vrrp_cpu_affinity", Any, Later, "", ""},
    {"vrrp_rlimit_rttime", One, Later, "10000", ""},
    {"vrrp_rlimit_rtime", One, Later, "10000", ""},
    {"max_auto_priority", Any, Later, "0", kOwnScheduling},
    {"min_auto_priority_delay", One, Later, "1000000", kOwnScheduling},
    {"notify_fifo", One, Later, "", "nothing is written to it"},
    {"notify_fifo_script", One, Later, "", "it is not run"},
    {"vrrp_notify_fifo", One, Later, "", "nothing is written to it"},
    {"vrrp_notify_fifo_script", One, Later, "", "it is not run"},
    {"vrrp_notify_priority_changes", Bool, Later, "off", ""},
    {"fifo_write_vrrp_states_on_reload", Flag, Later, "off", ""},
    {"vrrp_netlink_cmd_rcv_bufs", One, Later, "", ""},
    {"vrrp_netlink_cmd_rcv_bufs_force", Bool, Later, "", ""},
    {"vrrp_netlink_monitor_rcv_bufs", One, Later, "", ""},
    {"vrrp_netlink_monitor_rcv_bufs_force", Bool, Later, "", ""},
    {"process_monitor_rcv_bufs", One, Later, "", ""},
    {"process_monitor_rcv_bufs_force", Bool, Later, "", ""},
    {"vrrp_rx_bufs_policy", One, Later, "", ""},
    {"vrrp_rx_bufs_multiplier", One, Later, "3", ""},
    {"vrrp_startup_delay", One, Later, "0", "instances start at once"},
    {"vrrp_delay_after_boot", One, Later, "0", "instances start at once"},
    {"log_unknown_vrids", Flag, Later, "off", ""},
    {"vmac_prefix", One, Later, "vrrp", ""},
    {"vmac_addr_prefix", One, Later, "vrrp", ""},
    {"iproute_usr_dir", One, Later, "", ""},
    {"iproute_etc_dir", One, Later, "", ""},
    {"instance", One, Later, "", ""},
    {"use_pid_dir", Flag, Later, "", ""},
    {"net_namespace", One, Later, "", "start alibi in the namespace (ip netns exec)"},
    {"net_namespace_ipvs", One, Later, "", kNoLvs},
    {"namespace_with_ipsets", Flag, Later, "", ""},
    {"linkbeat_use_polling", Flag, Later, "off", "link state comes from netlink"},
    {"child_wait_time", One, Later, "5", ""},
    // SNMP, D-Bus
    {"snmp_socket", One, Later, "unix:/var/agentx/master", ""},
    {"enable_snmp_vrrp", Flag, Later, "off", ""},
    {"enable_snmp_keepalived", Flag, Later, "off", ""},
    {"enable_snmp_checker", Flag, Later, "off", ""},
    {"enable_snmp_rfc", Flag, Later, "off", ""},
    {"enable_snmp_rfcv2", Flag, Later, "off", ""},
    {"enable_snmp_rfcv3", Flag, Later, "off", ""},
    {"enable_traps", Flag, Later, "off", ""},
    {"snmp_vs_stats_update_interval", One, Later, "5", ""},
    {"snmp_rs_stats_update_interval", One, Later, "5", ""},
    {"enable_dbus", Flag, Later, "off", ""},
    {"dbus_service_name", One, Later, "org.keepalived.Vrrp1", ""},
    {"dbus_no_interface_name", One, Later, "none", ""},
    // reload, dumps
    {"reload_check_config", Any, Later, "off", ""},
    {"reload_time_file", One, Later, "", ""},
    {"reload_repeat", Flag, Later, "off", ""},
    {"reload_file", Any, Later, "", ""},
    {"include_check", Any, Later, "", ""},
    {"config_save_dir", One, Later, "", ""},
    {"tmp_config_directory", One, Later, "", ""},
    {"data_use_instance", Bool, Later, "off", ""},
    {"state_dump_file", One, Later, "", ""},
    {"stats_dump_file", One, Later, "", ""},
    {"json_dump_file", One, Later, "", ""},
    {"json_version", One, Later, "1", ""},
    // LVS
    {"lvs_sync_daemon", Any, Later, "", kNoLvs},
    {"lvs_timeouts", Any, Later, "", kNoLvs},
    {"lvs_flush", Flag, Later, "off", kNoLvs},
    {"lvs_flush_on_stop", Any, Later, "off", kNoLvs},
    {"lvs_flush_onstop", Any, Later, "off", kNoLvs},
    {"nftables_ipvs", Any, Later, "", kNoLvs},
    {"nftables_ipvs_priority", One, Later, "", kNoLvs},
    {"nftables_ipvs_start_fwmark", One, Later, "", kNoLvs},
    {"lvs_notify_fifo", One, Later, "", kNoLvs},
    {"lvs_notify_fifo_script", One, Later, "", kNoLvs},
    {"rs_init_notifies", Flag, Later, "off", kNoLvs},
    {"checker_priority", One, Later, "0", kNoLvs},
    {"checker_no_swap", Flag, Later, "off", kNoLvs},
    {"checker_rt_priority", One, Later, "off", kNoLvs},
    {"checker_cpu_affinity", Any, Later, "", kNoLvs},
    {"checker_rlimit_rttime", One, Later, "10000", kNoLvs},
    {"checker_rlimit_rtime", One, Later, "10000", kNoLvs},
    {"bfd_priority", One, Later, "0", ""},
    {"bfd_no_swap", Flag, Later, "off", ""},
    {"bfd_rt_priority", One, Later, "off", ""},
    {"bfd_cpu_affinity", Any, Later, "", ""},
    {"bfd_rlimit_rttime", One, Later, "10000", ""},
    {"bfd_rlimit_rtime", One, Later, "10000", ""},
    {"lvs_netlink_cmd_rcv_bufs", One, Later, "", kNoLvs},
    {"lvs_netlink_cmd_rcv_bufs_force", Bool, Later, "", kNoLvs},
    {"lvs_netlink_monitor_rcv_bufs", One, Later, "", kNoLvs},
    {"lvs_netlink_monitor_rcv_bufs_force", Bool, Later, "", kNoLvs},
};

constexpr std::array<std::string_view, static_cast<std::size_t>(Block::None)> kBlockNames = {
    "",
    "global_defs",
    "vrrp_script",
    "vrrp_instance",
    "authentication",
    "auth_hmac",
    "vrrp_sync_group",
    "track_file",
    "vrrp_track_process",
    "track_group",
    "garp_group",
    "bfd_instance",
    "virtual_server",
    "real_server",
    "a checker (TCP_CHECK, HTTP_GET, ...)",
    "url",
    "host",
    "SSL"};

}  // namespace

std::span<const Keyword> root_keywords() { return kRoot; }
std::span<const Keyword> global_keywords() { return kGlobal; }

std::span<const Keyword> keywords_of(Block block) {
  switch (block) {
    case Block::Root:
      return root_keywords();
    case Block::GlobalDefs:
      return global_keywords();
    case Block::VirtualServer:
    case Block::RealServer:
    case Block::Checker:
    case Block::Url:
    case Block::Host:
    case Block::Ssl:
      return lvs_keywords(block);
    case Block::None:
      return {};
    default:
      return vrrp_keywords(block);
  }
}

std::string_view block_name(Block block) {
  return block == Block::None ? "" : kBlockNames[static_cast<std::size_t>(block)];
}

const Keyword* find_keyword(Block block, std::string_view name) {
  const auto all = keywords_of(block);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Keyword& k) { return k.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace alibi::config
