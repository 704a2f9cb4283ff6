# SPDX-License-Identifier: Apache-2.0
"""alibi and keepalived over what they do to the network: virtual MACs, other groups, TTLs, pace of
gratuitous ARP, firewall rules, routes. The same configuration for both, but for priorities."""
import json
import re
import subprocess
import time
from collections import Counter

from decode import complaints, tshark
from pairing import Pairing, wait_until
from peers import Keepalived, mac

CONFIG = """
global_defs {{
    router_id {name}
    {definitions}
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 79
    priority {priority}
    {options}
    virtual_ipaddress {{
        {vips}
    }}
}}
"""
VIP = "10.78.0.100"
VMAC = "00:00:5e:00:01:4f"


def config(name, priority, options="", definitions="", vips=VIP):
    return CONFIG.format(name=name, priority=priority, options=options, definitions=definitions,
                         vips=vips)


def held(namespace, address):
    """The interface an address is on, or None."""
    for link in json.loads(namespace.ip("-j", "addr", "show")):
        for info in link.get("addr_info", []):
            if info.get("local") == address:
                return link["ifname"]
    return None


class Network(Pairing):
    def pair(self, ours, theirs, options="", definitions="", vips=VIP):
        def text(name, priority):
            def of(value):
                return value(name) if callable(value) else value
            return config(name, priority, of(options), of(definitions), vips)
        self.use(text("alibi", ours),
                 Keepalived(self.right, self.directory, text("peer", theirs)))

    def wait_held(self, namespace, interface, address=VIP, timeout=8):
        wait_until(lambda: held(namespace, address) == interface, timeout,
                   lambda: f"{address} on {interface}, it is on {held(namespace, address)}; alibi:\n"
                           + self.alibi_log())

    def gratuitous(self, path, sender):
        return [(float(row[0]), row[1]) for row in
                tshark(path, f"eth.src == {sender} && arp.isgratuitous", "frame.time_epoch",
                       "arp.src.proto_ipv4")]

    def test_virtual_mac_pair_both_ways(self):
        self.pair(150, 100, "use_vmac")
        self.peer.start()
        self.wait_held(self.right, "vrrp.79")
        self.alibi.start()
        self.wait_held(self.left, "vrrp.79")
        self.wait_held(self.right, None)
        # One master, its frames from the virtual MAC, its source that of the interface below.
        begin = time.time()
        self.assertEqual(self.wait_adverts(begin), {self.ours})
        self.assertIn("macvlan mode private", self.left.ip("-d", "link", "show", "vrrp.79"))
        self.right.exec("ping", "-c", "1", "-W", "2", VIP)
        self.assertIn(VMAC, self.right.ip("neigh", "show", VIP))
        self.assertEqual(self.alibi.process.stop(), 0)
        self.wait_held(self.right, "vrrp.79", timeout=2)
        self.assertNotIn("vrrp.79", self.left.ip("link", "show"))
        self.assertEqual(self.setting("arp_ignore") + self.setting("arp_filter"), "00")
        path = self.record.close()
        frames = tshark(path, f"vrrp && ip.src == {self.ours}", "eth.src", "vrrp.checksum.status")
        self.assertGreater(len(frames), 2)
        self.assertEqual({tuple(row) for row in frames}, {(VMAC, "1")})
        self.assertEqual(complaints(path, VMAC), [])

    def setting(self, name, device="eth0"):
        return self.left.exec("sysctl", "-n", f"net.ipv4.conf.{device}.{name}").strip()

    def test_backup_does_not_show_its_virtual_mac(self):
        self.pair(100, 150, "use_vmac")
        self.peer.start()
        self.wait_held(self.right, "vrrp.79")
        self.alibi.start()
        self.alibi.process.expect("Entering BACKUP STATE")
        begin = time.time()
        self.assertEqual(self.wait_adverts(begin, 4), {self.theirs})
        sent = self.left.exec("cat", "/sys/class/net/vrrp.79/statistics/tx_packets").strip()
        self.assertEqual(sent, "0")

    def test_virtual_mac_with_base_interface_made_again(self):
        self.pair(150, 100, "use_vmac")
        self.alibi.start()
        self.wait_held(self.left, "vrrp.79")
        self.left.ip("link", "del", "eth0")
        self.alibi.process.expect("Entering FAULT STATE", 5)
        self.lab.switch.ip("link", "add", "name", "left", "type", "veth", "peer", "name", "eth0",
                           "netns", self.left.name)
        self.lab.switch.ip("link", "set", "dev", "left", "master", "br0", "up")
        self.left.add_address("10.78.0.1/24")
        self.left.ip("link", "set", "eth0", "up")
        self.wait_held(self.left, "vrrp.79", timeout=10)
        self.assertEqual(self.wait_adverts(time.time()), {self.ours})

    def test_base_interface_transmits(self):
        self.pair(150, 100, "use_vmac\n    vmac_xmit_base")
        self.peer.start()
        self.wait_held(self.right, "vrrp.79")
        self.alibi.start()
        self.wait_held(self.left, "vrrp.79")
        self.wait_held(self.right, None)
        self.wait_adverts(time.time())
        path = self.record.close()
        frames = tshark(path, f"vrrp && ip.src == {self.ours}", "eth.src")
        self.assertEqual({row[0] for row in frames}, {mac(self.left)})

    def test_virtual_mac_ipv6(self):
        vips = "fe80::79\n2001:db8::79/64"
        self.pair(150, 100, "version 3\n use_vmac", vips=vips)
        for host in (self.left, self.right):
            wait_until(lambda h=host: "tentative" not in h.ip("-6", "addr", "show", "dev", "eth0"),
                       10, "duplicate address detection")
        self.peer.start()
        self.wait_held(self.right, "vrrp.79", "fe80::79")
        self.alibi.start()
        self.wait_held(self.left, "vrrp.79", "fe80::79")
        self.wait_held(self.right, None, "fe80::79")
        self.wait_adverts(time.time())
        path = self.record.close()
        link_local = [a for a in self.left.addresses() if a.startswith("fe80")][0]
        frames = tshark(path, f"vrrp && ipv6.src == {link_local}", "eth.src",
                        "vrrp.checksum.status")
        self.assertEqual({tuple(row) for row in frames}, {("00:00:5e:00:02:4f", "1")})

    def test_other_multicast_groups(self):
        for options, definitions, group in (
                ("mcast_dst_ip 224.0.0.77", "", "224.0.0.77"),
                ("", "vrrp_mcast_group4 224.0.0.88", "224.0.0.88")):
            with self.subTest(group):
                self.pair(150, 100, options, definitions)
                self.peer.start()
                self.wait_peer(True, VIP)
                self.alibi.start()
                self.alibi.wait_vip(True, 8, VIP)
                self.wait_peer(False, VIP)
                trace = self.right.start(["tcpdump", "-ni", "eth0", "-l", "ip", "proto", "112"])
                trace.expect(rf"{self.ours} > {group}: VRRPv2", 5)
                self.assertIsNone(trace.find(r"> 224\.0\.0\.18"))
                trace.stop()
                self.alibi.process.stop()
                self.wait_peer(True, VIP, 3)
                self.peer.stop()

    def test_other_multicast_group_ipv6(self):
        self.pair(150, 100, "version 3", "vrrp_mcast_group6 ff02::77", "fe80::79")
        for host in (self.left, self.right):
            wait_until(lambda h=host: "tentative" not in h.ip("-6", "addr", "show", "dev", "eth0"),
                       10, "duplicate address detection")
        self.peer.start()
        self.wait_peer(True, "fe80::79")
        self.alibi.start()
        self.alibi.wait_vip(True, 8, "fe80::79")
        self.wait_peer(False, "fe80::79")
        self.wait_adverts(time.time())
        path = self.record.close()
        for host in (self.left, self.right):
            groups = {row[0] for row in tshark(path, f"vrrp && eth.src == {mac(host)}", "ipv6.dst")}
            self.assertEqual(groups, {"ff02::77"})

    def test_unicast_without_peers_is_a_fault_when_asked_for(self):
        def options(name):
            return "unicast_fault_no_peer\n unicast_src_ip " + (
                self.ours if name == "alibi" else self.theirs)
        self.pair(150, 100, options)
        self.peer.process = self.right.start(["keepalived", "-n", "-l", "-D", "-P", "-f",
                                              self.peer.file, "-p", self.peer.pid_file("parent"),
                                              "-r", self.peer.pid_file("vrrp")])
        self.peer.process.expect("unicast without any peers - going to fault state", 10)
        self.alibi.start()
        self.alibi.process.expect("Entering FAULT STATE.*there is no unicast_peer", 10)
        time.sleep(5)
        self.assertIsNone(held(self.left, VIP))
        self.assertEqual(self.adverts.adverts(), [])

    def test_unknown_virtual_router_is_logged(self):
        self.use(config("alibi", 150, "", "log_unknown_vrids"),
                 Keepalived(self.right, self.directory,
                            config("peer", 100, "", "log_unknown_vrids", "10.78.0.101").replace(
                                "virtual_router_id 79", "virtual_router_id 80")))
        self.peer.start()
        self.alibi.start()
        self.alibi.process.expect(
            rf"Unknown VRID\(80\) received on interface\(eth0\) from {self.theirs}", 8)
        self.peer.process.expect(r"Unknown VRID\(79\) received on interface\(eth0\)", 8)
        self.wait_adverts(time.time(), 6)
        said = [line for _, line in self.alibi.process.lines if "Unknown VRID" in line]
        self.assertEqual(len(said), 1, "once is enough")

    def test_minimal_gratuitous_arp(self):
        self.pair(150, 100, "", "vrrp_min_garp")
        self.peer.start()
        self.wait_peer(True, VIP)
        time.sleep(6)  # a second block would come after five seconds
        self.peer.stop()
        begin = time.time()
        self.alibi.start()
        self.alibi.wait_vip(True, 8, VIP)
        time.sleep(6)
        path = self.record.close()
        ours = [at for at, _ in self.gratuitous(path, mac(self.left)) if at > begin]
        self.assertEqual((len(self.gratuitous(path, mac(self.right))), len(ours)), (1, 1))

    def other_interfaces(self):
        """A second and a third interface on both hosts."""
        for host in (self.left, self.right):
            for name in ("other0", "third0"):
                host.ip("link", "add", name, "type", "veth", "peer", "name", "far-" + name)
                for link in (name, "far-" + name):
                    host.ip("link", "set", link, "up")

    def names(self, host):
        return {link["ifname"]: (link["link"], link["address"])
                for link in json.loads(host.ip("-j", "-d", "link", "show"))
                if link.get("linkinfo", {}).get("info_kind") == "macvlan"}

    def test_names_and_places_of_virtual_macs_are_those_of_keepalived(self):
        self.other_interfaces()
        second = """
            vrrp_instance VI_2 {
                interface eth0
                virtual_router_id 79
                version 3
                use_vmac
                virtual_ipaddress {
                    fe80::79
                    2001:db8::1 dev other0 use_vmac
                }
            }"""
        for options, definitions, vips in (
                ("use_vmac", "vmac_prefix vm\n vmac_addr_prefix va",
                 f"{VIP}\n 10.88.0.1/24 dev other0 use_vmac"),
                ("use_vmac\n use_vmac_addr", "vmac_prefix vm",
                 f"{VIP}\n 10.88.0.1/24 dev other0\n 10.89.0.1/24 dev third0"),
                ("use_vmac given0 02:00:00:00:00:05", "", f"{VIP}\n 10.89.0.1/24 dev third0"),
                ("", "", f"{VIP} use_vmac\n 10.88.0.1/24 dev other0 use_vmac")):
            with self.subTest(options):
                self.pair(150, 100, options, definitions, vips)
                for file in (self.alibi.file, self.peer.file):
                    with open(file, "a", encoding="utf-8") as out:
                        out.write(second)
                self.peer.start()
                wait_until(lambda: held(self.right, VIP), 10, "the peer's address")
                theirs = self.names(self.right)
                places = {a: held(self.right, a) for a in (VIP, "10.88.0.1", "10.89.0.1")}
                self.peer.stop()
                self.alibi.start()
                wait_until(lambda: held(self.left, VIP), 10, self.alibi_log)
                self.assertEqual(self.names(self.left), theirs)
                self.assertEqual({a: held(self.left, a) for a in places}, places)
                self.assertEqual(self.alibi.process.stop(), 0)
                self.assertEqual(self.names(self.left), {})

    def test_interfaces_that_are_announced_from_time_to_time(self):
        self.other_interfaces()
        other = "10.88.0.1/24 dev other0"
        for options, vips, repeated in (
                ("garp_extra_if 1", f"{VIP}\n {other}", set()),
                ("garp_extra_if all 1", f"{VIP}\n {other}", {"other0"}),
                ("garp_extra_if 1", f"{VIP}\n {other} use_vmac", {"vrrp.79"}),
                ("use_vmac\n garp_extra_if all 1", f"{VIP}\n {other}", {"other0"})):
            with self.subTest(options):
                self.pair(150, 100, options + "\n garp_master_delay 0\n garp_master_repeat 2",
                          vips=vips)
                for process, host in ((self.peer, self.right), (self.alibi, self.left)):
                    process.start()
                    log = process.process
                    wait_until(lambda h=host: held(h, VIP), 10, log.text)
                    time.sleep(4)
                    sent = Counter(m[1] for _, line in list(log.lines)
                                   if (m := re.search(r"Sending gratuitous ARP on (\S+)", line)))
                    log.stop()
                    self.assertEqual({name for name, n in sent.items() if n > 3}, repeated)
                    self.assertEqual({n for name, n in sent.items() if name not in repeated},
                                     {2})

    def test_unicast_ttl_is_what_the_peer_demands(self):
        def options(name):
            mine, other = (1, 2) if name == "alibi" else (2, 1)
            return (f"unicast_src_ip 10.78.0.{mine}\n unicast_ttl 33\n unicast_peer {{\n"
                    f" 10.78.0.{other} min_ttl 33 max_ttl 33\n }}")
        self.pair(150, 100, options)
        self.peer.start()
        self.wait_peer(True, VIP)
        self.alibi.start()
        self.alibi.wait_vip(True, 8, VIP)
        self.wait_peer(False, VIP)
        self.wait_adverts(time.time())
        path = self.record.close()
        for source in (self.ours, self.theirs):
            ttls = {row[0] for row in tshark(path, f"vrrp && ip.src == {source}", "ip.ttl")}
            self.assertEqual(ttls, {"33"})

    def test_gratuitous_arp_counts_and_pace_are_those_of_keepalived(self):
        vips = "\n".join(f"10.78.0.{n}" for n in (100, 101, 102))
        definitions = "vrrp_garp_interval 0.2"
        options = "garp_master_delay 2\n garp_master_repeat 3"
        self.pair(150, 100, options, definitions, vips)
        self.peer.start()
        self.wait_peer(True, VIP)
        time.sleep(4)
        self.peer.stop()
        begin = time.time()
        self.alibi.start()
        self.alibi.wait_vip(True, 8, VIP)
        time.sleep(4)
        path = self.record.close()
        theirs = self.gratuitous(path, mac(self.right))
        ours = [(at, who) for at, who in self.gratuitous(path, mac(self.left)) if at > begin]
        self.assertEqual(len(ours), len(theirs))
        self.assertEqual(sorted(who for _, who in ours), sorted(who for _, who in theirs))
        for seen in (ours, theirs):
            gaps = [b[0] - a[0] for a, b in zip(seen, seen[1:])]
            self.assertGreater(min(gaps), 0.19)
            self.assertGreater(max(gaps), 1.0)  # garp_master_delay

    def test_no_accept_closes_the_address_and_neighbours_still_find_it(self):
        vips = f"{VIP}\n"
        definitions = ("nftables closed\n nftables_priority 5\n nftables_counters\n"
                       "nftables_ifindex")
        self.pair(150, 100, "no_accept", definitions, vips)
        self.left.start(["busybox", "nc", "-l", "-p", "8080"])
        self.alibi.start()
        self.alibi.wait_vip(True, 8, VIP)
        refused = subprocess.run(["ip", "netns", "exec", self.right.name, "ping", "-c", "1", "-W",
                                  "1", VIP], capture_output=True, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(mac(self.left), self.right.ip("neigh", "show", VIP))
        self.right.exec("ping", "-c", "1", "-W", "2", self.ours)
        tcp = subprocess.run(["ip", "netns", "exec", self.right.name, "busybox", "nc", "-w", "1",
                              VIP, "8080"], input=b"x", capture_output=True, check=False)
        self.assertNotEqual(tcp.returncode, 0)
        ours = self.left.exec("nft", "list", "table", "inet", "closed")
        self.alibi.process.stop()
        self.assertEqual(self.left.exec("nft", "list", "tables").strip(), "")
        self.peer.start()
        self.wait_peer(True, VIP)
        theirs = self.right.exec("nft", "list", "table", "ip", "closed")
        for table in (ours, theirs):
            self.assertIn(f"elements = {{ {VIP} }}", table)
            for hook in ("input", "output"):
                self.assertIn(f"hook {hook} priority filter + 5; policy accept;", table)
            self.assertRegex(table, r"ip saddr @vips4? counter packets \d+ bytes \d+ drop")
        # The ping and the segments that came for it.
        self.assertGreater(int(re.search(r"ip daddr @vips4 counter packets (\d+)", ours)[1]), 1)

    def test_strict_mode_closes_the_address(self):
        self.pair(150, 100, "", "vrrp_strict")

        def answers(host, other):
            done = subprocess.run(["ip", "netns", "exec", other.name, "ping", "-c", "1", "-W", "1",
                                   VIP], capture_output=True, check=False)
            return held(host, VIP) == "eth0" and done.returncode == 0
        self.peer.start()
        self.wait_peer(True, VIP)
        self.assertFalse(answers(self.right, self.left))
        self.alibi.start()
        self.alibi.wait_vip(True, 8, VIP)
        self.wait_peer(False, VIP)
        self.assertFalse(answers(self.left, self.right))
        self.assertEqual(self.alibi.process.stop(), 0)
        self.wait_peer(True, VIP)
        # Without it they do.
        self.peer.stop()
        self.pair(150, 100)
        self.alibi.start()
        self.alibi.wait_vip(True, 8, VIP)
        self.assertTrue(answers(self.left, self.right))

    def test_no_accept_ipv6_keeps_neighbour_discovery(self):
        vips = "fe80::79\n2001:db8::79/64"
        self.right.add_address("2001:db8::2/64")
        self.pair(150, 100, "version 3\n no_accept", vips=vips)
        self.peer.start()
        self.alibi.start()
        self.alibi.wait_vip(True, 10, "2001:db8::79")
        self.wait_peer(False, "2001:db8::79")
        refused = subprocess.run(["ip", "netns", "exec", self.right.name, "ping", "-6", "-c", "2",
                                  "-W", "1", "2001:db8::79"], capture_output=True, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(mac(self.left), self.right.ip("-6", "neigh", "show", "2001:db8::79"))

    def test_routes_and_rules_are_there_when_master(self):
        options = """virtual_routes {
            198.51.100.0/24 via 10.78.0.9 dev eth0
            203.0.113.0/24 dev eth0 src 10.78.0.100 mtu 1400 metric 5
            default via 10.78.0.9 dev eth0 table 100
            blackhole 198.18.0.0/15
        }
        virtual_rules {
            from 10.78.0.100/32 table 100 priority 500
        }"""
        self.pair(150, 100, options)

        def shown(host):
            return (host.ip("route", "show", "table", "all", "proto", "keepalived")
                    + "".join(line for line in host.ip("rule").splitlines(True) if "500:" in line))
        self.peer.start()
        self.wait_peer(True, VIP)
        wait_until(lambda: "500:" in shown(self.right), 3, "the peer's rule")
        theirs = shown(self.right)
        self.alibi.start()
        self.alibi.wait_vip(True, 8, VIP)
        wait_until(lambda: "500:" in shown(self.left), 3, lambda: "our rule:\n" + self.alibi_log())
        self.assertEqual(shown(self.left), theirs)
        self.wait_peer(False, VIP)
        # One that somebody takes away is a loss: resigned, and back with the address.
        # Our skew time is shorter than the peer's: it comes back here.
        begin = time.time()
        self.left.ip("route", "del", "203.0.113.0/24")
        self.alibi.process.expect(r"Entering BACKUP STATE.*203\.0\.113\.0/24 was removed", 3)
        wait_until(lambda: [x for x in self.adverts.adverts(begin) if x[2] == 0], 3, "priority 0")
        wait_until(lambda: shown(self.left) == theirs, 3, "all of it again")
        self.assertEqual(self.alibi.process.stop(), 0)
        self.assertEqual(shown(self.left), "")
