// SPDX-License-Identifier: Apache-2.0
// The catalogue. A code that no rule names yet is not in it.
#include "investigate/cause.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace alibi::investigate {
namespace {

constexpr auto kCatalogue = std::to_array<CatalogueEntry>({
    {"host.cpu.starved", "The sender wanted a CPU and others held it.",
     "scheduler events: runnable for half of the overdue time or more, and who ran meanwhile",
     "an idle CPU in that time, a quota used up, or a CPU that took no timer interrupts or that "
     "the hypervisor took",
     "Give the daemon real-time priority (vrrp_rt_priority) or its host more CPU; look at the "
     "process named."},
    {"host.cpu.throttled", "The CPU quota of the sender's cgroup was used up.",
     "runnable while cpu.stat of its cgroup or an ancestor counted throttled time",
     "cpu.stat did not move in that time",
     "Raise or remove cpu.max / cpu.cfs_quota_us of the cgroup, or move the daemon out of it."},
    {"host.cpu.stolen", "The hypervisor ran something else on the sender's CPUs.",
     "no timer interrupt on the CPU for more than 100 ms (perf event cpu-clock), or the sender "
     "running or wanting it; and /proc/stat counts half of that time as stolen or more",
     "nothing was stolen meanwhile",
     "Look at the load of the machine that runs this guest; give the guest CPUs of its own."},
    {"host.paused", "The sender's whole machine stood still.",
     "none of its CPUs, of two or more, took a timer interrupt for more than 100 ms at the same "
     "time, and of none of them half of it counts as stolen",
     "one of its CPUs ran",
     "Look for snapshots, migration or a stopped guest at its hypervisor; for a real machine, its "
     "firmware."},
    {"host.process.stopped", "A signal stopped the process.",
     "state T at the switch-out; the stop signal and its sender", "no stopped state in the gap",
     "Ask the sender of the signal; a debugger or job control may have done it."},
    {"host.process.frozen", "A cgroup freezer held the process.",
     "freezer.state or cgroup.events, or the freezer's functions on the kernel stack; by "
     "whom: who woke it straight into the freezer",
     "the cgroup was thawed in that time",
     "Find who froze the cgroup: container pause, suspend, snapshot tools."},
    {"host.process.crashed", "The process ended by a fault of its own.",
     "its exit code holds a fault signal that no other process sent, or a status that is not 0",
     "a signal from another process", "Look for a core dump and its log; update the daemon."},
    {"host.process.killed", "Another process, or the kernel for want of memory, killed it.",
     "its exit code and the sender of the signal, or the kernel's choice of an OOM victim",
     "no such signal was sent, or its next advert was overdue before it",
     "Ask the sender of the signal; for OOM give the host memory."},
    {"host.process.busy", "The sender was on the CPU with other work of its own.",
     "scheduler events: running for half of the overdue time or more",
     "it slept or waited in that time", "Look at the size of its configuration, reloads, dumps."},
    {"host.io.disk", "The sender waited for a block device.",
     "it slept in a function of the block layer or page cache; the file and device it waited for",
     "it waited in the freezer, a lock or a remote file system instead",
     "Take the daemon's files off that disk; see who else uses it; look at the disk's host."},
    {"host.io.filesystem", "The sender waited for a frozen or remote file system.",
     "it slept in the freeze lock of the file system, or in NFS, FUSE, Ceph, CIFS",
     "it waited for the block device instead",
     "Backups and snapshots freeze file systems: keep the daemon's files elsewhere."},
    {"host.io.log", "The reader of its log did not read, and writing the log blocked the sender.",
     "it slept writing to its standard output, or to the socket of syslog or the journal",
     "the descriptor was not its log, or the reader itself wanted a CPU",
     "Log to something that cannot block; look why the reader stood still."},
    {"host.memory.reclaim", "The sender had to find memory to free, or lost its own pages to that.",
     "the kernel's marks of its reclaim, sleep in reclaim or at memory.high, or waits for pages of "
     "files that the kernel counts as memory stalls",
     "others reclaimed and it did not, or it read pages for the first time",
     "Give the cgroup or the machine more memory; lock the daemon's memory; move what eats it."},
    {"host.memory.swap", "The sender's memory was in swap and had to be read back.",
     "it slept in the swap-in of a page fault", "it waited for pages of files instead",
     "Take the daemon out of swap (mlock, memory.swap.max 0, swappiness 0), give more memory."},
    {"host.net.link_down", "A link that the sender needs was down.",
     "rtnetlink: no carrier or set down; its own, or by its configuration tracked: without weight "
     "for a resignation, with the step of the priority as weight else",
     "the link was up in that time, or is not tracked",
     "Look at the interface, its cable, bond or virtual switch."},
    {"host.net.address_removed", "The address that adverts left from was taken off its interface.",
     "rtnetlink: the source of the adverts removed just before the sender resigned or fell silent",
     "it was put back in time",
     "Find who manages the interface: networkd, NetworkManager, cloud-init, a script."},
    {"host.net.firewall", "A packet filter of the sender's own host dropped its adverts.",
     "kfree_skb with the reason of a filter (NETFILTER_DROP, TC_EGRESS, BPF_CGROUP_EGRESS) for the "
     "adverts that were due, on their way out",
     "fewer drops than adverts due, or drops of other packets",
     "Look at the rules (nft list ruleset, iptables-save, tc filter show, bpftool cgroup tree) and "
     "who changed them: protocol 112 must pass."},
    {"host.net.qdisc", "The queue of the sender's own interface dropped its adverts.",
     "kfree_skb with a reason of a qdisc for the adverts that were due, on their way out",
     "fewer drops than adverts due",
     "Look at tc -s qdisc and at who fills the queue; give protocol 112 a band of its own."},
    {"host.net.neighbour", "The sender's kernel did not learn the MAC address of its unicast peer.",
     "kfree_skb with NEIGH_FAILED or NEIGH_QUEUEFULL for the adverts that were due, on their way "
     "out",
     "fewer drops than adverts due",
     "Is the peer up? If it is, see whether ARP (IPv6: neighbour discovery) passes between the "
     "two; "
     "ip neigh."},
    {"network.loss", "Adverts that were sent were lost on a segment.",
     "present at the tap before the segment, absent at the tap behind it",
     "the capture itself lost frames", "Look at filters, queues and load of that segment."},
    {"network.cut", "Nothing at all came through a segment.",
     "adverts present before and absent behind it, and no other frame behind it, or its link down",
     "other frames came through", "Look at the link, port or tunnel of that segment."},
    {"peer.starved", "The receiver wanted a CPU to read adverts that had arrived; others held it.",
     "adverts at its own tap in time; its thread runnable meanwhile, and who ran",
     "an advert met it waiting for work, an idle CPU, or a quota used up",
     "Give the receiver real-time priority (vrrp_rt_priority) or its host more CPU."},
    {"peer.throttled", "The receiver's CPU quota was used up while adverts waited for it.",
     "adverts at its own tap in time; runnable while cpu.stat counted throttled time",
     "an advert met it waiting for work, or cpu.stat did not move",
     "Raise or remove the quota of the receiver's cgroup, or move the daemon out of it."},
    {"peer.stopped", "The receiver was stopped by a signal while adverts waited for it.",
     "adverts at its own tap in time; its state T, the stop signal and its sender",
     "an advert met it waiting for work", "Ask the sender of the signal."},
    {"peer.frozen", "A cgroup freezer held the receiver while adverts waited for it.",
     "adverts at its own tap in time; freezer.state, cgroup.events or the freezer on its stack",
     "an advert met it waiting for work",
     "Find who froze the cgroup: container pause, suspend, snapshot tools."},
    {"peer.busy", "The receiver was on the CPU with other work while adverts waited for it.",
     "adverts at its own tap in time; its thread running for half of that time or more",
     "an advert met it waiting for work, or its socket overflowed",
     "Look at the size of its configuration, reloads, dumps."},
    {"peer.io.disk", "The receiver waited for a block device while adverts waited for it.",
     "adverts at its own tap in time; as host.io.disk", "as host.io.disk",
     "Take the daemon's files off that disk."},
    {"peer.io.filesystem",
     "The receiver waited for a frozen or remote file system while adverts waited for it.",
     "adverts at its own tap in time; as host.io.filesystem", "as host.io.filesystem",
     "Backups and snapshots freeze file systems: keep the daemon's files elsewhere."},
    {"peer.io.log", "The receiver was blocked writing its log while adverts waited for it.",
     "adverts at its own tap in time; as host.io.log", "as host.io.log",
     "Log to something that cannot block; look why the reader stood still."},
    {"peer.socket_overflow", "The receiver's socket was full: adverts were dropped before it.",
     "adverts at its own tap in time; drops in /proc/net/raw moved while its thread was reading",
     "its thread was held: then the overflow is a symptom",
     "Find who floods protocol 112; raise net.core.rmem_default."},
    {"peer.firewall", "A packet filter of the receiver's host dropped adverts that had arrived.",
     "adverts at its own tap in time; kfree_skb with NETFILTER_DROP or TC_INGRESS for each of them",
     "one of them was not dropped",
     "Look at the rules (nft list ruleset, iptables-save, tc filter show): protocol 112 must "
     "pass."},
    {"peer.route", "The receiver's routes made its kernel drop adverts that had arrived.",
     "adverts at its own tap in time; kfree_skb with IP_RPFILTER for each of them",
     "one of them was not dropped",
     "Compare ip route get SENDER on the receiver with the interface; see sysctl rp_filter."},
    {"peer.rejects", "Adverts arrived in a state in which every receiver discards them.",
     "TTL (hop limit) other than 255 at the tap where the receiver listens, or unicast for its "
     "address in frames for another MAC address (kfree_skb with OTHERHOST)",
     "the receiver acted on such adverts",
     "Look what changes the TTL on the way (routing, a firewall's rewriting, a proxy of "
     "multicast), or at ip neigh of the sender."},
    {"config.mismatch", "Two routers are configured so that one discards the other's adverts.",
     "both advertise, and their adverts differ in password, interval, addresses or version",
     "the adverts agree, or the one heeded such adverts before",
     "Give both the same authentication, advert_int, virtual_ipaddress and version."},
    {"config.duplicate_vrid", "Two pairs use one virtual router id in one network.",
     "two routers of one VRID advertise, and never had a virtual address in common",
     "an address in common, now or before", "Give one of the pairs another virtual_router_id."},
    {"service.down", "A tracked script failed; the address moved as it should.",
     "exit code of the script before the priority fell or the master resigned",
     "the script succeeded again before, or had never succeeded, or its weight is not the step",
     "See to the service that the script asks for."},
    {"service.check_hung", "A tracked script did not end in time.",
     "the daemon itself ended the run by a signal", "the run ended by itself",
     "See why the check hangs; give it a timeout of its own."},
    {"admin.stopped", "Somebody stopped the daemon in an orderly way.",
     "SIGTERM, SIGINT or SIGQUIT from another process before it resigned or ended",
     "no such signal was sent", "None, if it was meant."},
    {"admin.reloaded",
     "The daemon was told to read its configuration anew, and then did otherwise.",
     "SIGHUP from another process between the last advert and the change, and another "
     "configuration than before",
     "it went on as before after the signal, or the configuration has nothing new that explains it",
     "None, if it was meant; compare the old configuration with the new."},
    {"unknown", "The evidence does not name a cause.", "none", "none",
     "See the daemon's log of that moment; where no host was watched, run alibi record there, as "
     "root."},
});

}  // namespace

std::span<const CatalogueEntry> catalogue() { return kCatalogue; }

const CatalogueEntry& entry_of(std::string_view code) {
  const auto it = std::find_if(kCatalogue.begin(), kCatalogue.end(),
                               [&](const CatalogueEntry& e) { return e.code == code; });
  CHECK(it != kCatalogue.end());
  return *it;
}

}  // namespace alibi::investigate
