# SPDX-License-Identifier: Apache-2.0
"""Both ends of the way: keepalived is master, and the backup is one that looks at its timer before it
reads. The backup is kept from reading, or the kernel of either host drops the adverts. Each fault ROUNDS times (1), at random moments and for random lengths (SEED); the
verdict of what was recorded must name the fault or say unknown."""
import collections
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(__file__)
sys.path.insert(0, os.path.join(HERE, "..", "support"))
sys.path.insert(0, os.path.join(HERE, "..", "interop"))
from netns import Lab, wait_until  # noqa: E402
from peers import Keepalived  # noqa: E402

ALIBI = os.environ.get("ALIBI_BUILT", "build/release/alibi")
ROUNDS = int(os.environ.get("ROUNDS", "1"))
VIP = "10.79.0.100"
VRID = 79
MASTER = f"""
global_defs {{
    vrrp_version 3
}}
vrrp_instance VI {{
    state MASTER
    interface eth0
    virtual_router_id {VRID}
    priority 200
    advert_int 1
    virtual_ipaddress {{
        {VIP}
    }}
}}
"""


def write(path, text):
    with open(path, "w", encoding="ascii") as out:
        out.write(text)


class Group:
    """A control group of ours in one hierarchy, removed at the end."""

    def __init__(self, root, name):
        self.path = os.path.join(root, f"alibi-test-{os.getpid()}-{name}")
        os.makedirs(self.path, exist_ok=True)
        self.home = root

    def add(self, pid):
        write(os.path.join(self.path, "cgroup.procs"), str(pid))

    def set(self, file, value):
        write(os.path.join(self.path, file), str(value))

    def close(self):
        with open(os.path.join(self.path, "cgroup.procs"), encoding="ascii") as procs:
            for pid in procs.read().split():
                write(os.path.join(self.home, "cgroup.procs"), pid)
        os.rmdir(self.path)


def hierarchy(controller):
    """Where a version 1 controller is mounted; "unified" for version 2; None if it is not."""
    with open("/proc/mounts", encoding="ascii") as mounts:
        for line in mounts:
            _, where, kind, options = line.split()[:4]
            if controller == "unified" and kind == "cgroup2":
                return where
            if kind == "cgroup" and controller in options.split(","):
                return where
    return None


