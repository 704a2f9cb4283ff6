// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "doctor/finding.h"

namespace alibi::doctor {
namespace {

using S = Severity;

constexpr std::array kCatalogue = {
    Entry{"guest.no_vhost", S::Warning, "A guest's network is served by its QEMU process",
          "/proc/PID/fd of each QEMU: /dev/net/tun without /dev/vhost-net; threads vhost-PID",
          "QEMU's main loop copies each frame and waits with the guest's disk and monitor: when it "
          "stands still, adverts of a guest that runs well are late or lost.",
          "modprobe vhost_net, vhost=on for the netdev (libvirt: <driver name='vhost'/>), then "
          "stop and start the guest"},
    Entry{"host.no_vhost_net", S::Warning, "vhost_net cannot be used",
          "/sys/module/vhost_net, /dev/vhost-net, while a QEMU runs",
          "A guest that starts now gets its network served by QEMU in user space.",
          "modprobe vhost_net; echo vhost_net > /etc/modules-load.d/vhost_net.conf"},
    Entry{"bridge.vrrp6_not_joined", S::Warning,
          "A snooping bridge will not send IPv6 adverts to a port",
          "bridge settings, querier state and MDB over netlink",
          "With MLD snooping on and a querier known, ff02::12 goes only to ports that asked for "
          "it: the keeper behind this port hears no advert and takes the address.",
          "ip link set BRIDGE type bridge mcast_snooping 0, or restart the keeper so that it "
          "joins again"},
    Entry{"bridge.no_querier", S::Note, "A bridge snoops and knows no IPv6 querier",
          "bridge settings and querier state over netlink",
          "This bridge floods while it knows no querier. A switch behind it that does not, drops "
          "ff02::12 once its memberships have aged (260 s). IPv4 adverts (224.0.0.18) are not "
          "snooped by Linux bridges.",
          "ip link set BRIDGE type bridge mcast_querier 1, or mcast_snooping 0"},
    Entry{"bridge.no_flood", S::Warning, "A bridge port gets no flooded multicast",
          "IFLA_BRPORT_MCAST_FLOOD, bridge(8) mcast_flood",
          "Adverts go to a group that no port can join on the bridge (224.0.0.18), so they are "
          "flooded or nothing: what is behind this port hears none.",
          "bridge link set dev PORT mcast_flood on"},
    Entry{"bridge.isolated", S::Warning, "Two bridge ports are isolated from each other",
          "IFLA_BRPORT_ISOLATED, bridge(8) isolated",
          "Isolated ports hear unisolated ones only: keepers behind both never hear each other.",
          "bridge link set dev PORT isolated off"},
    Entry{"bridge.not_forwarding", S::Warning, "A bridge port does not forward",
          "IFLA_BRPORT_STATE, bridge(8) state",
          "While spanning tree listens or blocks (15 s and more after a port comes up), adverts "
          "stop here: both sides become master.",
          "look at `bridge link`; without redundant links: ip link set BRIDGE type bridge "
          "stp_state 0"},
    Entry{"bridge.no_carrier", S::Note, "A bridge port is up without carrier",
          "IFF_LOWER_UP of the port",
          "Nothing passes here. Where the other keeper is behind this port, it is alone.",
          "find out what should be at its other end (`alibi path`)"},
    Entry{"net.rp_filter", S::Warning, "Strict reverse path filter where two ways are open",
          "max of net.ipv4.conf.all and of the interface (rp_filter = 1)",
          "The kernel drops what comes in by another interface than answers would leave by, after "
          "tcpdump has shown it: adverts and clients of the address.",
          "sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.INTERFACE.rp_filter=2"},
    Entry{"net.arp_ignore", S::Warning, "An interface answers no ARP request",
          "max of net.ipv4.conf.all and of the interface (arp_ignore = 8)",
          "Nobody finds the address once caches have aged, whoever is master.",
          "sysctl -w net.ipv4.conf.INTERFACE.arp_ignore=1"},
    Entry{"net.arp_flux", S::Note, "Two interfaces in one network answer for each other",
          "prefixes of interfaces; arp_ignore, arp_filter",
          "Either interface answers requests for the address: neighbours see its MAC change "
          "though nobody took it over.",
          "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2"},
    Entry{"firewall.drops_vrrp", S::Warning, "A firewall rule drops adverts",
          "`nft -j list ruleset`",
          "A keeper that hears nothing becomes master; one whose adverts do not get out makes the "
          "other one master.",
          "let protocol 112 (and AH, 51, where used) pass ahead of that rule"},
    Entry{"firewall.policy_drop", S::Note, "A chain drops by policy and no rule accepts VRRP",
          "`nft -j list ruleset`",
          "Unless a rule that does not name protocol 112 lets adverts pass, they are dropped.",
          "nft insert rule FAMILY TABLE CHAIN ip protocol 112 accept"},
    Entry{"keeper.not_realtime", S::Warning, "A keeper shares the CPU with everybody",
          "/proc/PID/stat, fields 41 (policy) and 40",
          "Under load it waits its turn behind every other runnable thread: adverts late by more "
          "than the master-down interval move the address.",
          "vrrp_rt_priority 50 in global_defs of keepalived.conf (with vrrp_rlimit_rttime); or "
          "alibi run"},
    Entry{"keeper.nice", S::Warning, "A keeper is behind others by its nice value",
          "/proc/PID/stat field 19, /proc/PID/autogroup",
          "A thread of positive nice gets a small part of a busy CPU, and gets it late.",
          "renice -n 0 -p PID; look at Nice= of its unit"},
    Entry{"keeper.swappable", S::Warning, "A keeper can be swapped out",
          "/proc/PID/status VmLck, VmSwap; /proc/meminfo SwapTotal, SwapFree",
          "Its timers run out while its pages are read from a disk that is busy for the same "
          "reason that they were written.",
          "vrrp_no_swap in global_defs of keepalived.conf; or alibi run"},
    Entry{"keeper.cpu_quota", S::Warning, "A CPU quota holds a keeper",
          "cpu.max or cpu.cfs_quota_us, cpu.stat of its cgroup and every ancestor",
          "When the group's quota is used up, the keeper stands still to the end of the period, "
          "whatever its neighbours in the group used it for.",
          "systemctl set-property --runtime UNIT CPUQuota= ; or move the keeper out of the group"},
    Entry{"keeper.memory_limit", S::Warning, "A cgroup of a keeper is near its memory limit",
          "memory.max, memory.high or memory.limit_in_bytes and the use of it, every ancestor",
          "Each allocation reclaims first, on the keeper's time; then the kernel kills one of the "
          "group.",
          "raise memory.max (MemoryMax= of the unit) or find who uses the group's memory"},
    Entry{"keeper.oom", S::Warning, "A keeper is a preferred victim when memory runs out",
          "/proc/PID/oom_score_adj", "The kernel kills it ahead of others of its size.",
          "OOMScoreAdjust=-1000 in its unit"},
    Entry{"keeper.log_blocks", S::Warning, "A keeper writes its log to a pipe or terminal",
          "/proc/PID/cmdline (-l), /proc/PID/fd/2",
          "Its VRRP thread waits in write(2) when whoever reads there stops (a container's "
          "logger, a terminal with Ctrl-S): no adverts.",
          "run keepalived without -l (--log-console), log to syslog"},
    Entry{"log.sync", S::Warning, "The reader of /dev/log waits for the disk at each line",
          "/etc/rsyslog.conf, /etc/rsyslog.d",
          "keepalived logs in its VRRP thread: a reader that waits for a disk fills the socket, "
          "and keepalived waits for the reader.",
          "$ActionFileEnableSync off; \"-\" ahead of file names"},
    Entry{"log.busy_disk", S::Warning, "The log is on a disk that is busy now",
          "/proc/diskstats twice; files that the reader of /dev/log has open",
          "When the write of a log line waits for that disk, keepalived waits with it.",
          "log to another disk or in memory (journald Storage=volatile), or remotely"},
    Entry{"log.short_queue", S::Note, "/dev/log holds few lines", "net.unix.max_dgram_qlen",
          "A reader that stands still for this many lines stops keepalived.",
          "sysctl -w net.unix.max_dgram_qlen=512, then restart the reader of /dev/log"},
    Entry{"cpu.governor", S::Note, "CPUs are kept at their lowest frequency",
          "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
          "All work takes a multiple of its time, and does not get faster under load.",
          "cpupower frequency-set -g performance"},
    Entry{"cpu.deep_idle", S::Note, "CPUs sleep so deep that they wake late",
          "/sys/devices/system/cpu/cpu0/cpuidle/state*/latency",
          "Matters for adverts every 10 ms to 100 ms only: a wake-up takes this long.",
          "cpupower idle-set -D 1000"},
    Entry{"cpu.stolen", S::Warning, "The hypervisor gives this machine's CPUs to others",
          "/proc/stat, steal",
          "Time that is stolen is time in which no advert is sent or read, in real-time "
          "scheduling as well.",
          "fewer guests on that host, pinned CPUs, or a reservation"},
    Entry{"pressure.cpu", S::Note, "Threads wait for CPUs much of the time", "/proc/pressure/cpu",
          "A keeper of normal priority waits as they do.", "see keeper.not_realtime"},
    Entry{"pressure.memory", S::Warning, "Threads wait for memory", "/proc/pressure/memory",
          "A keeper reclaims and swaps on its own time.", "vrrp_no_swap; find who uses the memory"},
    Entry{"pressure.io", S::Note, "Threads wait for disks much of the time", "/proc/pressure/io",
          "What blocks a log's reader or a tracked script blocks keepalived.", "see log.busy_disk"},
    Entry{"link.short_queue", S::Warning, "A tap has a short queue",
          "txqueuelen of the tap, its dropped counter",
          "A guest that is not scheduled for the time the queue holds loses frames, adverts among "
          "them.",
          "ip link set dev TAP txqueuelen 1000"},
    Entry{"link.tap_drops", S::Warning, "A tap has lost frames for its guest",
          "tx_dropped of the tap",
          "Its reader (QEMU or vhost) did not keep up: adverts for the guest may be among them.",
          "see guest.no_vhost; ip link set dev TAP txqueuelen 10000"},
    Entry{"link.qdisc_drops", S::Note, "The queueing discipline of a VRRP interface has dropped",
          "`tc -s qdisc`",
          "Adverts stand in the same queue as everything else, and sendto(2) does not say that "
          "one was dropped.",
          "a prio or fq band of its own for adverts, or a longer queue"},
    Entry{"link.manager", S::Warning, "A manager of interfaces may remove the address",
          "/run/systemd/netif/links, KeepConfiguration=; /run/NetworkManager/devices",
          "systemd-networkd removes addresses that it did not set when it (re)configures the "
          "interface, as after an upgrade; keepalived sees its address gone and steps back.",
          "KeepConfiguration=yes (in [Network] of the interface's file), or Unmanaged=yes in a "
          "[Link] section; nmcli device set INTERFACE managed no"},
    Entry{"link.mtu", S::Note, "MTUs differ along a bridge, a pair or a tunnel",
          "MTU of each interface",
          "What is larger than the smallest one is dropped without an answer: not adverts (small, "
          "unless they list many addresses), but clients' data, and then tracked checks.",
          "one MTU for all; a VXLAN 50 less than below (70 over IPv6)"},
    Entry{"clock.source", S::Warning, "The clock is read from slow hardware",
          "/sys/devices/system/clocksource/clocksource0/current_clocksource",
          "Each reading leaves the CPU (in a guest: the guest); timers wait and differ between "
          "CPUs. The kernel changes to it when it distrusts the TSC.",
          "look for \"clocksource\" in dmesg; tsc=reliable where the hardware is known to be"},
    Entry{"clock.unsynchronised", S::Note, "The clock is not synchronised",
          "adjtimex(2) STA_UNSYNC",
          "Does not move an address; logs and captures of both hosts cannot be compared.",
          "start one of chrony, systemd-timesyncd, ntpd"},
    Entry{"clock.two_daemons", S::Warning, "Two programs set the clock", "/proc/*/comm",
          "They pull against each other; steps make timeouts of tracked scripts and logs wrong.",
          "stop all but one"},
};

}  // namespace

std::string_view name(Severity severity) {
  return severity == Severity::Warning ? "warning" : "note";
}

std::string_view name(Sure sure) {
  return sure == Sure::Certain ? "certain" : sure == Sure::Likely ? "likely" : "possible";
}

std::span<const Entry> catalogue() { return kCatalogue; }

const Entry& entry(std::string_view id) {
  const auto* it = std::find_if(kCatalogue.begin(), kCatalogue.end(),
                                [&](const Entry& e) { return e.id == id; });
  CHECK(it != kCatalogue.end());
  return *it;
}

std::string catalogue_markdown() {
  std::string out =
      "# Findings of `alibi doctor`\n\n"
      "Generated by `alibi doctor --findings`. What cannot be read accuses nobody: it is listed "
      "as\n"
      "not read. certain: the mechanism is in place; likely: it has left traces, or needs only\n"
      "load; possible: whether it harms depends on what this host cannot show.\n";
  for (const Entry& e : kCatalogue) {
    out += fmt::format("\n## {}\n\n{} ({}).\n\n- Seen in: {}\n- Why: {}\n- Fix: {}\n", e.id,
                       e.title, name(e.severity), e.seen_in, e.why, e.fix);
  }
  return out;
}

}  // namespace alibi::doctor
