// SPDX-License-Identifier: Apache-2.0
// The functions behind the keywords that need more than one line (see grammar.h). Those with a
// default in global_defs and a value in an instance serve both.
#pragma once

#include "config/draft.h"

namespace alibi::config {

// ---- blocks ----
bool begin_global_defs(Context&, const Statement&);
bool begin_script(Context&, const Statement&);
bool begin_instance(Context&, const Statement&);

// ---- global_defs ----
bool set_notification_email(Context&, const Statement&);
bool set_notification_email_from(Context&, const Statement&);
bool set_smtp_server(Context&, const Statement&);
bool set_smtp_connect_timeout(Context&, const Statement&);
bool set_smtp_helo_name(Context&, const Statement&);
bool set_router_id(Context&, const Statement&);
bool set_script_user(Context&, const Statement&);
bool set_script_security(Context&, const Statement&);
bool set_smtp_alert_all(Context&, const Statement&);
bool set_v3_checksum_as_v2(Context&, const Statement&);

// ---- both ----
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

// ---- vrrp_script ----
bool set_script(Context&, const Statement&);
bool set_script_interval(Context&, const Statement&);
bool set_script_timeout(Context&, const Statement&);
bool set_script_weight(Context&, const Statement&);
bool set_script_rise(Context&, const Statement&);
bool set_script_fall(Context&, const Statement&);
bool set_script_init_fail(Context&, const Statement&);
bool set_script_run_as(Context&, const Statement&);

// ---- vrrp_instance ----
bool set_state(Context&, const Statement&);
bool set_interface(Context&, const Statement&);
bool set_vrid(Context&, const Statement&);
bool set_priority(Context&, const Statement&);
bool set_advert_interval(Context&, const Statement&);
bool set_nopreempt(Context&, const Statement&);
bool set_preempt(Context&, const Statement&);
bool set_preempt_delay(Context&, const Statement&);
bool set_source(Context&, const Statement&);
bool add_unicast_peers(Context&, const Statement&);
bool add_addresses(Context&, const Statement&);
bool add_excluded_addresses(Context&, const Statement&);
bool add_track_scripts(Context&, const Statement&);
bool set_auth_type(Context&, const Statement&);
bool set_auth_pass(Context&, const Statement&);
bool set_notify(Context&, const Statement&);
bool set_native_ipv6(Context&, const Statement&);
/// Taken and without effect, in keepalived or because it is what alibi does anyway.
bool take(Context&, const Statement&);

/// The family of an instance is that of its first address; false after a warning when `address` is
/// of the other one.
bool same_family(Context& context, const wire::IpAddress& address, Position at,
                 const std::string& text);

}  // namespace alibi::config
