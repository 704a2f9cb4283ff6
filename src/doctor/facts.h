// SPDX-License-Identifier: Apache-2.0
// What `alibi doctor` knows of a host, as plain values. Collected by os/doctor_facts, carried
// between hosts as JSON, judged by doctor/diagnose. What could not be read is in `unread`: a field
// that holds nothing accuses nobody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hops/links.h"

namespace alibi::doctor {

using Number = std::optional<std::int64_t>;

struct Unread {
  std::string what, why;
};

/// What IFLA_INET_CONF says of an interface, and /proc/sys/net/ipv4/conf/all of a namespace.
struct Ipv4Settings {
  Number rp_filter, arp_ignore, arp_announce, arp_filter;
};

/// An address with its prefix: "192.0.2.1/24".
struct Prefix {
  std::string address;
  int length = 0;
};

/// A bridge's own settings. A querier is its own or one that it has heard.
struct Bridge {
  Number snooping;      ///< 1: on
  Number querier_ipv6;  ///< 1: it knows one; nothing: the kernel does not tell (before 5.15)
  std::vector<int> ports_of_vrrp6;  ///< indices of ports that ff02::12 was asked for at
};

struct BridgePort {
  Number mcast_flood, isolated;
  Number state;   ///< BR_STATE_*: 3 forwards
  Number router;  ///< 1: multicast goes there in any case
};

/// What hops::Link does not say of the same interface.
struct LinkSettings {
  std::uint64_t netns = 0;
  int index = 0;
  bool admin_up = false;  ///< IFF_UP
  bool carrier = false;   ///< IFF_LOWER_UP
  Number tx_queue_length, tx_dropped;
  std::string qdisc;
  Number qdisc_drops;  ///< of the root qdisc, since it was made
  Ipv4Settings ipv4;
  std::vector<Prefix> prefixes;
  std::optional<Bridge> bridge;
  std::optional<BridgePort> port;
  std::string managed_by;          ///< "systemd-networkd", "NetworkManager"; empty: nobody known
  std::string manager_file;        ///< its file for this interface
  std::string keep_configuration;  ///< networkd's KeepConfiguration=; empty: not set
};

/// A rule or a chain's policy that may drop adverts.
struct FirewallRule {
  std::string chain;           ///< "inet filter input"
  std::string hook;            ///< "input", "output", "forward"
  std::string text;            ///< what it matches and does
  bool explicit_vrrp = false;  ///< it names protocol 112 or VRRP's groups; else: a policy of drop
};

struct NamespaceSettings {
  std::uint64_t netns = 0;
  Ipv4Settings all;  ///< net.ipv4.conf.all
  std::vector<FirewallRule> dropping;
};

struct CgroupLimits {
  std::string name;                             ///< "cpu:/a/b", "unified:/a"
  Number quota_us, period_us, throttled_count;  ///< no quota: nothing
  Number memory_limit, memory_used;             ///< octets; no limit: nothing
};

/// A process that holds a raw socket of IP protocol 112.
struct Keeper {
  int pid = 0;
  std::string comm;
  std::uint64_t netns = 0;
  bool vrrp4 = false, vrrp6 = false;
  Number policy;  ///< SCHED_*: 0 other, 1 FIFO, 2 RR, 6 deadline
  Number rt_priority, nice;
  Number locked_kb, resident_kb, swapped_kb;
  Number oom_score_adj;
  Number autogroup_nice;  ///< nothing: in no autogroup, or it is off
  std::vector<CgroupLimits> cgroups;
  bool logs_to_console = false;  ///< keepalived -l, --log-console
  std::string standard_error;    ///< what descriptor 2 is: "/dev/null", "pipe:[7]", "/dev/pts/0"
  std::string config;            ///< its configuration, as its command line has it
};

/// A process that reads /dev/log, and the files it writes.
struct LogReader {
  int pid = 0;
  std::string comm;
  std::vector<std::string> files;
  std::vector<std::string> devices;  ///< block devices of these files
  std::vector<std::string>
      synchronous;  ///< settings that make it wait for the disk, with their place
};

/// A running QEMU.
struct Guest {
  int pid = 0;
  std::string comm, name;
  Number taps;              ///< descriptors of /dev/net/tun; nothing: they could not be read
  Number vhost_net;         ///< descriptors of /dev/vhost-net
  Number threads;           ///< kernel or own threads named vhost-PID
  bool asks_tap = false;    ///< its command line has a tap back end
  bool asks_vhost = false;  ///< ... with vhost=on or vhostfd
};

struct Disk {
  std::string device;
  std::int64_t busy_permille = 0;  ///< of the sampled time
  std::int64_t in_flight = 0;
};

struct IdleState {
  std::string name;
  std::int64_t exit_latency_us = 0;
  bool disabled = false;
};

/// Of one resource in /proc/pressure, avg60 in hundredths of a percent.
struct Pressure {
  std::string resource;  ///< "cpu", "memory", "io"
  std::int64_t some_avg60 = 0, full_avg60 = 0;
};

struct Cpus {
  std::string driver;                  ///< of cpufreq; empty: none
  std::vector<std::string> governors;  ///< those in use, each once
  std::vector<IdleState> idle_states;  ///< of the first CPU
  std::string isolated;                ///< "2-3"
  Number steal_permille;               ///< of all time since boot
  Number steal_permille_now;           ///< of the sampled time
};

struct Clock {
  std::string source, available;
  Number unsynchronised;  ///< 1: STA_UNSYNC
};

struct Program {
  int pid = 0;
  std::string comm;
};

struct Facts {
  std::string host, kernel;
  std::int64_t sampled_ms = 0;
  hops::Host links;
  std::vector<LinkSettings> settings;
  std::vector<NamespaceSettings> namespaces;
  std::vector<Keeper> keepers;
  std::vector<LogReader> log_readers;
  std::vector<Guest> guests;
  Number vhost_net_loaded, vhost_net_device;  ///< the module (or built in); /dev/vhost-net is there
  std::vector<Disk> disks;
  Cpus cpus;
  std::vector<Pressure> pressure;
  Clock clock;
  std::vector<Program> programs;  ///< time daemons and managers of interfaces that run
  Number swap_total_kb, swap_free_kb;
  Number log_queue;  ///< net.unix.max_dgram_qlen
  std::vector<Unread> unread;
};

inline constexpr int kFactsVersion = 1;

}  // namespace alibi::doctor
