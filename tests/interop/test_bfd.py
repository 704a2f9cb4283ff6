# SPDX-License-Identifier: Apache-2.0
"""BFD with others: FRR's bfdd, keepalived's bfd_instance, and alibi with itself. A session comes
up, its peer is killed, the instance that depends on it lets go of the address, and gets it back."""
import os
import re
import shutil
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "daemon"))
from nodes import Pair, config, wait_until  # noqa: E402
from peers import FRR  # noqa: E402

ROUTER = "10.77.0.3"
ADDRESSES = ("10.77.0.1/24", "10.77.0.2/24", ROUTER + "/24")
# The peer shall not be what is late: alibi's own thread does not depend on other work on the machine.
REALTIME = ("chrt", "-f", "5")


def bfd(neighbor, source, interval=50, multiplier=3, more=""):
    return (f"bfd_instance router {{\n    neighbor_ip {neighbor}\n    source_ip {source}\n"
            f"    min_rx {interval}\n    min_tx {interval}\n    multiplier {multiplier}\n"
            f"    {more}\n}}\n")


class FrrBfd:
    """zebra and bfdd by hand."""

    def __init__(self, namespace, directory, peer, more=""):
        self.namespace = namespace
        self.directory = os.path.join(directory, "frr-bfd")
        os.mkdir(self.directory)
        os.chmod(directory, 0o711)  # FRR's programs give root up and run as frr
        shutil.chown(self.directory, "frr", "frr")
        self._write("zebra.conf", "log stdout\n")
        self._write("bfdd.conf", f"log stdout\nbfd\n peer {peer}\n  detect-multiplier 3\n"
                                 "  receive-interval 50\n  transmit-interval 50\n"
                                 f"  {more}\n  no shutdown\n exit\nexit\n")
        self.processes = {}

    def _write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as out:
            out.write(text)

    def _daemon(self, name, *more):
        path = lambda end: os.path.join(self.directory, name + end)
        self.processes[name] = self.namespace.start(
            [*REALTIME, f"{FRR}/{name}", "-f", path(".conf"), "-i", path(".pid"),
             "-z", os.path.join(self.directory, "zserv.api"), "--vty_socket", self.directory,
             "-P", "0", *more])
        wait_until(lambda: os.path.exists(path(".vty")), 20,
                   lambda: f"{name}: " + self.processes[name].text())

    def start(self):
        if "zebra" not in self.processes:
            self._daemon("zebra")
        self._daemon("bfdd", "--bfdctl", os.path.join(self.directory, "bfdd.sock"))
        return self

    def kill(self):
        self.processes["bfdd"].signal(signal.SIGKILL)
        self.processes.pop("bfdd").popen.wait(5)
        for name in ("bfdd.vty", "bfdd.sock"):
            if os.path.exists(os.path.join(self.directory, name)):
                os.unlink(os.path.join(self.directory, name))

    def stop(self):
        self.processes.pop("bfdd").stop()
        if os.path.exists(os.path.join(self.directory, "bfdd.vty")):
            os.unlink(os.path.join(self.directory, "bfdd.vty"))


class KeepalivedBfd:
    def __init__(self, namespace, directory, peer, more=""):
        self.namespace = namespace
        self.directory = directory
        self.file = os.path.join(directory, "keepalived-bfd.conf")
        # keepalived runs its BFD process only for somebody that tracks the session.
        with open(self.file, "w", encoding="utf-8") as out:
            out.write(bfd(peer, ROUTER, more=more) + """vrrp_instance OTHER {
    interface eth0
    virtual_router_id 99
    priority 100
    virtual_ipaddress {
        10.77.0.199
    }
    track_bfd {
        router
    }
}
""")
        self.process = None

    def start(self):
        pid = [os.path.join(self.directory, f"keepalived-{n}.pid") for n in ("p", "r", "b", "c")]
        self.process = self.namespace.start(
            [*REALTIME, "keepalived", "-n", "-l", "-D", "-f", self.file, "-p", pid[0], "-r", pid[1],
             "-b", pid[2], "-c", pid[3]])
        return self

    def children(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="ascii") as children:
            return [int(pid) for pid in children.read().split()]

    def kill(self):
        children = self.children()
        self.process.signal(signal.SIGSTOP)
        for child in children:
            os.kill(child, signal.SIGKILL)
        self.process.signal(signal.SIGKILL)
        self.process.popen.wait(5)
        for name in os.listdir(self.directory):
            if name.endswith(".pid"):
                os.unlink(os.path.join(self.directory, name))

    def stop(self):
        self.process.stop()


