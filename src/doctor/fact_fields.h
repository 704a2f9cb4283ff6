// SPDX-License-Identifier: Apache-2.0
// The fields of each struct of facts, once, for writing and reading. Private to facts_json.
#pragma once

#include "doctor/facts.h"

namespace alibi::doctor {

template <typename V>
void fields(V& v, Unread& s) {
  v("what", s.what), v("why", s.why);
}

template <typename V>
void fields(V& v, Ipv4Settings& s) {
  v("rp_filter", s.rp_filter), v("arp_ignore", s.arp_ignore);
  v("arp_announce", s.arp_announce), v("arp_filter", s.arp_filter);
}

template <typename V>
void fields(V& v, Prefix& s) {
  v("address", s.address), v("length", s.length);
}

template <typename V>
void fields(V& v, Bridge& s) {
  v("snooping", s.snooping), v("querier_ipv6", s.querier_ipv6);
  v("ports_of_vrrp6", s.ports_of_vrrp6);
}

template <typename V>
void fields(V& v, BridgePort& s) {
  v("mcast_flood", s.mcast_flood), v("isolated", s.isolated), v("state", s.state);
  v("router", s.router);
}

template <typename V>
void fields(V& v, LinkSettings& s) {
  v("netns", s.netns), v("index", s.index), v("admin_up", s.admin_up), v("carrier", s.carrier);
  v("tx_queue_length", s.tx_queue_length), v("tx_dropped", s.tx_dropped);
  v("qdisc", s.qdisc), v("qdisc_drops", s.qdisc_drops), v("ipv4", s.ipv4);
  v("prefixes", s.prefixes), v("bridge", s.bridge), v("port", s.port);
  v("managed_by", s.managed_by), v("manager_file", s.manager_file);
  v("keep_configuration", s.keep_configuration);
}

template <typename V>
void fields(V& v, FirewallRule& s) {
  v("chain", s.chain), v("hook", s.hook), v("text", s.text);
  v("explicit_vrrp", s.explicit_vrrp);
}

template <typename V>
void fields(V& v, NamespaceSettings& s) {
  v("netns", s.netns), v("all", s.all), v("dropping", s.dropping);
}

template <typename V>
void fields(V& v, CgroupLimits& s) {
  v("name", s.name), v("quota_us", s.quota_us), v("period_us", s.period_us);
  v("throttled_count", s.throttled_count);
  v("memory_limit", s.memory_limit), v("memory_used", s.memory_used);
}

template <typename V>
void fields(V& v, Keeper& s) {
  v("pid", s.pid), v("comm", s.comm), v("netns", s.netns), v("vrrp4", s.vrrp4);
  v("vrrp6", s.vrrp6), v("policy", s.policy), v("rt_priority", s.rt_priority);
  v("nice", s.nice), v("locked_kb", s.locked_kb), v("resident_kb", s.resident_kb);
  v("swapped_kb", s.swapped_kb), v("oom_score_adj", s.oom_score_adj);
  v("autogroup_nice", s.autogroup_nice), v("cgroups", s.cgroups);
  v("logs_to_console", s.logs_to_console), v("standard_error", s.standard_error);
  v("config", s.config);
}

template <typename V>
void fields(V& v, LogReader& s) {
  v("pid", s.pid), v("comm", s.comm), v("files", s.files), v("devices", s.devices);
  v("synchronous", s.synchronous);
}

template <typename V>
void fields(V& v, Guest& s) {
  v("pid", s.pid), v("comm", s.comm), v("name", s.name), v("taps", s.taps);
  v("vhost_net", s.vhost_net), v("threads", s.threads), v("asks_tap", s.asks_tap);
  v("asks_vhost", s.asks_vhost);
}

template <typename V>
void fields(V& v, Disk& s) {
  v("device", s.device), v("busy_permille", s.busy_permille), v("in_flight", s.in_flight);
}

template <typename V>
void fields(V& v, IdleState& s) {
  v("name", s.name), v("exit_latency_us", s.exit_latency_us), v("disabled", s.disabled);
}

template <typename V>
void fields(V& v, Pressure& s) {
  v("resource", s.resource), v("some_avg60", s.some_avg60), v("full_avg60", s.full_avg60);
}

template <typename V>
void fields(V& v, Cpus& s) {
  v("driver", s.driver), v("governors", s.governors), v("idle_states", s.idle_states);
  v("isolated", s.isolated), v("steal_permille", s.steal_permille);
  v("steal_permille_now", s.steal_permille_now);
}

template <typename V>
void fields(V& v, Clock& s) {
  v("source", s.source), v("available", s.available), v("unsynchronised", s.unsynchronised);
}

template <typename V>
void fields(V& v, Program& s) {
  v("pid", s.pid), v("comm", s.comm);
}

/// Without `links`, which have a JSON form of their own (hops/facts_json).
template <typename V>
void fields(V& v, Facts& s) {
  v("host", s.host), v("kernel", s.kernel), v("sampled_ms", s.sampled_ms);
  v("settings", s.settings), v("namespaces", s.namespaces), v("keepers", s.keepers);
  v("log_readers", s.log_readers), v("guests", s.guests);
  v("vhost_net_loaded", s.vhost_net_loaded), v("vhost_net_device", s.vhost_net_device);
  v("disks", s.disks), v("cpus", s.cpus), v("pressure", s.pressure), v("clock", s.clock);
  v("programs", s.programs), v("swap_total_kb", s.swap_total_kb);
  v("swap_free_kb", s.swap_free_kb), v("log_queue", s.log_queue), v("unread", s.unread);
}

}  // namespace alibi::doctor
