// SPDX-License-Identifier: Apache-2.0
// What global_defs (and the root level) sets for the daemon as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "config/settings_track.h"

namespace alibi::config {

struct Mail {
  std::vector<std::string> to;
  std::string from;
  std::string server_host;
  int server_port = 25;
  Duration connect_timeout = 30s;
  std::string helo_name;   ///< empty: host name
  bool no_faults = false;  ///< no_email_faults
};

/// Firewall rules of no_accept: which back end, and how they are named.
struct Firewall {
  std::string table = "keepalived";  ///< nftables [TABLE]
  bool nftables = false;             ///< `nftables` was written
  int priority = -1;
  bool counters = false;
  bool by_index = false;  ///< nftables_ifindex
  bool iptables = false;  ///< vrrp_iptables was written: alibi uses nftables all the same
};

/// Scheduling asked for; absent: alibi's own defaults (real-time 1, memory locked).
struct Scheduling {
  std::optional<int> nice;      ///< vrrp_priority
  std::optional<int> realtime;  ///< vrrp_rt_priority
  std::optional<bool> no_swap;  ///< vrrp_no_swap
  std::vector<int> cpus;        ///< vrrp_cpu_affinity
  std::optional<Duration> rlimit_rttime;
};

struct Fifo {
  std::string path;
  std::string user, group;
  Command script;  ///< gets the path as its last argument
};

struct Reload {
  bool check_config = false;  ///< reload_check_config
  std::string check_log;
  std::string time_file;
  bool repeat = false;
  std::string file;      ///< reload_file
  std::string save_dir;  ///< config_save_dir
};

struct Dumps {
  std::string state_file = "/tmp/keepalived.data";
  std::string stats_file = "/tmp/keepalived.stats";
  std::string json_file = "/tmp/keepalived.json";
  int json_version = 1;
  bool use_instance = false;  ///< data_use_instance
};

struct Global {
  std::string router_id;  ///< empty: host name
  Mail mail;
  std::string script_user, script_group;
  bool enable_script_security = false;
  bool use_symlink_paths = false;
  Command startup_script, shutdown_script;
  Duration startup_timeout = 10s, shutdown_timeout = 10s;
  std::optional<unsigned> umask;
  std::string default_interface = "eth0";
  bool dynamic_interfaces = false;
  bool dynamic_allow_changes = false;
  bool disable_local_igmp = false;
  std::string net_namespace;
  std::string instance_name;  ///< `instance`
  bool use_pid_dir = false;
  Duration child_wait = 5s;
  bool log_unknown_vrids = false;
  bool strict = false;                            ///< vrrp_strict
  Duration startup_delay{};                       ///< vrrp_startup_delay
  Duration delay_after_boot{};                    ///< vrrp_delay_after_boot
  Duration garp_interval{}, gna_interval{};       ///< between two on one interface; 0: none
  std::optional<wire::IpAddress> group4, group6;  ///< vrrp_mcast_group4, vrrp_mcast_group6
  std::string vmac_prefix = "vrrp", vmac_addr_prefix = "vrrp";
  std::optional<unsigned> receive_buffer;  ///< from vrrp_rx_bufs_policy NUMBER
  std::vector<Fifo> fifos;                 ///< notify_fifo, vrrp_notify_fifo
  bool fifo_states_on_reload = false;
  bool notify_priority_changes = false;
  Firewall firewall;
  Scheduling scheduling;
  Reload reload;
  Dumps dumps;
};

}  // namespace alibi::config
