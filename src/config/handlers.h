// SPDX-License-Identifier: Apache-2.0
// The functions behind the keywords that need more than a member to set (see grammar.h), by the
// file that has them. Those with a default in global_defs and a value in an instance serve both.
#pragma once

#include "config/access.h"

namespace alibi::config {

// ---- global_defs.cc ----
bool begin_global_defs(Context&, const Statement&);
bool set_notification_email(Context&, const Statement&);
bool set_smtp_server(Context&, const Statement&);
bool set_smtp_connect_timeout(Context&, const Statement&);
bool set_script_user(Context&, const Statement&);
bool set_script_security(Context&, const Statement&);
bool set_smtp_alert_all(Context&, const Statement&);
bool set_v3_checksum_as_v2(Context&, const Statement&);
bool set_version(Context&, const Statement&);
bool set_garp_master_delay(Context&, const Statement&);
bool set_garp_master_repeat(Context&, const Statement&);
bool set_garp_master_refresh(Context&, const Statement&);
bool set_garp_master_refresh_repeat(Context&, const Statement&);
bool set_down_timer_adverts(Context&, const Statement&);
bool set_skip_check_adv_addr(Context&, const Statement&);
bool set_lower_prio_no_advert(Context&, const Statement&);
bool set_higher_prio_send_advert(Context&, const Statement&);
bool set_smtp_alert(Context&, const Statement&);
bool set_owner_ignore_adverts(Context&, const Statement&);
bool set_garp_lower_delay(Context&, const Statement&);
bool set_garp_lower_repeat(Context&, const Statement&);
bool set_minimal_garp(Context&, const Statement&);
bool set_garp_extra_if(Context&, const Statement&);
bool set_check_unicast_source(Context&, const Statement&);
bool set_strict(Context&, const Statement&);
bool set_notify_priority_changes(Context&, const Statement&);
bool set_multicast_group(Context&, const Statement&);
bool set_pace(Context&, const Statement&);
/// Taken and without effect, in keepalived or because it is what alibi does anyway.
bool take(Context&, const Statement&);

// ---- global_system.cc ----
bool set_umask(Context&, const Statement&);
bool set_realtime(Context&, const Statement&);
bool set_no_swap(Context&, const Statement&);
bool set_cpus(Context&, const Statement&);
bool set_auto_priority(Context&, const Statement&);
bool set_firewall_chains(Context&, const Statement&);
bool set_nftables(Context&, const Statement&);
bool set_fifo(Context&, const Statement&);
bool set_fifo_script(Context&, const Statement&);
bool set_receive_policy(Context&, const Statement&);
bool set_reload_check(Context&, const Statement&);
bool set_reload_file(Context&, const Statement&);
bool set_dynamic_interfaces(Context&, const Statement&);
void write_umask(const Subject&, std::string_view keyword, Text&);
void write_no_swap(const Subject&, std::string_view keyword, Text&);
void write_cpus(const Subject&, std::string_view keyword, Text&);
void write_firewall_chains(const Subject&, std::string_view keyword, Text&);
void write_nftables(const Subject&, std::string_view keyword, Text&);
void write_fifo(const Subject&, std::string_view keyword, Text&);
void write_fifo_script(const Subject&, std::string_view keyword, Text&);
void write_receive_policy(const Subject&, std::string_view keyword, Text&);
void write_reload_check(const Subject&, std::string_view keyword, Text&);
void write_dynamic_interfaces(const Subject&, std::string_view keyword, Text&);

// ---- vrrp_instance.cc ----
bool begin_instance(Context&, const Statement&);
bool set_state(Context&, const Statement&);
bool set_interface(Context&, const Statement&);
bool set_vrid(Context&, const Statement&);
bool set_priority(Context&, const Statement&);
bool set_advert_interval(Context&, const Statement&);
bool set_nopreempt(Context&, const Statement&);
bool set_preempt(Context&, const Statement&);
bool set_preempt_delay(Context&, const Statement&);
bool set_auth_type(Context&, const Statement&);
bool set_auth_pass(Context&, const Statement&);
bool set_native_ipv6(Context&, const Statement&);

// ---- vrrp_network.cc ----
bool set_source(Context&, const Statement&);
bool set_group_address(Context&, const Statement&);
bool add_unicast_peers(Context&, const Statement&);
bool set_vmac(Context&, const Statement&);
bool check_debug(Context&, const Statement&);
bool set_transmit_base(Context&, const Statement&);
bool set_ipvlan(Context&, const Statement&);
bool set_accept(Context&, const Statement&);
bool set_timer_expired(Context&, const Statement&);
void write_source(const Subject&, std::string_view keyword, Text&);
void write_group_address(const Subject&, std::string_view keyword, Text&);
void write_unicast_peers(const Subject&, std::string_view keyword, Text&);
void write_vmac(const Subject&, std::string_view keyword, Text&);
void write_transmit_base(const Subject&, std::string_view keyword, Text&);
void write_ipvlan(const Subject&, std::string_view keyword, Text&);
void write_accept(const Subject&, std::string_view keyword, Text&);
void write_timer_expired(const Subject&, std::string_view keyword, Text&);

// ---- vrrp_addresses.cc ----
bool add_addresses(Context&, const Statement&);
bool add_excluded_addresses(Context&, const Statement&);
bool set_no_address(Context&, const Statement&);
void write_no_address(const Subject&, std::string_view keyword, Text&);
void write_virtual_addresses(const Subject&, std::string_view keyword, Text&);

// ---- vrrp_tracks.cc ----
bool add_tracks(Context&, const Statement&);
bool begin_group(Context&, const Statement&);
bool add_members(Context&, const Statement&);
bool set_global_tracking(Context&, const Statement&);
void write_tracks(const Subject&, std::string_view keyword, Text&);
void write_members(const Subject&, std::string_view keyword, Text&);

// ---- track_objects.cc ----
bool begin_file(Context&, const Statement&);
bool begin_process(Context&, const Statement&);
bool begin_bfd(Context&, const Statement&);
bool set_tracked_weight(Context&, const Statement&);
bool set_file(Context&, const Statement&);
bool set_init_file(Context&, const Statement&);
bool set_process(Context&, const Statement&);
bool set_param_match(Context&, const Statement&);
bool set_process_delay(Context&, const Statement&);
bool set_neighbor(Context&, const Statement&);
bool set_bfd_user(Context&, const Statement&);
void write_tracked_weight(const Subject&, std::string_view keyword, Text&);
void write_file(const Subject&, std::string_view keyword, Text&);
void write_init_file(const Subject&, std::string_view keyword, Text&);
void write_process(const Subject&, std::string_view keyword, Text&);
void write_param_match(const Subject&, std::string_view keyword, Text&);
void write_process_delay(const Subject&, std::string_view keyword, Text&);
void write_quorum_max(const Subject&, std::string_view keyword, Text&);
void write_neighbor(const Subject&, std::string_view keyword, Text&);
void write_bfd_user(const Subject&, std::string_view keyword, Text&);

// ---- statics.cc ----
bool add_static_addresses(Context&, const Statement&);
bool begin_track_group(Context&, const Statement&);
bool add_track_group_members(Context&, const Statement&);
bool begin_garp_group(Context&, const Statement&);
bool set_garp_interface(Context&, const Statement&);
bool add_garp_interfaces(Context&, const Statement&);
bool add_up_down_delays(Context&, const Statement&);
bool check_linkbeat_interfaces(Context&, const Statement&);
void write_static_addresses(const Subject&, std::string_view keyword, Text&);
void write_track_group_members(const Subject&, std::string_view keyword, Text&);
void write_garp_interfaces(const Subject&, std::string_view keyword, Text&);
void write_up_down_delays(const Subject&, std::string_view keyword, Text&);

// ---- vrrp_script.cc ----
bool begin_script(Context&, const Statement&);
bool set_script(Context&, const Statement&);
bool set_script_interval(Context&, const Statement&);
bool set_script_timeout(Context&, const Statement&);
bool set_script_weight(Context&, const Statement&);
bool set_script_rise(Context&, const Statement&);
bool set_script_fall(Context&, const Statement&);
bool set_script_init_fail(Context&, const Statement&);
bool set_script_run_as(Context&, const Statement&);

// ---- writers.cc ----
void write_notification_email(const Subject&, std::string_view keyword, Text&);
void write_smtp_server(const Subject&, std::string_view keyword, Text&);
void write_global_user(const Subject&, std::string_view keyword, Text&);
void write_v3_checksum(const Subject&, std::string_view keyword, Text&);
void write_multicast_group(const Subject&, std::string_view keyword, Text&);
void write_dump_file(const Subject&, std::string_view keyword, Text&);
void write_pace(const Subject&, std::string_view keyword, Text&);
void write_script(const Subject&, std::string_view keyword, Text&);
void write_script_time(const Subject&, std::string_view keyword, Text&);
void write_script_weight(const Subject&, std::string_view keyword, Text&);
void write_script_user(const Subject&, std::string_view keyword, Text&);
void write_state(const Subject&, std::string_view keyword, Text&);
void write_vrid(const Subject&, std::string_view keyword, Text&);
void write_priority(const Subject&, std::string_view keyword, Text&);
void write_version(const Subject&, std::string_view keyword, Text&);
void write_nopreempt(const Subject&, std::string_view keyword, Text&);
void write_preempt_delay(const Subject&, std::string_view keyword, Text&);
void write_garp_extra_if(const Subject&, std::string_view keyword, Text&);
void write_auth_type(const Subject&, std::string_view keyword, Text&);
void write_auth_pass(const Subject&, std::string_view keyword, Text&);

// ---- routes.cc, rules.cc ----
bool add_routes(Context&, const Statement&);
bool add_static_routes(Context&, const Statement&);
void write_routes(const Subject&, std::string_view keyword, Text&);
void write_static_routes(const Subject&, std::string_view keyword, Text&);
bool add_rules(Context&, const Statement&);
bool add_static_rules(Context&, const Statement&);
void write_rules(const Subject&, std::string_view keyword, Text&);
void write_static_rules(const Subject&, std::string_view keyword, Text&);

/// The family of an instance is that of its first address; false after a warning when `address` is
/// of the other one.
bool same_family(Context& context, const wire::IpAddress& address, Position at,
                 const std::string& text);

}  // namespace alibi::config