def line_time(process, pattern, since):
    """When the first line like this was read, monotonic."""
    process.expect(pattern, 10, since)
    return next(at for at, line in process.lines if at >= since and re.search(pattern, line))


class Bfd(unittest.TestCase):
    def story(self, make_peer, weight, down):
        texts = (config(110, bfd(ROUTER, "10.77.0.1"), f"track_bfd {{\n router {weight}\n }}"),
                 config(100), "")
        with Pair(*texts, addresses=ADDRESSES) as pair:
            a, b, router = pair.nodes
            a.start()
            b.start().wait_vip(timeout=12)  # without the session a is no master
            peer = make_peer(router.namespace, pair.directory).start()
            a.process.expect(r"BFD_Instance\(router\) Entering Up state", 20)
            a.wait_vip(timeout=12)
            b.wait_vip(False)
            time.sleep(1)  # the fast interval is agreed upon
            killed = time.monotonic()
            peer.kill()
            detected = line_time(a.process, r"BFD_Instance\(router\) Entering Down state: nothing "
                                            r"received for \d+ ms \(detection time 150 ms\)",
                                 killed)
            a.process.expect(down, 5, killed)
            b.wait_vip(timeout=6)
            a.wait_vip(False)
            print(f"down {1000 * (detected - killed):.0f} ms after the kill", file=sys.stderr)
            self.assertLess(detected - killed, 1.0)
            peer.start()
            a.process.expect(r"BFD_Instance\(router\) Entering Up state", 20, detected)
            a.wait_vip(timeout=12)
            stopped = time.monotonic()
            peer.stop()
            a.process.expect(r"Entering Down state", 10, stopped)
            b.wait_vip(timeout=8)

    def test_frr_down_is_a_fault(self):
        self.story(lambda ns, d: FrrBfd(ns, d, "10.77.0.1"), "",
                   r"Entering FAULT STATE.*BFD session router with 10.77.0.3 went down")

    def test_frr_down_lowers_the_priority(self):
        self.story(lambda ns, d: FrrBfd(ns, d, "10.77.0.1"), "weight -30",
                   r"Changing effective priority from 110 to 80")

    def test_keepalived_down_is_a_fault(self):
        self.story(lambda ns, d: KeepalivedBfd(ns, d, "10.77.0.1"), "",
                   r"Entering FAULT STATE.*BFD session router with 10.77.0.3 went down")

    def test_alibi_with_itself(self):
        other = "track_bfd {\n router weight -1\n }"
        texts = (config(110, bfd("10.77.0.2", "10.77.0.1", 100, 5), "track_bfd {\n router\n }"),
                 config(100, bfd("10.77.0.1", "10.77.0.2", 100, 5), other))
        with Pair(*texts) as pair:
            a, b = pair.nodes
            a.start()
            b.start()
            for node in (a, b):
                node.process.expect(r"BFD_Instance\(router\) Entering Up state", 20)
            a.wait_vip(timeout=12)
            since = time.monotonic()
            time.sleep(10)
            self.assertIsNone(a.process.find("Entering Down state", since))
            # Through a router, a TTL of 254 is not believed.
            b.namespace.exec("nft", "add table ip t; add chain ip t o { type filter hook output "
                                    "priority 0; }; add rule ip t o udp dport 3784 ip ttl set 254")
            a.process.expect(r"packet dropped: TTL 254", 5)
            a.process.expect(r"Entering FAULT STATE.*nothing received for", 5)
            b.namespace.exec("nft", "delete table ip t")
            a.wait_vip(timeout=12)
            stopped = time.monotonic()
            b.process.stop()
            a.process.expect(r"Entering Down state: the neighbour says AdminDown", 5, stopped)

    def test_ipv6_and_several_hops(self):
        def text(priority, neighbor, source, more):
            return config(priority, bfd(neighbor, source, more=more),
                          "track_bfd {\n router weight -1\n }")
        for neighbors, more in ((("fd77::2", "fd77::1"), ""),
                                (("10.77.0.2", "10.77.0.1"), "multihop")):
            texts = (text(110, *neighbors, more), text(100, *reversed(neighbors), more))
            with self.subTest(more or "IPv6"), Pair(*texts) as pair:
                for node, address in zip(pair.nodes, reversed(neighbors)):
                    if ":" in address:
                        node.namespace.add_address(address + "/64")
                    node.start()
                for node in pair.nodes:
                    node.process.expect(r"BFD_Instance\(router\) Entering Up state", 20)
                killed = time.monotonic()
                pair.nodes[1].process.signal(signal.SIGKILL)
                pair.nodes[0].process.expect(r"Entering Down state", 5, killed)

    def test_floods_and_forgeries(self):
        texts = (config(110, bfd("10.77.0.2", "10.77.0.1", 100, 5), "track_bfd {\n router\n }"),
                 config(100, bfd("10.77.0.1", "10.77.0.2", 100, 5),
                        "track_bfd {\n router weight -1\n }"), "")
        with Pair(*texts, addresses=ADDRESSES) as pair:
            a, b, other = pair.nodes
            a.start()
            b.start()
            a.wait_vip(timeout=15)
            a.process.expect(r"BFD_Instance\(router\) Entering Up state", 20)
            since = time.monotonic()
            before = thread_time(a.child("alibi-tracker"), "alibi-bfd")
            flood = other.namespace.start(["/usr/bin/python3", "-c", FLOOD, "10.77.0.1"])
            forger = b.namespace.start(["/usr/bin/python3", "-c", FORGERY, "10.77.0.1"])
            sent = int(flood.expect(r"sent (\d+)", 20)[1])
            forger.expect("done")
            spent = thread_time(a.child("alibi-tracker"), "alibi-bfd") - before
            print(f"{sent} datagrams of a stranger; {spent:.2f} s on a CPU", file=sys.stderr)
            self.assertGreater(sent, 10_000)
            self.assertIsNone(a.process.find("Entering Down state", since))
            self.assertIsNone(b.process.find("Entering Down state", since))
            a.process.expect(r"its Your Discriminator 305419896 names no session of ours", 1)
            self.assertIsNone(a.process.find("Entering FAULT", since))


