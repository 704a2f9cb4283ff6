# SPDX-License-Identifier: Apache-2.0
"""A vrrp_sync_group with keepalived as the peer: one interface goes down, both addresses move."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from nodes import ALIBI, Lab, wait_until

VIPS = {"eth0": "10.77.0.100", "eth1": "10.78.0.100"}


def group_served():
    """Whether this program's configuration parser takes sync groups at all."""
    rows = subprocess.run([ALIBI, "check", "--keywords"], check=True, text=True,
                          capture_output=True).stdout
    return any("`vrrp_sync_group`" in row and "not served" not in row for row in rows.splitlines())


def config(priority, state):
    text = "vrrp_sync_group VG {\n    group {\n        VI_1\n        VI_2\n    }\n}\n"
    for number, (interface, vip) in enumerate(VIPS.items(), 1):
        text += f"""vrrp_instance VI_{number} {{
    state {state}
    interface {interface}
    virtual_router_id {50 + number}
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        {vip}
    }}
}}
"""
    return text


class Node:
    def __init__(self, lab, label, last, directory):
        self.namespace = lab.namespace(label)
        self.last = last
        self.directory = directory

    def address(self):
        for number, interface in enumerate(VIPS):
            self.namespace.ip("link", "set", interface, "up")
            self.namespace.add_address(f"10.{77 + number}.0.{self.last}/24", interface)

    def write(self, text):
        path = os.path.join(self.directory, self.namespace.label + ".conf")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def alibi(self, text):
        self.process = self.namespace.start(
            [ALIBI, "run", "-n", "-D", "--log", "stderr", "-f", self.write(text)])

    def keepalived(self, text):
        own = os.path.join(self.directory, self.namespace.label)
        self.process = self.namespace.start(
            ["keepalived", "-n", "-l", "-D", "-f", self.write(text), "-p", own + ".pid",
             "-r", own + ".vrrp.pid", "-c", own + ".check.pid"])

    def vips(self):
        return {vip for interface, vip in VIPS.items()
                if vip in self.namespace.addresses(interface)}

    def wait(self, vips, timeout):
        wait_until(lambda: self.vips() == set(vips), timeout,
                   lambda: f"{sorted(vips)} on {self.namespace.label}, has {sorted(self.vips())}:\n"
                           + self.process.text())


@unittest.skipUnless(group_served(), "the configuration parser does not serve vrrp_sync_group yet")
class Groups(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="alibi-test-")
        self.lab = Lab().__enter__()
        self.a = Node(self.lab, "a", 1, self.directory)
        self.b = Node(self.lab, "b", 2, self.directory)
        for interface in VIPS:
            self.a.namespace.ip("link", "add", interface, "type", "veth", "peer", "name", interface,
                                "netns", self.b.namespace.name)
        for node in (self.a, self.b):
            node.address()
        for interface in VIPS:
            wait_until(lambda i=interface: "LOWER_UP" in self.b.namespace.ip("link", "show", i), 5,
                       "carrier")

    def tearDown(self):
        self.lab.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def two_groups(self):
        self.a.alibi(config(150, "BACKUP"))
        self.a.wait(VIPS.values(), 10)
        self.b.keepalived(config(100, "BACKUP"))
        self.b.process.expect(r"\(VI_2\) Entering BACKUP STATE", 10)

    def test_one_interface_down_moves_both_to_keepalived_and_back(self):
        self.two_groups()
        # A veth pair goes down at both ends, which would put the peer into FAULT as well. So the
        # address is taken from the interface: the instance has nothing to send from.
        self.a.namespace.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
        self.a.wait([], 1)
        self.b.wait(VIPS.values(), 6)  # keepalived waits for the silence on eth0 as well
        self.a.process.expect(r"\(VI_2\) Entering FAULT STATE: VI_1 of group VG is in fault")
        self.a.process.expect(r"VRRP_Group\(VG\) Syncing instances to FAULT state")
        self.a.namespace.add_address("10.77.0.1/24")
        self.a.wait(VIPS.values(), 8)
        self.b.wait([], 3)
        self.a.process.expect(r"\(VI_[12]\) Entering MASTER STATE: VI_[12] of group VG")

    def test_between_two_alibi_the_resignation_on_one_segment_is_enough(self):
        self.a.alibi(config(150, "BACKUP"))
        self.a.wait(VIPS.values(), 10)
        self.b.alibi(config(100, "BACKUP"))
        self.b.process.expect(r"\(VI_2\) Entering BACKUP STATE", 10)
        time.sleep(1.2)  # has heard an advert on each
        gone = time.monotonic()
        self.a.namespace.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
        self.b.wait(VIPS.values(), 3)
        self.assertLess(time.monotonic() - gone, 1.6)  # the skew time, not the master-down interval
        self.b.process.expect(r"\(VI_1\) Entering MASTER STATE: VI_2 of group VG: 10.78.0.1 resigned")

    def test_link_down_and_up_again_ends_with_one_master_for_both(self):
        self.two_groups()
        self.a.namespace.ip("link", "set", "eth0", "down")  # both ends lose the carrier
        self.a.wait([], 3)
        self.b.wait([], 3)
        self.a.namespace.ip("link", "set", "eth0", "up")
        self.a.wait(VIPS.values(), 12)
        self.b.wait([], 3)

    def test_alibi_takes_over_both_from_keepalived(self):
        self.b.keepalived(config(150, "MASTER"))
        self.b.wait(VIPS.values(), 10)
        self.a.alibi(config(100, "BACKUP"))
        self.a.process.expect(r"\(VI_2\) Entering BACKUP STATE")
        time.sleep(1.5)  # has heard an advert on each
        gone = time.monotonic()
        self.b.namespace.ip("addr", "del", "10.78.0.2/24", "dev", "eth1")
        self.a.wait(VIPS.values(), 6)
        self.assertLess(time.monotonic() - gone, 5)
        self.a.process.expect(r"VRRP_Group\(VG\) Syncing instances to MASTER state")

    def test_a_segment_that_falls_silent_moves_nothing(self):
        self.b.keepalived(config(150, "MASTER"))
        self.b.wait(VIPS.values(), 10)
        self.a.alibi(config(100, "BACKUP"))
        self.a.process.expect(r"\(VI_2\) Entering BACKUP STATE")
        subprocess.run(["ip", "netns", "exec", self.b.namespace.name, "nft", "-f", "-"], check=True,
                       text=True, input="table ip t { chain o { type filter hook output priority 0;"
                                        " oifname eth0 ip protocol 112 drop; }; }")
        self.a.process.expect(r"Receive advertisement timeout, but VI_2 of group VG hears", 8)
        time.sleep(5)
        self.assertEqual(self.a.vips(), set())
        self.assertIsNone(self.a.process.find("Entering MASTER"))


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
