# SPDX-License-Identifier: Apache-2.0
"""alibi doctor beside real keepalived and QEMU: each illness is named once it is there, none before.

Other things may run on this machine: only findings about this test's own namespaces, processes and
interfaces are looked at.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from netns import Lab, wait_until  # noqa: E402

ALIBI = os.path.abspath(os.environ.get("ALIBI", sys.argv[1]))
del sys.argv[1]
QEMU = shutil.which("qemu-system-x86_64")

CONFIG = """
global_defs {{
  vrrp_version 3
{extra}}}
vrrp_instance V4 {{
  interface eth0
  virtual_router_id 51
  priority {priority}
  virtual_ipaddress {{ 10.77.0.100 }}
}}
"""
V6 = """
vrrp_instance V6 {{
  interface eth0
  virtual_router_id 52
  priority {priority}
  virtual_ipaddress {{ fe80::100 }}
}}
"""
GOOD = "  vrrp_rt_priority 50\n  vrrp_rlimit_rttime 100000\n  vrrp_no_swap\n"


def doctor(*arguments, user=None):
    command = [ALIBI, "doctor", "--sample", "50", *arguments]
    if user:
        command = ["setpriv", f"--reuid={user}", "--clear-groups", *command]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    assert done.returncode in (0, 3), f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


class Pair(unittest.TestCase):
    def setUp(self):
        self.lab = Lab().__enter__()
        self.addCleanup(self.lab.close)
        self.directory = tempfile.mkdtemp(prefix="alibi-doctor-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.a, self.b = self.lab.segment(["a", "b"])
        self.switch = self.lab.switch
        self.a.add_address("10.77.0.1/24")
        self.b.add_address("10.77.0.2/24")
        self.pids = []

    def keepalived(self, node, priority, extra=GOOD, v6=False):
        file = os.path.join(self.directory, f"{node.label}.conf")
        with open(file, "w", encoding="ascii") as out:
            out.write((CONFIG + (V6 if v6 else "")).format(extra=extra, priority=priority))
        pid_files = [os.path.join(self.directory, f"{node.label}.{n}.pid") for n in ("p", "r")]
        process = node.start(["keepalived", "-n", "-P", "-f", file, "-p", pid_files[0],
                              "-r", pid_files[1]])
        child = wait_until(lambda: self.child(pid_files[1]), 15, lambda: process.text())
        self.pids.append(child)
        os.setpriority(os.PRIO_PROCESS, child, 0)  # whatever this test runs at
        # Its sockets are open once the tables show a raw socket of its namespace.
        wait_until(lambda: len(node.exec("cat", "/proc/net/raw").splitlines()) > 1 and
                   (not v6 or len(node.exec("cat", "/proc/net/raw6").splitlines()) > 1), 15,
                   "raw sockets")
        return child

    @staticmethod
    def child(file):
        try:
            with open(file, encoding="ascii") as text:
                return int(text.read())
        except (OSError, ValueError):
            return None

    def findings(self, *arguments, user=None):
        out = json.loads(doctor("--json", *arguments, user=user))
        mine = [n.name for n in self.lab.namespaces] + [f"(pid {p})" for p in self.pids]
        return {f["id"]: f for f in out["findings"] if any(m in f["where"] for m in mine)}

    def ids(self, *arguments):
        return sorted(self.findings(*arguments))

    def test_nothing_is_wrong_with_a_well_kept_pair(self):
        self.keepalived(self.a, 150)
        self.keepalived(self.b, 100)
        found = self.findings()
        # The machine that runs this test may hold all its processes in a small group.
        for allowed in ("keeper.memory_limit",):
            found.pop(allowed, None)
        self.assertEqual(found, {})

    def test_a_keeper_of_normal_priority_in_a_small_group(self):
        pid = self.keepalived(self.a, 150, extra="")
        self.assertEqual(self.ids(), ["keeper.not_realtime"])
        with Quota(pid, self) as group:
            found = self.findings()
            self.assertEqual(sorted(found), ["keeper.cpu_quota", "keeper.not_realtime"])
            self.assertIn(group, found["keeper.cpu_quota"]["seen"])
            self.assertIn("5 % of a CPU", found["keeper.cpu_quota"]["seen"])

    def test_bridges(self):
        self.keepalived(self.a, 150)
        self.keepalived(self.b, 100)
        bridge = lambda *words: self.switch.exec("bridge", "link", "set", "dev", *words)  # noqa: E731
        self.switch.ip("link", "set", "br0", "type", "bridge", "mcast_snooping", "1")
        self.assertEqual(self.ids(), [])  # 224.0.0.18 is never snooped
        bridge("a", "mcast_flood", "off")
        found = self.findings()
        self.assertEqual(sorted(found), ["bridge.no_flood"])
        self.assertEqual(found["bridge.no_flood"]["sure"], "certain")
        # What it says would help, does.
        subprocess.run(found["bridge.no_flood"]["fix"].split(), check=True)
        bridge("a", "isolated", "on")
        self.assertEqual(self.ids(), [])
        bridge("b", "isolated", "on")
        self.assertEqual(self.ids(), ["bridge.isolated"])
        bridge("b", "isolated", "off")
        self.switch.ip("link", "set", "dev", "b", "mtu", "1400")
        self.assertEqual(self.ids(), ["link.mtu"])

    def test_snooping_matters_to_ipv6(self):
        self.keepalived(self.a, 150, v6=True)
        self.keepalived(self.b, 100, v6=True)
        self.switch.ip("link", "set", "br0", "type", "bridge", "mcast_snooping", "1")
        self.assertEqual(self.ids(), ["bridge.no_querier"])
        # With a querier both are asked and answer (10 s at most), and nothing is wrong.
        self.switch.ip("link", "set", "br0", "type", "bridge", "mcast_querier", "1")
        joined = lambda: self.switch.exec("bridge", "mdb", "show").count("ff02::12") >= 2  # noqa: E731
        wait_until(joined, 30, lambda: self.switch.exec("bridge", "mdb", "show"))
        self.assertEqual(self.ids(), [])

    def test_addresses_and_firewall(self):
        self.keepalived(self.a, 150)
        self.a.exec("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1")
        self.assertEqual(self.ids(), [])  # one way in, one way out
        self.switch.ip("link", "add", "a2", "type", "veth", "peer", "name", "eth1", "netns",
                       self.a.name)
        self.switch.ip("link", "set", "a2", "master", "br0", "up")
        self.a.ip("link", "set", "eth1", "up")
        self.a.add_address("10.77.0.3/24", "eth1")
        found = self.findings()
        self.assertEqual(sorted(found), ["net.arp_flux", "net.rp_filter"])
        self.a.exec("sysctl", "-qw", "net.ipv4.conf.eth0.rp_filter=2", "net.ipv4.conf.eth1.rp_filter=2",
                    "net.ipv4.conf.all.arp_ignore=1")
        self.assertEqual(self.ids(), [])
        self.a.exec("nft", "add table ip f; add chain ip f in { type filter hook input priority 0; "
                           "policy drop; }")
        self.assertEqual(self.ids(), ["firewall.policy_drop"])
        self.a.exec("nft", "add rule ip f in ip protocol 112 counter accept")
        self.assertEqual(self.ids(), [])
        self.a.exec("nft", "insert rule ip f in ip protocol vrrp counter drop")
        self.assertEqual(self.ids(), ["firewall.drops_vrrp"])

    def test_a_recording_says_the_same_and_nobody_accuses_unseen(self):
        self.keepalived(self.a, 150, extra="")
        file = os.path.join(self.directory, "facts.json")
        with open(file, "w", encoding="utf-8") as out:
            out.write(doctor("--facts"))
        self.assertEqual(self.ids("--facts-of", file), ["keeper.not_realtime"])
        shown = json.loads(doctor("--json", user=65534))
        self.assertFalse([f for f in shown["findings"] if f["id"].startswith("keeper.")])
        self.assertTrue(shown["not_read"])

    @unittest.skipUnless(QEMU, "no qemu-system-x86_64")
    def test_a_guest_served_by_user_space(self):
        self.keepalived(self.a, 150)
        self.switch.ip("tuntap", "add", "tap0", "mode", "tap")
        self.switch.ip("link", "set", "tap0", "master", "br0", "up", "txqueuelen", "100")
        guest = self.switch.start(
            [QEMU, "-name", "guest=web", "-machine", "pc,accel=tcg", "-m", "32", "-S", "-nodefaults",
             "-display", "none", "-netdev", "tap,id=n0,ifname=tap0,script=no,downscript=no",
             "-device", "virtio-net-pci,netdev=n0,romfile="])
        self.pids.append(guest.pid)
        wait_until(lambda: "LOWER_UP" in self.switch.ip("link", "show", "tap0"), 30, guest.text)
        found = self.findings()
        self.assertEqual(sorted(found), ["guest.no_vhost", "link.short_queue"])
        self.assertEqual(found["guest.no_vhost"]["sure"], "certain")
        self.assertTrue(found["guest.no_vhost"]["where"].startswith("web, qemu"))


class Quota:
    """A group with 5 % of a CPU, and a process in a group within it."""

    def __init__(self, pid, test):
        self.pid, self.test = pid, test

    def __enter__(self):
        name = f"alibi-doctor-{os.getpid()}"
        v1 = "/sys/fs/cgroup/cpu" if os.path.exists("/sys/fs/cgroup/cpu") else None
        base = v1 or "/sys/fs/cgroup"
        if v1 is None and "cpu" not in self.read(base + "/cgroup.subtree_control"):
            self.test.skipTest("no cpu controller to be had")
        self.outer, self.inner = f"{base}/{name}", f"{base}/{name}/inner"
        self.root = base
        os.mkdir(self.outer)
        if v1:
            self.write(self.outer + "/cpu.cfs_quota_us", "5000")
        else:
            self.write(self.outer + "/cpu.max", "5000 100000")
        os.mkdir(self.inner)
        self.write(self.inner + "/cgroup.procs", str(self.pid))
        return name

    def __exit__(self, *_):
        self.write(self.root + "/cgroup.procs", str(self.pid))
        os.rmdir(self.inner)
        os.rmdir(self.outer)

    @staticmethod
    def read(file):
        with open(file, encoding="ascii") as text:
            return text.read()

    @staticmethod
    def write(file, value):
        with open(file, "w", encoding="ascii") as out:
            out.write(value)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("needs root for network namespaces")
        sys.exit(77)
    unittest.main()