def thread_time(pid, name):
    """Seconds that a thread has spent on a CPU."""
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/stat", encoding="ascii") as file:
            comm, rest = file.read().split("(", 1)[1].rsplit(")", 1)
        if comm == name:
            fields = rest.split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    raise AssertionError(f"no thread {name}")


# Down packets without a discriminator, which would end a session of this sender's.
FLOOD = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
s.connect((sys.argv[1], 3784))
packet = bytes([0x20, 0x40, 5, 24, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 39, 16, 0, 0, 39, 16, 0, 0, 0, 0])
end = time.monotonic() + 5
sent = 0
while time.monotonic() < end:
    for _ in range(100):
        s.send(packet)
    sent += 100
print("sent", sent, flush=True)
"""
# Of the neighbour's host: for a session that is none, cut short, of another version, through a
# router.
FORGERY = """
import os, socket, sys, time
os.setuid(65534)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
s.connect((sys.argv[1], 3784))
tail = bytes([0, 0, 39, 16, 0, 0, 39, 16, 0, 0, 0, 0])
ids = bytes([0, 0, 0, 9, 0x12, 0x34, 0x56, 0x78])
for packet in ([bytes([0x20, 0x40, 5, 24]) + ids + tail] * 500
               + [bytes([0x20, 0x40, 5, 24]), b"", bytes([0x60, 0x40, 5, 24]) + ids + tail,
                  bytes([0x20, 0x40, 0, 24]) + ids + tail, bytes([0x20, 0x40, 5, 200]) + ids + tail,
                  bytes([0x20, 0x41, 5, 24]) + ids + tail, bytes(24), bytes([0xff] * 200)]):
    s.send(packet)
    time.sleep(0.001)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 200)
