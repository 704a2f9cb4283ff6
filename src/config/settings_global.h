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
  bool operator==(const Mail&) const = default;
};

/// Firewall rules of no_accept: which back end, and how they are named.
struct Firewall {
  std::string table = "keepalived";  ///< nftables [TABLE]
  bool nftables = false;             ///< `nftables` was written
  int priority = -1;
  bool counters = false;
  bool by_index = false;            ///< nftables_ifindex
  bool iptables = false;            ///< vrrp_iptables was written: alibi uses nftables all the same
  std::string chain_in, chain_out;  ///< of vrrp_iptables
  bool operator==(const Firewall&) const = default;
};

/// Scheduling asked for; absent: alibi's own defaults (real-time 1, memory locked).
struct Scheduling {
  std::optional<int> nice;      ///< vrrp_priority
  std::optional<int> realtime;  ///< vrrp_rt_priority
  std::optional<bool> no_swap;  ///< vrrp_no_swap
  std::vector<int> cpus;        ///< vrrp_cpu_affinity
  std::optional<Duration> rlimit_rttime;
  std::optional<int> most_automatic;  ///< max_auto_priority
  Duration automatic_delay = 1s;      ///< min_auto_priority_delay
  bool operator==(const Scheduling&) const = default;
};

/// Socket buffers in octets; absent: as the system gives them.
struct Buffers {
  std::optional<unsigned> netlink_command, netlink_monitor, process_monitor;
  bool netlink_command_force = false, netlink_monitor_force = false, process_monitor_force = false;
  std::string receive_policy;       ///< vrrp_rx_bufs_policy: MTU, ADVERT or empty
  std::optional<unsigned> receive;  ///< ... NUMBER
  int receive_multiplier = 3;       ///< vrrp_rx_bufs_multiplier
  bool operator==(const Buffers&) const = default;
};

/// What the processes call themselves.
struct ProcessNames {
  bool defaults = false;  ///< process_names
  std::string all, vrrp, checker, bfd;
  bool operator==(const ProcessNames&) const = default;
};

struct Fifo {
  std::string path;
  bool vrrp_only = true;  ///< vrrp_notify_fifo; false: notify_fifo
  std::string user, group;
  Command script;  ///< gets the path as its last argument
  bool operator==(const Fifo&) const = default;
};

struct Reload {
  bool check_config = false;  ///< reload_check_config
  std::string check_log;
  std::string time_file;
  bool repeat = false;
  std::string file;      ///< reload_file
  std::string save_dir;  ///< config_save_dir
  bool operator==(const Reload&) const = default;
};

struct Dumps {
  std::string state_file = "/tmp/keepalived.data";
  std::string stats_file = "/tmp/keepalived.stats";
  std::string json_file = "/tmp/keepalived.json";
  int json_version = 1;
  bool use_instance = false;  ///< data_use_instance
  bool operator==(const Dumps&) const = default;
};

struct Global {
  std::string router_id;  ///< empty: host name
  Mail mail;
  std::string script_user, script_group;
  bool enable_script_security = false;
  bool use_symlink_paths = false;
  bool supplementary_groups = false;  ///< set_supplementary_groups
  ProcessNames names;
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
  std::string vmac_prefix = "vrrp";
  std::string vmac_addr_prefix;  ///< empty: vmac_prefix
  Buffers buffers;
  std::vector<Fifo> fifos;  ///< notify_fifo, vrrp_notify_fifo
  bool fifo_states_on_reload = false;
  bool notify_priority_changes = false;
  std::string iproute_usr_dir, iproute_etc_dir;
  Firewall firewall;
  Scheduling scheduling;
  Reload reload;
  Dumps dumps;
  bool operator==(const Global&) const = default;
};

}  // namespace alibi::config
