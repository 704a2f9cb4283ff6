// SPDX-License-Identifier: Apache-2.0
// For tests: a host with nothing to find, to be spoilt in one place at a time.
#pragma once

#include <string>

#include "doctor/facts.h"

namespace alibi::doctor::testing {

inline hops::Link link(std::uint64_t netns, int index, const std::string& name,
                       const std::string& kind) {
  hops::Link l;
  l.id = {netns, index};
  l.name = name;
  l.kind = kind;
  l.mtu = 1500;
  l.up = true;
  return l;
}

inline LinkSettings settings(std::uint64_t netns, int index) {
  LinkSettings s;
  s.netns = netns;
  s.index = index;
  s.admin_up = s.carrier = true;
  s.tx_queue_length = 1000;
  s.tx_dropped = 0;
  s.qdisc = "noqueue";
  s.ipv4 = {0, 0, 0, 0};
  return s;
}

inline Keeper keeper(int pid, std::uint64_t netns) {
  Keeper k;
  k.pid = pid;
  k.comm = "keepalived";
  k.netns = netns;
  k.vrrp4 = k.vrrp6 = true;
  k.policy = 2;
  k.rt_priority = 50;
  k.nice = 0;
  k.locked_kb = 4000;
  k.resident_kb = 4000;
  k.swapped_kb = 0;
  k.oom_score_adj = 0;
  k.standard_error = "/dev/null";
  k.config = "/etc/keepalived/keepalived.conf";
  return k;
}

/// Namespace 1 is the host's own: bridge br0 (index 1) with ports vA (2), vB (3) and tap0 (4, held
/// by a QEMU with vhost). The other ends of vA and vB are eth0 (1) of namespaces 2 and 3, each with
/// a real-time keepalived (pids 20, 30) for IPv4 and IPv6. Their settings are in the order br0, vA,
/// vB, tap0, eth0, eth0.
inline Facts healthy() {
  Facts f;
  f.host = "host";
  f.links.name = "host";
  f.links.namespaces = {{1, ""}, {2, "lb1"}, {3, "lb2"}};
  f.links.links = {link(1, 1, "br0", "bridge"), link(1, 2, "vA", "veth"),
                   link(1, 3, "vB", "veth"),    link(1, 4, "tap0", "tun"),
                   link(2, 1, "eth0", "veth"),  link(3, 1, "eth0", "veth")};
  f.links.links[1].other = {2, 1};
  f.links.links[2].other = {3, 1};
  f.links.links[4].other = {1, 2};
  f.links.links[5].other = {1, 3};
  f.links.links[3].holder = "qemu-system-x86 (pid 40)";
  for (int i = 1; i <= 3; ++i) f.links.links[static_cast<std::size_t>(i)].master = 1;
  f.settings = {settings(1, 1), settings(1, 2), settings(1, 3),
                settings(1, 4), settings(2, 1), settings(3, 1)};
  f.settings[0].bridge = Bridge{1, 1, {2, 3}};
  for (std::size_t i = 1; i <= 3; ++i) f.settings[i].port = BridgePort{1, 0, 3, 1};
  f.settings[4].prefixes = {{"192.0.2.1", 24}, {"192.0.2.7", 32}};
  f.settings[5].prefixes = {{"192.0.2.2", 24}};
  for (const std::uint64_t netns : {1U, 2U, 3U}) f.namespaces.push_back({netns, {0, 0, 0, 0}, {}});
  f.keepers = {keeper(20, 2), keeper(30, 3)};
  f.guests = {{40, "qemu-system-x86", "web", 1, 1, 1, true, true}};
  f.vhost_net_loaded = f.vhost_net_device = 1;
  f.log_readers = {{50, "rsyslogd", {"/var/log/syslog"}, {"vda1"}, {}}};
  f.disks = {{"vda1", 100, 0}};
  f.sampled_ms = 500;
  f.cpus = {"intel_pstate", {"powersave"}, {{"C6", 170, false}}, "", 0, 0};
  f.pressure = {{"cpu", 100, 0}, {"memory", 0, 0}, {"io", 100, 0}};
  f.clock = {"tsc", "tsc hpet acpi_pm", 0};
  f.programs = {{60, "chronyd"}};
  f.swap_total_kb = f.swap_free_kb = 1000000;
  f.log_queue = 512;
  return f;
}

}  // namespace alibi::doctor::testing