s.send(bytes([0x20, 0x40, 5, 24, 0, 0, 0, 9, 0, 0, 0, 0]) + tail)
print("done", flush=True)
"""


class Keywords(unittest.TestCase):
    """Those of bfd_instance that the stories above do not show; the peer is keepalived."""

    def pair(self, ours, theirs="", track="router"):
        text = config(110, bfd(ROUTER, "10.77.0.1", more=ours).replace("neighbor", "neighbour"),
                      f"track_bfd {{\n {track}\n }}")
        pair = Pair(text, "", addresses=("10.77.0.1/24", ROUTER + "/24")).__enter__()
        self.addCleanup(pair.__exit__, None)
        return pair.nodes[0], KeepalivedBfd(pair.nodes[1].namespace, pair.directory, "10.77.0.1",
                                            theirs)

    def test_passive_speaks_when_spoken_to(self):
        a, peer = self.pair("passive")
        record = peer.namespace.start(["tcpdump", "-n", "-l", "--immediate-mode", "-i", "eth0",
                                       "src host 10.77.0.1 and udp port 3784"])
        record.expect("listening on", 20)
        a.start()
        a.process.expect(r"Entering FAULT STATE.*has not come up yet", 10)
        time.sleep(2.5)
        self.assertIsNone(record.find(r"> \S+\.3784:"))
        peer.start()
        a.process.expect(r"BFD_Instance\(router\) Entering Up state", 20)
        record.expect(r"> \S+\.3784:")

    def test_idle_tx_until_up(self):
        a, peer = self.pair("idle_tx 2000")
        record = peer.namespace.start(["tcpdump", "-tt", "-n", "-l", "--immediate-mode", "-i",
                                       "eth0", "src host 10.77.0.1 and udp port 3784"])
        record.expect("listening on", 20)
        a.start()

        def times():
            return [float(line.split()[0]) for _, line in list(record.lines) if ".3784:" in line]
        wait_until(lambda: len(times()) >= 4, 12, "four packets")
        gaps = [after - before for before, after in zip(times(), times()[1:])]
        self.assertGreater(min(gaps), 1.45)  # 2 s less at most a quarter
        self.assertLess(max(gaps), 2.2)

    def test_ttl_and_max_hops(self):
        # What passed a router has lost one of its TTL: keepalived allows one, alibi does not.
        a, peer = self.pair("ttl 254", "ttl 254\n    max_hops 1")
        a.start()
        peer.start()
        a.process.expect(r"packet dropped: TTL 254, from 255 on it has come over 1 routers, "
                         r"max_hops is 0", 10)
        time.sleep(2)
        self.assertIsNone(a.process.find("Entering Up state"))

    def test_max_hops(self):
        a, peer = self.pair("hoplimit 254\n    max_hops 1", "ttl 254\n    max_hops 1")
        a.start()
        peer.start()
        a.process.expect(r"BFD_Instance\(router\) Entering Up state", 20)
        peer.process.expect(r"\(router\) Entering Up state", 5)

    def test_keepalived_does_not_believe_our_ttl(self):
        a, peer = self.pair("ttl 254")
        a.start()
        peer.start().process.expect("Starting BFD child process", 15)
        time.sleep(4)
        self.assertIsNone(peer.process.find("Entering (Init|Up) state"))
        self.assertIsNone(a.process.find("Entering Up state"))

    def test_weight_of_the_session(self):
        a, peer = self.pair("weight -30\n    vrrp\n    checker")
        a.start().wait_vip()
        a.process.expect(r"Changing effective priority from 110 to 80", 10)
        peer.start()
        a.process.expect(r"Changing effective priority from 80 to 110", 20)

    def test_session_for_checkers_alone_is_not_tracked(self):
        # keepalived: "(VI_1) track bfd router not found, ignoring..."
        a, _ = self.pair("checker")
        a.start().wait_vip()
        a.process.expect(r"bfd_instance router is for the checkers alone", 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