class Ends(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        self.lab = Lab()
        self.lab.__enter__()
        self.addCleanup(self.lab.close)
        folder = tempfile.TemporaryDirectory(prefix="alibi-receiver-")
        self.addCleanup(folder.cleanup)
        self.folder = os.environ.get("CASES", folder.name)
        self.master, self.backup = self.lab.segment(["m", "b"])
        self.master.add_address("10.79.0.1/24")
        self.backup.add_address("10.79.0.2/24")
        self.keepalived = Keepalived(self.master, folder.name, MASTER)
        self.keepalived.start(r"Entering MASTER STATE")
        self.receiver = self.backup.start([sys.executable, os.path.join(HERE, "timer_first.py"),
                                           "eth0", "10.79.0.2", str(VRID), "100", VIP])
        self.receiver.expect("backup")
        seed = int(os.environ.get("SEED", str(random.randrange(1 << 30))))
        print(f"SEED={seed}", flush=True)
        self.random = random.Random(seed)

    def is_backup(self):
        return self.receiver.lines[-1][1] == "backup"

    def record(self, name, fault, shortest, longest):
        """The verdicts about failures while `fault` (a pair: do, undo) was in force."""
        case = os.path.join(self.folder, name + ".case")
        recorder = self.lab.start([ALIBI, "record", "-w", case,
                                            "--tap", f"A=eth0@{self.master.name}:m",
                                            "--tap", f"B=m@{self.lab.switch.name}:sw",
                                            "--tap", f"C=b@{self.lab.switch.name}:sw",
                                            "--tap", f"D=eth0@{self.backup.name}:b"])
        recorder.expect("recording ", 20)
        time.sleep(2 + self.random.random())
        do, undo = fault
        begin = time.time_ns()
        do()
        try:
            time.sleep(shortest + self.random.random() * (longest - shortest))
        finally:
            undo()
        end = time.time_ns()
        wait_until(self.is_backup, 30, "the backup to yield")
        time.sleep(1.5)
        recorder.signal(signal.SIGINT)
        recorder.popen.wait(20)
        shown = subprocess.run([ALIBI, "explain", "--json", case], text=True, check=True,
                               capture_output=True).stdout
        return [(i["cause"]["code"], i["account"]["of"] if i["account"] else None,
                 i["cause"]["headline"])
                for i in json.loads(shown)["incidents"]
                if i["failure"] and begin <= i["at_unix_ns"] <= end + 2_500_000_000]

    def matrix(self, code, make, shortest, longest):
        named = collections.Counter()
        for number in range(ROUNDS):
            found = self.record(f"{self._testMethodName}-{number}", make(), shortest, longest)
            codes = {c for c, _, _ in found} or {"no incident"}
            named.update(codes)
            print(f"{code}: {found}", flush=True)
            self.assertLessEqual(codes, {code, "unknown"})
        print(f"{code}: {dict(named)} in {ROUNDS} runs", flush=True)
        self.assertGreater(named[code], 0)

    def rules(self, namespace, hook):
        """nft rules that drop VRRP at one hook; do and undo."""
        text = (f"table inet alibi_test {{ chain drops {{ type filter hook {hook} priority 0; "
                "meta l4proto 112 counter drop; }; }")
        return ((lambda: namespace.exec("nft", text)),
                (lambda: namespace.exec("nft", "delete table inet alibi_test")))

    def test_firewall_of_the_receiver(self):
        self.matrix("peer.firewall", lambda: self.rules(self.backup, "input"), 4.7, 7)

    def test_firewall_of_the_sender(self):
        self.matrix("host.net.firewall", lambda: self.rules(self.master, "output"), 4.7, 7)

    def test_routes_of_the_receiver(self):
        """The way back to the master is another interface, and the kernel is told to mind that."""
        self.backup.ip("link", "add", "other", "type", "veth", "peer", "name", "end")
        for device in ("other", "end"):
            self.backup.ip("link", "set", "dev", device, "up")
        self.backup.exec("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1")

        def route(action):
            return lambda: self.backup.ip("route", action, "10.79.0.1/32", "dev", "other")
        self.matrix("peer.route", lambda: (route("add"), route("del")), 4.7, 7)

    def test_qdisc_of_the_sender(self):
        """A token bucket that is far too small, and other traffic fills it."""
        flood = ("import socket,time\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
                 "s.setsockopt(socket.SOL_SOCKET,socket.SO_BROADCAST,1)\n"
                 "while True:\n s.sendto(b'x',('10.79.0.255',9)); time.sleep(.0005)")
        started = []

        def do():
            self.master.exec("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "8kbit",
                             "burst", "1600", "limit", "1600")
            started.append(self.master.start([sys.executable, "-c", flood]))

        def undo():
            started.pop().stop()
            self.master.exec("tc", "qdisc", "del", "dev", "eth0", "root")
        self.matrix("host.net.qdisc", lambda: (do, undo), 6, 8)

    def test_healthy_bridge_is_not_accused(self):
        found = self.record("healthy", (lambda: None, lambda: None), 5, 6)
        self.assertEqual(found, [])
        case = os.path.join(self.folder, "healthy.case")
        shown = sqlite3.connect(case).execute(
            "SELECT count(*) FROM event WHERE kind='packet_dropped'").fetchone()
        self.assertEqual(shown, (0,))

    def test_stopped(self):
        def fault():
            pid = self.receiver.pid
            return (lambda: os.kill(pid, signal.SIGSTOP), lambda: os.kill(pid, signal.SIGCONT))
        self.matrix("peer.stopped", fault, 4.7, 7)

    def group_fault(self, controller, file, on, off):
        root = hierarchy(controller)
        if root is None:
            self.skipTest(f"{controller} is not mounted")
        group = Group(root, "held")
        self.addCleanup(group.close)
        group.add(self.receiver.pid)
        return lambda: (lambda: group.set(file, on), lambda: group.set(file, off))

    def test_frozen_v1(self):
        self.matrix("peer.frozen", self.group_fault("freezer", "freezer.state", "FROZEN", "THAWED"),
                    4.7, 7)

    def test_frozen_v2(self):
        self.matrix("peer.frozen", self.group_fault("unified", "cgroup.freeze", 1, 0), 4.7, 7)

    def hogs(self, group, cpu, count):
        """Busy programs in `group` on one CPU; do and undo."""
        started = []

        def do():
            for _ in range(count):
                hog = subprocess.Popen(["taskset", "-c", str(cpu), sys.executable, "-c",
                                        "while True: pass"])
                group.add(hog.pid)
                started.append(hog)

        def undo():
            while started:
                hog = started.pop()
                hog.kill()
                hog.wait()
        self.addCleanup(undo)
        return do, undo

    def pinned(self):
        cpu = max(os.sched_getaffinity(0))
        os.sched_setaffinity(self.receiver.pid, {cpu})
        return cpu

    def test_starved(self):
        root = hierarchy("cpu")
        if root is None:
            self.skipTest("the cpu controller (version 1) is not mounted")
        cpu = self.pinned()
        victim, others = Group(root, "victim"), Group(root, "hogs")
        self.addCleanup(victim.close)
        self.addCleanup(others.close)
        victim.add(self.receiver.pid)
        others.set("cpu.shares", 8192)

        def fault():
            start, end = self.hogs(others, cpu, 4)
            # A group that never runs is owed its turn when it wakes: one of its own uses that up.
            start_own, end_own = self.hogs(victim, cpu, 1)
            return ((lambda: (victim.set("cpu.shares", 2), start_own(), start())),
                    (lambda: (end(), end_own(), victim.set("cpu.shares", 1024))))
        self.matrix("peer.starved", fault, 8, 11)

    def test_throttled(self):
        root = hierarchy("cpu")
        if root is None:
            self.skipTest("the cpu controller (version 1) is not mounted")
        cpu = self.pinned()
        group = Group(root, "quota")
        self.addCleanup(group.close)
        victim, burner = Group(group.path, "victim"), Group(group.path, "burner")
        self.addCleanup(victim.close)
        self.addCleanup(burner.close)
        victim.add(self.receiver.pid)
        victim.set("cpu.shares", 2)
        burner.set("cpu.shares", 262144)

        def fault():
            start, end = self.hogs(burner, cpu, 1)
            return ((lambda: (group.set("cpu.cfs_period_us", 1000000),
                              group.set("cpu.cfs_quota_us", 1000), start())),
                    (lambda: (group.set("cpu.cfs_quota_us", -1), end())))
        self.matrix("peer.throttled", fault, 8, 11)


if __name__ == "__main__":
    unittest.main()
