# SPDX-License-Identifier: Apache-2.0
"""What `alibi run` does to the network of its host, and that nothing of it stays."""
import ctypes
import os
import re
import resource
import signal
import socket
import time
import unittest

from nodes import ALIBI, VIP, Pair, config, wait_until

VMAC = "vrrp.77"
SO_PROTOCOL = 38


def receive_buffers(pid, protocol):
    """SO_RCVBUF of a process's sockets of that protocol."""
    found = set()
    process = os.pidfd_open(pid)
    for number in os.listdir(f"/proc/{pid}/fd"):
        if not os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
            continue
        copy = ctypes.CDLL(None, use_errno=True).syscall(438, process, int(number), 0)  # pidfd_getfd
        with socket.socket(fileno=copy) as one:
            if one.getsockopt(socket.SOL_SOCKET, SO_PROTOCOL) == protocol:
                found.add(one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
    os.close(process)
    return found


class Network(unittest.TestCase):
    def links(self, node):
        return node.namespace.ip("link", "show")

    def test_address_options(self):
        vip = ("10.77.3.100/24 brd + label eth0:vip scope link noprefixroute\n"
               "10.77.0.101 peer 10.77.9.0/24 preferred_lft 3600")
        excluded = "virtual_ipaddress_excluded {\n 2001:db8::7/64 home preferred_lft 0\n}"
        with Pair(config(110, vip=vip, instance=excluded)) as pair:
            a = pair.nodes[0].start()
            a.wait_vip(vip="2001:db8::7")
            shown = a.namespace.ip("addr", "show", "dev", "eth0")
            self.assertRegex(shown, r"inet 10\.77\.3\.100/24 brd 10\.77\.3\.255 scope link "
                                    r"(secondary )?noprefixroute eth0:vip")
            self.assertRegex(shown, r"inet 10\.77\.0\.101 peer 10\.77\.9\.0/24")
            self.assertRegex(shown, r"inet6 2001:db8::7/64 scope global (nodad home|home nodad) "
                                    r"deprecated")
            self.assertEqual(a.process.stop(), 0)
            self.assertEqual(a.namespace.addresses()[:1], ["10.77.0.1"])
            self.assertNotIn("10.77.0.101", a.namespace.addresses())

    def test_untracked_address_may_go(self):
        with Pair(config(110, vip=f"{VIP} no_track")) as pair:
            a, = pair.elect()
            a.namespace.ip("addr", "del", VIP + "/32", "dev", "eth0")
            a.namespace.ip("addr", "add", "10.77.0.77/32", "dev", "eth0")
            a.namespace.ip("addr", "del", "10.77.0.77/32", "dev", "eth0")
            wait_until(lambda: not a.has_vip(), 2, "removal")
            self.assertIsNone(a.process.find("address_removed"))

    def test_interface_that_does_not_exist_yet(self):
        text = config(110, definitions="dynamic_interfaces").replace("interface eth0",
                                                                     "interface late0")
        with Pair(text) as pair:
            a = pair.nodes[0].start()
            a.process.expect(r"Entering FAULT STATE.*late0 does not exist")
            a.namespace.ip("link", "add", "late0", "type", "veth", "peer", "name", "other0")
            a.namespace.ip("link", "set", "other0", "up")
            a.namespace.ip("addr", "add", "10.77.5.1/24", "dev", "late0")
            a.namespace.ip("link", "set", "late0", "up")
            wait_until(lambda: VIP in a.namespace.addresses("late0"), 8,
                       lambda: "the address on late0:\n" + a.process.text())

    def make_link(self, node, name):
        node.namespace.ip("link", "add", name, "type", "veth", "peer", "name", "far-" + name)
        for link in (name, "far-" + name):
            node.namespace.ip("link", "set", link, "up")

    def test_master_only_with_every_interface_of_its_addresses(self):
        vip = f"{VIP}\n 10.88.0.100/24 dev late0"
        with Pair(config(110, definitions="dynamic_interfaces", vip=vip)) as pair:
            a = pair.nodes[0].start()

            def all_there():
                return a.has_vip() and "10.88.0.100" in a.namespace.addresses("late0")
            a.process.expect(r"Entering FAULT STATE.*late0 does not exist")
            self.make_link(a, "late0")
            for _ in range(2):
                wait_until(all_there, 8, a.process.text)
                gone = time.monotonic()
                a.namespace.ip("link", "del", "late0")
                a.process.expect("Entering FAULT STATE.*late0", 3, gone)
                a.wait_vip(False, 1)
                self.make_link(a, "late0")  # with another index
            wait_until(all_there, 8, a.process.text)

    def test_interfaces_of_routes_and_rules_are_tracked(self):
        untracked = "\n 10.99.2.0/24 via 10.88.0.2 dev side0 no_track"
        instance = f"""virtual_routes {{
        10.99.1.0/24 via 10.88.0.2 dev side0{untracked}
    }}"""
        rules = """virtual_rules {
        from 10.99.3.0/24 iif side0 table 100 priority 100
    }"""
        for tracked in (instance, rules):
            with self.subTest(tracked=tracked), Pair(config(110, instance=tracked),
                                                     config(100)) as pair:
                for node in pair.nodes:
                    self.make_link(node, "side0")
                    node.namespace.ip("addr", "add", "10.88.0.1/24", "dev", "side0")
                a, b = pair.elect()
                a.namespace.ip("link", "set", "side0", "down")
                a.process.expect(r"sent 0 priority", 3)
                a.process.expect(r"Entering FAULT STATE.*interface side0 is down \[link_down\]", 3)
                b.process.expect(r"Entering MASTER STATE.*\[master_resigned\]", 5)
                a.namespace.ip("link", "set", "side0", "up")
                a.wait_vip(timeout=10)
                if tracked is instance:
                    wait_until(lambda a=a: "10.99.1.0/24" in a.namespace.ip("route"), 2, "the route")

    def test_interface_that_was_in_another_namespace_hears_again(self):
        with Pair(config(110), config(100)) as pair:
            _, b = pair.elect()
            away = pair.lab.namespace("away")
            before = b.namespace.exec("cat", "/sys/class/net/eth0/ifindex")
            left = time.monotonic()
            b.namespace.ip("link", "set", "eth0", "netns", away.name)
            b.process.expect("Entering FAULT STATE", 3, left)
            away.ip("link", "set", "eth0", "netns", b.namespace.name)
            b.namespace.ip("link", "set", "eth0", "up")
            b.namespace.add_address("10.77.0.2/24")
            self.assertEqual(b.namespace.exec("cat", "/sys/class/net/eth0/ifindex"), before)
            b.process.expect("Entering BACKUP STATE", 5, left)
            time.sleep(6)  # longer than the master-down interval
            self.assertIsNone(b.process.find("Entering MASTER STATE"))

    def test_another_interface_takes_the_name(self):
        with Pair(config(110)) as pair:
            a, = pair.elect()
            a.namespace.ip("link", "set", "eth0", "name", "old0")
            a.process.expect("Entering FAULT STATE", 3)
            wait_until(lambda: VIP not in a.namespace.addresses("old0"), 1, a.process.text)
            self.make_link(a, "new0")
            a.namespace.ip("link", "set", "new0", "name", "eth0")
            a.namespace.add_address("10.77.0.9/24")
            wait_until(lambda: VIP in a.namespace.addresses("eth0"), 8, a.process.text)

    def test_keeper_dies_when_an_interface_has_gone(self):
        second = """
            vrrp_instance VI_2 {
                interface other0
                virtual_router_id 78
                virtual_ipaddress {
                    10.88.0.100
                }
            }"""
        vip = f"{VIP}\n 10.88.0.101/24 dev other0 no_track"
        with Pair(config(110, vip=vip) + second) as pair:
            a = pair.nodes[0]
            self.make_link(a, "other0")
            a.namespace.add_address("10.88.0.1/24", "other0")
            a.start().wait_vip()
            wait_until(lambda: "10.88.0.100" in a.namespace.addresses("other0"), 5, a.process.text)
            a.namespace.ip("link", "del", "other0")
            a.process.expect(r"\(VI_2\) Entering FAULT STATE", 3)
            self.assertTrue(a.has_vip())
            killed = time.monotonic()
            os.kill(a.child("alibi-keeper"), signal.SIGKILL)
            a.wait_vip(False, 1)  # the last will
            a.process.expect(r"\(VI_1\) Entering BACKUP STATE|\(VI_1\) Entering FAULT", 5, killed)
            self.make_link(a, "other0")
            a.namespace.add_address("10.88.0.1/24", "other0")
            for address, link in ((VIP, "eth0"), ("10.88.0.101", "other0"),
                                  ("10.88.0.100", "other0")):
                wait_until(lambda w=address, d=link: w in a.namespace.addresses(d), 8,
                           a.process.text)

    def test_network_namespace(self):
        with Pair(config(110)) as pair:
            node = pair.nodes[0]
            with open(node.file, "a", encoding="utf-8") as out:
                out.write(f"net_namespace {node.namespace.name}\n")
            elsewhere = pair.lab.namespace("elsewhere")
            node.process = elsewhere.start([ALIBI, "run", "-n",
                                            "-D", "--log", "stderr", "-f", node.file])
            node.wait_vip()

    def test_startup_delay(self):
        with Pair(config(110, definitions="vrrp_startup_delay 2")) as pair:
            a = pair.nodes[0].start()
            a.process.expect("Delaying startup for 2.0 s", 5)
            began = a.process.lines[0][0]
            a.process.expect("Entering BACKUP STATE", 5)
            entered = [at for at, line in a.process.lines if "Entering BACKUP STATE" in line][0]
            self.assertGreater(entered - began, 1.5)
            a.wait_vip()

    def test_delay_after_boot(self):
        with open("/proc/uptime", encoding="ascii") as uptime:
            offset = 30 - int(float(uptime.read().split()[0]))
        late = config(110, definitions="vrrp_delay_after_boot 38")
        past = config(100, definitions="vrrp_delay_after_boot 10")
        with Pair(late, past) as pair:
            for node in pair.nodes:
                # In a time namespace of a host that booted 30 s ago.
                node.process = node.namespace.start(
                    ["unshare", "--time", "--boottime", str(offset), ALIBI, "run", "-n", "-D",
                     "--log", "stderr", "-f", node.file, "--run-folder", node.run_folder])
            a, b = (node.process for node in pair.nodes)
            delay = float(a.expect(r"Delaying startup for ([0-9.]+) s", 6)[1])
            self.assertTrue(1 < delay <= 8, delay)
            began = a.lines[0][0]
            a.expect("Entering BACKUP STATE", 12)
            entered = [at for at, line in a.lines if "Entering BACKUP STATE" in line][0]
            self.assertGreater(entered - began, delay / 2)
            self.assertIsNone(b.find("Delaying startup"))
            b.expect("Entering BACKUP STATE", 3)

    def test_receive_buffers_by_policy(self):
        # The kernel doubles what is asked for. An advert: IP 20, VRRP 8, address 4, authentication
        # 8 octets; the kernel takes no less than 2304.
        for policy, expected in (("vrrp_rx_bufs_policy 70000", 140000),
                                 ("vrrp_rx_bufs_policy MTU\n vrrp_rx_bufs_multiplier 7", 21000),
                                 ("vrrp_rx_bufs_policy MTU", 9000),
                                 ("vrrp_rx_bufs_policy ADVERT\n vrrp_rx_bufs_multiplier 1000",
                                  80000)):
            with self.subTest(policy), Pair(config(110, definitions=policy)) as pair:
                a = pair.nodes[0].start()
                a.process.expect("Entering BACKUP STATE")
                self.assertEqual(receive_buffers(a.child("alibi-keeper"), 112), {expected})

    def test_scheduling_of_the_keeper(self):
        definitions = ("vrrp_rt_priority 33\n vrrp_cpu_affinity 1\n vrrp_rlimit_rttime 500000")
        with Pair(config(110, definitions=definitions),
                  config(100, definitions="vrrp_priority -7")) as pair:
            realtime, nice = (node.start().child("alibi-keeper") for node in pair.nodes)
            reset = os.SCHED_RESET_ON_FORK
            wait_until(lambda: os.sched_getscheduler(realtime) & ~reset in (
                os.SCHED_FIFO, os.SCHED_RR), 5, "a real-time keeper")
            self.assertEqual(os.sched_getparam(realtime).sched_priority, 33)
            self.assertEqual(os.sched_getaffinity(realtime), {1})
            with open(f"/proc/{realtime}/maps", encoding="ascii") as maps:
                sanitized = "libasan" in maps.read()  # which locks nothing
            with open(f"/proc/{realtime}/status", encoding="ascii") as status:
                locked = int(re.search(r"VmLck:\s+(\d+) kB", status.read())[1])
            self.assertTrue(sanitized or locked > 1000, locked)
            self.assertEqual(resource.prlimit(realtime, resource.RLIMIT_RTTIME), (250000, 500000))
            wait_until(lambda: os.getpriority(os.PRIO_PROCESS, nice) == -7, 5, "nice -7")
            self.assertEqual(os.sched_getscheduler(nice) & ~reset, os.SCHED_OTHER)

    def test_paced_by_groups_of_interfaces(self):
        groups = """garp_group {
            garp_interval 0.3
            gna_interval 0.2
            interfaces {
                eth0
                other0
            }
        }"""
        vip = f"{VIP}\n 10.88.0.100/24 dev other0\n 10.88.0.101/24 dev other0"
        excluded = ("virtual_ipaddress_excluded {\n 2001:db8::7/64\n 2001:db8::8/64\n }\n"
                    "garp_master_repeat 2\n garp_master_delay 0")
        with Pair(config(110, vip=vip, scripts=groups, instance=excluded)) as pair:
            a = pair.nodes[0]
            a.namespace.ip("link", "add", "other0", "type", "veth", "peer", "name", "far0")
            for link in ("other0", "far0"):
                a.namespace.ip("link", "set", link, "up")
            trace = a.namespace.start(["tcpdump", "-ttni", "any", "-Q", "out", "-l", "arp or "
                                       "icmp6[0] = 136"])
            trace.expect("listening on", 10)
            a.start().wait_vip()

            def times(what):
                return [float(line.split()[0]) for _, line in list(trace.lines) if what in line]
            for what, count, interval in (("ARP, Request who-has", 4, 0.3),
                                          ("neighbor advertisement", 3, 0.2)):
                wait_until(lambda w=what, c=count: len(times(w)) >= c, 8, trace.text)
                seen = times(what)
                # Both interfaces together: each of them alone would be as fast again.
                self.assertGreater(min(b - a for a, b in zip(seen, seen[1:])), interval - 0.01)

    def test_static_items_stay_until_the_end(self):
        static = """static_ipaddress {
            10.66.0.1/24 dev eth0
        }
        static_routes {
            192.0.2.0/24 via 10.66.0.2 dev eth0
        }
        static_rules {
            from 192.0.2.0/24 table 77 priority 700
        }"""
        with Pair(config(100, scripts=static), config(110)) as pair:
            b = pair.nodes[1].start()
            b.wait_vip()
            a = pair.nodes[0].start()
            a.process.expect("Entering BACKUP STATE")
            self.assertIn("10.66.0.1", a.namespace.addresses())
            self.assertIn("192.0.2.0/24 via 10.66.0.2", a.namespace.ip("route"))
            self.assertIn("700:", a.namespace.ip("rule"))
            self.assertEqual(a.process.stop(), 0)
            self.assertNotIn("10.66.0.1", a.namespace.addresses())
            self.assertNotIn("700:", a.namespace.ip("rule"))

    def test_settings_of_the_host_are_changed_and_restored(self):
        text = config(110, definitions="disable_local_igmp",
                      instance="promote_secondaries\n kernel_rx_buf_size 300000")
        with Pair(text) as pair:
            a = pair.nodes[0]

            def settings():
                return a.namespace.exec("sysctl", "-n", "net.ipv4.igmp_link_local_mcast_reports",
                                        "net.ipv4.conf.eth0.promote_secondaries").split()
            before = settings()
            a.start().wait_vip()
            self.assertEqual(settings(), ["0", "1"])
            # The kernel doubles what is asked for.
            self.assertEqual(receive_buffers(a.child("alibi-keeper"), 112), {600000})
            self.assertEqual(a.process.stop(), 0)
            self.assertEqual(settings(), before)

    def test_addresses_on_another_interface_have_their_own_virtual_mac_and_are_announced(self):
        vip = f"{VIP}\n 10.88.0.100/24 dev other0 use_vmac"
        with Pair(config(110, vip=vip, instance="garp_extra_if 1")) as pair:
            a = pair.nodes[0]
            a.namespace.ip("link", "add", "other0", "type", "veth", "peer", "name", "far0")
            for link in ("other0", "far0"):
                a.namespace.ip("link", "set", link, "up")
            trace = a.namespace.start(["tcpdump", "-nei", "far0", "-l", "arp"])
            trace.expect("listening on", 10)
            a.start().wait_vip()
            self.assertIn("10.88.0.100", a.namespace.addresses(VMAC))
            announced = r"00:00:5e:00:01:4d > ff:ff:.*who-has 10\.88\.0\.100"
            wait_until(lambda: len([1 for _, line in trace.lines if re.search(announced, line)]) > 7,
                       5, trace.text)
            a.namespace.ip("link", "set", "far0", "down")  # as keepalived: a fault
            a.process.expect("Entering FAULT STATE.*vrrp.77 is down", 3)
            self.assertEqual(a.process.stop(), 0)
            self.assertNotIn(VMAC, self.links(a))

    def test_static_items_that_others_take_away_come_back(self):
        static = """static_ipaddress {
            10.66.0.1/24 dev eth0
            fd00:66::1/64 dev eth0
            10.67.0.1/24 dev eth0 no_track
        }
        static_routes {
            192.0.2.0/24 via 10.66.0.2 dev eth0 track_group G
            192.0.3.0/24 dev eth0 no_track
        }
        static_rules {
            from 192.0.2.0/24 table 77 priority 700
            from 192.0.3.0/24 table 77 priority 701 no_track
        }
        track_group G {
            group {
                VI_1
            }
        }"""
        with Pair(config(110, scripts=static)) as pair:
            a, = pair.elect()
            ip = a.namespace.ip

            def there():
                return all((
                    "10.66.0.1" in a.namespace.addresses(), "fd00:66::1" in ip("-6", "addr"),
                    "192.0.2.0/24 via 10.66.0.2" in ip("route"), "700:" in ip("rule")))
            self.assertTrue(there())
            for taken in (("addr", "10.66.0.1/24", "dev", "eth0"),
                          ("addr", "fd00:66::1/64", "dev", "eth0"), ("route", "192.0.2.0/24"),
                          ("rule", "priority", "700"), ("addr", "10.67.0.1/24", "dev", "eth0"),
                          ("route", "192.0.3.0/24"), ("rule", "priority", "701")):
                ip(taken[0], "del", *taken[1:])
                wait_until(there, 3, a.process.text)
            # What is no_track stays away, and nobody resigned for any of it.
            self.assertNotIn("10.67.0.1", a.namespace.addresses())
            self.assertNotIn("192.0.3.0/24", ip("route"))
            self.assertNotIn("701:", ip("rule"))
            self.assertIsNone(a.process.find("Entering BACKUP STATE: .*removed"))
            # With the interface the kernel takes routes and IPv6 addresses, and does not say so.
            ip("link", "set", "eth0", "down")
            ip("link", "set", "eth0", "up")
            wait_until(there, 5, a.process.text)
            self.assertEqual(a.process.stop(), 0)
            self.assertNotIn("10.66.0.1", a.namespace.addresses())

    def test_a_track_group_is_in_fault_with_the_interface_of_its_static_items(self):
        static = """track_group G {
            group {
                VI_1
            }
        }
        static_routes {
            192.0.2.0/24 dev other0 track_group G
        }"""
        with Pair(config(110, scripts=static)) as pair:
            a = pair.nodes[0]
            ip = a.namespace.ip
            ip("link", "add", "other0", "type", "veth", "peer", "name", "far0")
            for link in ("other0", "far0"):
                ip("link", "set", link, "up")
            a.start().wait_vip()
            ip("link", "set", "other0", "down")
            a.process.expect("Entering FAULT STATE.*other0 is down", 3)
            ip("link", "set", "other0", "up")
            a.wait_vip()
            self.assertIn("192.0.2.0/24", ip("route"))

    def test_unicast_without_an_interface(self):
        def text(priority, mine, other):
            unicast = (f"unicast_src_ip 10.77.0.{mine}\n unicast_peer {{\n 10.77.0.{other}\n }}")
            # An address that names no interface is on default_interface: eth0.
            return config(priority, instance=unicast).replace("interface eth0", "")
        with Pair(text(110, 1, 2), text(100, 2, 1)) as pair:
            _, b = pair.elect()
            b.process.expect("Entering BACKUP STATE")
            self.assertFalse(b.has_vip())
            pair.nodes[0].process.stop()
            b.wait_vip(timeout=3)

    def test_no_accept_of_two_instances_of_alibi(self):
        with Pair(config(110, instance="no_accept")) as pair:
            a, = pair.elect()
            file = pair.path("other.conf")
            with open(file, "w", encoding="utf-8") as out:
                out.write("instance other-one\n" + config(
                    100, instance="no_accept", vip="10.77.0.101").replace(
                        "virtual_router_id 77", "virtual_router_id 78"))
            other = a.namespace.start([ALIBI, "run", "-n", "--log", "stderr", "-f", file,
                                       "--run-folder", pair.path("other.run")])
            other.expect("Entering MASTER STATE", 15)
            wait_until(lambda: a.has_vip("10.77.0.101"), 5, "its address")
            shown = a.namespace.exec("nft", "list", "ruleset")
            self.assertRegex(shown, rf"(?s)table inet alibi {{.*elements = {{ {VIP} }}")
            self.assertRegex(shown, r"(?s)table inet alibi_other_one {.*elements = { 10.77.0.101 }")
            self.assertEqual(other.stop(), 0)
            self.assertIn(VIP, a.namespace.exec("nft", "list", "ruleset"))

    def test_no_accept_after_the_ruleset_was_flushed(self):
        second = """
            vrrp_instance VI_2 {
                interface eth0
                virtual_router_id 78
                no_accept
                virtual_ipaddress {
                    10.77.0.101
                }
            }"""
        with Pair(config(110, instance="no_accept") + second) as pair:
            a, = pair.elect()
            a.wait_vip(vip="10.77.0.101")
            shown = ["nft", "list", "ruleset"]
            a.namespace.exec("nft", "flush", "ruleset")
            a.namespace.ip("addr", "del", VIP + "/32", "dev", "eth0")
            a.process.expect(r"\(VI_1\) Entering BACKUP STATE.*was removed", 3)
            a.wait_vip()
            # Its own again, and that of the instance that stayed master.
            self.assertRegex(a.namespace.exec(*shown),
                             rf"elements = {{ {VIP},\s+10\.77\.0\.101 }}")
            self.assertEqual(a.process.stop(), 0)
            self.assertEqual(a.namespace.exec(*shown).strip(), "")

    def test_everything_is_taken_back_however_it_ends(self):
        instance = """use_vmac
            no_accept
            virtual_routes {
                203.0.113.0/24 dev eth0
            }
            virtual_rules {
                from 10.77.0.100 table 100 priority 500
            }"""
        with Pair(config(110, instance=instance)) as pair:
            a, = pair.nodes

            def left_behind():
                return [name for name, shown in (
                    ("link", VMAC in self.links(a)),
                    ("route", "203.0.113" in a.namespace.ip("route")),
                    ("rule", "500:" in a.namespace.ip("rule")),
                    ("table", "alibi" in a.namespace.exec("nft", "list", "tables")),
                ) if shown]

            for end in ("keeper", "supervisor"):
                with self.subTest(end):
                    a.start()
                    wait_until(lambda: len(left_behind()) == 4, 8,
                               lambda: f"all of it, there is {left_behind()}\n" + a.process.text())
                    if end == "keeper":
                        os.kill(a.child("alibi-keeper"), signal.SIGKILL)
                        wait_until(lambda: left_behind() == ["link", "table"], 1,
                                   lambda: f"the last will, there is {left_behind()}")
                        a.process.stop()
                    else:
                        a.process.signal(signal.SIGKILL)
                    wait_until(lambda: not left_behind(), 5, lambda: f"nothing: {left_behind()}")


if __name__ == "__main__":
    unittest.main()
