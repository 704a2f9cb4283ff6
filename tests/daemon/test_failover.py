# SPDX-License-Identifier: Apache-2.0
"""Two `alibi run`: one master, take-overs, and addresses given back however a process ends."""
import os
import signal
import time
import unittest

from nodes import VIP, Pair, config, wait_until


class Failover(unittest.TestCase):
    def test_exactly_one_master_has_the_address(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.elect()
            capture = b.namespace.capture()
            begin = time.time()
            for _ in range(30):
                self.assertTrue(a.has_vip())
                self.assertFalse(b.has_vip())
                time.sleep(0.1)
            adverts = capture.adverts(begin)
            self.assertGreaterEqual(len(adverts), 2)
            self.assertEqual({(source, priority) for _, source, priority in adverts},
                             {("10.77.0.1", 110)})
            b.process.expect(r"\(VI_1\) Entering BACKUP STATE")
            self.assertIsNone(b.process.find("Entering MASTER"))

    def test_killed_keeper_has_a_last_will(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.elect()
            capture = b.namespace.capture()
            keeper = a.child("alibi-keeper")
            killed = time.time()
            os.kill(keeper, signal.SIGKILL)
            b.wait_vip(timeout=3)
            self.assertFalse(a.has_vip())
            b.process.expect(r"Entering MASTER STATE.*resigned with priority 0")
            adverts = wait_until(
                lambda: [x for x in capture.adverts(killed) if x[1] == "10.77.0.2"], 3, "adverts")
            self.assertLess(adverts[0][0] - killed, 1.5)
            resigned = [at for at, source, priority in capture.adverts(killed)
                        if source == "10.77.0.1" and priority == 0]
            self.assertEqual(len(resigned), 1)
            self.assertLess(resigned[0] - killed, 0.5)
            a.process.expect(r"alibi-keeper .* was killed by signal 9")
            # It is started again, and, of higher priority, becomes master again.
            a.wait_vip(timeout=10)
            b.wait_vip(False)
            self.assertNotEqual(a.child("alibi-keeper"), keeper)
            # ... and its own recorder names who killed it.
            a.process.expect(r"\(VI_1\) verdict: .*host\.process\.killed: alibi-keeper \(pid "
                             rf"{keeper}\) .* was killed by python3 \(pid {os.getpid()}")

    def test_killed_supervisor_leaves_nothing_behind(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.elect()
            pids = [a.child(n) for n in ("alibi-keeper", "alibi-teller")]
            a.process.signal(signal.SIGKILL)
            a.wait_vip(False, timeout=2)
            b.wait_vip(timeout=3)
            b.process.expect("resigned with priority 0")
            a.children_gone(pids, timeout=10)

    def test_orderly_stop_resigns(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.elect()
            capture = b.namespace.capture()
            pids = [a.child(n) for n in ("alibi-keeper", "alibi-teller")]
            begin = time.time()
            self.assertEqual(a.process.stop(), 0)
            self.assertFalse(a.has_vip())
            a.children_gone(pids)
            b.wait_vip(timeout=2)
            self.assertIn(0, [p for _, source, p in capture.adverts(begin)
                              if source == "10.77.0.1"])
            for line in (r"Stopping", r"sent 0 priority", r"\[shut_down\]"):
                a.process.expect(line)

    def test_stopped_keeper_cannot_delay_the_end(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.elect()
            os.kill(a.child("alibi-keeper"), signal.SIGSTOP)
            self.assertEqual(a.process.stop(), 0)
            self.assertFalse(a.has_vip())
            b.wait_vip(timeout=2)

    def test_removed_address_is_noticed_and_comes_back(self):
        with Pair(config(110)) as pair:
            a, = pair.elect()
            a.namespace.ip("addr", "del", VIP + "/32", "dev", "eth0")
            a.process.expect(r"Entering BACKUP STATE.*\[address_removed\]", 2)
            a.wait_vip(timeout=2)

    def test_link_down_is_a_fault_until_it_is_up(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.elect()
            pair.lab.switch.ip("link", "set", "dev", "a", "down")
            a.process.expect(r"Netlink reports eth0 down", 3)
            a.process.expect(r"Entering FAULT STATE.*\[link_down\]", 3)
            b.wait_vip(timeout=5)
            self.assertFalse(a.has_vip())
            pair.lab.switch.ip("link", "set", "dev", "a", "up")
            a.wait_vip(timeout=8)
            b.wait_vip(False)

    def test_interface_that_is_made_again_is_used_again(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.elect()
            a.namespace.ip("link", "del", "eth0")
            b.wait_vip(timeout=5)
            pair.lab.switch.ip("link", "add", "name", "a", "type", "veth", "peer", "name", "eth0", "netns",
                               a.namespace.name)
            pair.lab.switch.ip("link", "set", "dev", "a", "master", "br0", "up")
            a.namespace.add_address("10.77.0.1/24")
            a.namespace.ip("link", "set", "eth0", "up")
            a.wait_vip(timeout=10)
            b.wait_vip(False)

    def test_late_keeper_reads_before_it_speaks(self):
        with Pair(config(100), config(110)) as pair:
            a, b = pair.nodes
            a.start().wait_vip()
            keeper = a.child("alibi-keeper")
            os.kill(keeper, signal.SIGSTOP)
            b.start().wait_vip()
            capture = b.namespace.capture()
            begin = time.time()
            os.kill(keeper, signal.SIGCONT)
            a.wait_vip(False, timeout=2)
            a.process.expect(r"A thread timer expired \d\.\d+ seconds ago")
            a.process.expect(r"Entering BACKUP STATE.*\[higher_priority_heard\]")
            wait_until(lambda: len(capture.adverts(begin)) >= 2, 5, "adverts")
            self.assertEqual({source for _, source, _ in capture.adverts(begin)}, {"10.77.0.2"})


class Starting(unittest.TestCase):
    def test_missing_interface_is_an_error_as_in_keepalived(self):
        with Pair(config(110).replace("interface eth0", "interface eth7")) as pair:
            node = pair.nodes[0].start()
            self.assertEqual(node.process.popen.wait(10), 4)
            node.process.expect("eth7")

    def test_missing_file_is_an_error(self):
        with Pair(config(110)) as pair:
            node = pair.nodes[0]
            os.unlink(node.file)
            self.assertEqual(node.start().process.popen.wait(10), 4)

    def test_leftover_address_of_an_earlier_run_is_removed(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.nodes
            a.start().wait_vip()
            b.namespace.add_address(VIP + "/32")
            b.start()
            b.wait_vip(False, timeout=3)
            b.process.expect("left behind by an earlier run")


class Kinds(unittest.TestCase):
    """Other families, versions and addressing."""

    def test_ipv6_version_3(self):
        texts = [config(p, vip="fe80::77\n2001:db8::100/64", instance="version 3")
                 .replace("authentication {\n        auth_type PASS\n        auth_pass secret\n"
                          "    }", "") for p in (110, 100)]
        with Pair(*texts, addresses=("2001:db8::1/64", "2001:db8::2/64")) as pair:
            a, b = pair.nodes
            a.start()
            a.wait_vip(vip="2001:db8::100")
            b.start()
            b.process.expect("Entering BACKUP STATE")
            b.namespace.exec("ping", "-6", "-c", "1", "-W", "2", "2001:db8::100")
            os.kill(a.child("alibi-keeper"), signal.SIGKILL)
            b.wait_vip(timeout=3, vip="2001:db8::100")
            self.assertNotIn("2001:db8::100", a.namespace.addresses())

    def test_unicast(self):
        unicast = "unicast_src_ip 10.77.0.{} \n unicast_peer {{ \n 10.77.0.{} \n }}"
        texts = [config(110, instance=unicast.format(1, 2)),
                 config(100, instance=unicast.format(2, 1))]
        with Pair(*texts) as pair:
            a, b = pair.elect()
            capture = b.namespace.capture()
            begin = time.time()
            wait_until(lambda: len(capture.adverts(begin)) >= 2, 5, "adverts")
            self.assertFalse(b.has_vip())
            self.assertEqual(a.process.stop(), 0)
            b.wait_vip(timeout=2)


if __name__ == "__main__":
    unittest.main()
