#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""alibi capture on live interfaces, in namespaces (as root), beside tcpdump on the same packets."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import packets
from netns import Lab, run, wait_until

ALIBI = os.environ.get("ALIBI") or os.environ["ALIBI_BUILT"]
SEND = """
import ctypes, socket, sys, time
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((sys.argv[1], 0))
for line in sys.stdin:
    data, pause = line.split()
    out.send(bytes.fromhex(data))
    time.sleep(float(pause))
"""


class Live(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.lab = Lab()
        self.lab.__enter__()
        self.addCleanup(self.lab.close)
        self.a, self.b = self.lab.namespace("a"), self.lab.namespace("b")
        self.cable()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def cable(self):
        self.a.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns",
                  self.b.name)
        for end in (self.a, self.b):
            end.ip("link", "set", "eth0", "up")
        for end in (self.a, self.b):
            wait_until(lambda e=end: "LOWER_UP" in e.ip("link", "show", "eth0"), 5, "carrier")

    def path(self, name):
        return os.path.join(self.folder, name)

    def capture(self, *words, where=None):
        """Started and listening; standard output and error are one."""
        process = (where or self.b).start([ALIBI, "capture", *words])
        process.expect("listening on", 20)
        return process

    def tcpdump(self, *words):
        process = self.b.start(["tcpdump", *words])
        process.expect("listening on", 20)
        return process

    def send(self, frames, pause=0.0, device="eth0"):
        lines = "".join(f"{frame.hex()} {pause}\n" for frame in frames)
        subprocess.run(["ip", "netns", "exec", self.a.name, sys.executable, "-c", SEND, device],
                       input=lines, text=True, check=True)

    def end(self, process, number=signal.SIGINT):
        process.signal(number)
        process.popen.wait(20)
        process.reader.join(5)
        return process.text()

    def count(self, path):
        done = subprocess.run([ALIBI, "capture", "--count", "-r", path], text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return int(done.stdout.split()[0])


def numbered(count, size=100, first=0):
    """Adverts with their number in the last four octets."""
    body = packets.vrrp2().ljust(size - 38, b"\0")
    return [packets.group4(body + (first + i).to_bytes(4, "big")) for i in range(count)]


def numbers(blocks):
    return [int.from_bytes(octets[-4:], "big") for _, _, _, octets in blocks]


class Beside(Live):
    """The same interface, the same packets, the same words."""

    def both(self, words, frames):
        peers = [self.tcpdump(*words), self.capture(*words)]
        self.send(frames)
        done = lambda p: len([line for _, line in p.lines if "VRRP" in line or "ARP" in line])
        if "-w" not in words:
            wait_until(lambda: all(done(p) >= len(frames) for p in peers), 20,
                       lambda: "\n".join(p.text() for p in peers))
        else:
            time.sleep(1.2)  # tcpdump counts what its ring has handed over, once a second
        theirs, ours = [self.end(p) for p in peers]
        self.assertEqual(theirs.replace("tcpdump: ", "alibi: "), ours)
        return ours

    def test_lines_and_counters(self):
        frames = [packets.group4(packets.vrrp2()), packets.arps()[0],
                  packets.group6(packets.vrrp3(("fe80::100",), source="fe80::1", to="ff02::12"))]
        ours = self.both(["-n", "-t", "-l", "-i", "eth0", "vrrp or arp or ip6 proto 112"], frames)
        self.assertIn("3 packets captured", ours)
        self.assertIn("0 packets dropped by kernel", ours)
        self.both(["-n", "-t", "-e", "-v", "-l", "-i", "eth0", "vrrp"], frames[:1])

    def test_any(self):
        self.both(["-n", "-t", "-l", "-i", "any", "vrrp or arp"], [packets.group4(packets.vrrp2())])
        self.both(["-n", "-t", "-e", "-l", "-i", "any", "vrrp"], [packets.group4(packets.vrrp2())])

    def test_a_tag_that_the_kernel_took_off(self):
        tagged = [packets.ethernet(0x800, packets.ipv4(112, packets.vrrp2()), vlan=77)]
        for words in (["vlan"], ["vlan 77 and vrrp"], []):
            plain = [*words] or ["not ip6"]
            self.both(["-n", "-t", "-e", "-l", "-i", "eth0", *plain], tagged)

    def test_the_same_file(self):
        theirs, ours = self.path("theirs.pcap"), self.path("ours.pcap")
        frames = packets.adverts() + packets.arps()
        peers = [self.tcpdump("-i", "eth0", "-w", theirs, "vrrp or arp"),
                 self.capture("-i", "eth0", "-w", ours, "vrrp or arp")]
        self.send(frames)
        time.sleep(1.2)
        texts = [self.end(p).replace("tcpdump: ", "alibi: ") for p in peers]
        self.assertEqual(*texts)
        # Each socket stamps for itself; all else is the same.
        shown = [run("tcpdump", "-t", "-n", "-e", "-xx", "-r", path) for path in (theirs, ours)]
        self.assertEqual(*shown)
        self.assertEqual(*(pathlib.Path(path).read_bytes()[:24] for path in (theirs, ours)))

    def test_no_lines_with_count(self):
        """--count is for files: live it leaves the lines out, and the closing counters stay."""
        words = ["-n", "--count", "-i", "eth0", "vrrp"]
        peers = [self.tcpdump(*words), self.capture(*words)]
        self.send([packets.group4(packets.vrrp2())])
        time.sleep(1.5)
        theirs, ours = [self.end(p) for p in peers]
        self.assertEqual(theirs.replace("tcpdump: ", "alibi: "), ours)
        self.assertIn("\n\n1 packet captured\n1 packet received by filter\n", ours)

    def test_a_count_ends_it(self):
        process = self.capture("-n", "-c", "2", "-i", "eth0", "vrrp")
        self.send(numbered(5))
        process.popen.wait(20)
        process.reader.join(5)
        self.assertIn("2 packets captured", process.text())

    def test_usr1(self):
        process = self.capture("-i", "eth0", "-w", self.path("a.pcap"), "vrrp")
        self.send(numbered(3))
        wait_until(lambda: (process.signal(signal.SIGUSR1), process.find(
            "alibi: 3 packets captured, 3 packets received by filter, 0 packets dropped by kernel"
        ))[1], 10, process.text)

    def test_directions(self):
        for way, expected in (("in", "1 packet captured"), ("out", "0 packets captured")):
            process = self.capture("-Q", way, "-i", "eth0", "-w", self.path("q.pcap"), "vrrp")
            self.send(numbered(1))
            time.sleep(0.3)
            self.assertIn(expected, self.end(process))


    def test_a_real_keepalived_and_arping(self):
        path = self.path("real.pcap")
        config = self.path("keepalived.conf")
        pathlib.Path(config).write_text("""
vrrp_instance A { interface eth0
  virtual_router_id 51
  priority 200
  advert_int 1
  authentication { auth_type PASS
    auth_pass secret }
  virtual_ipaddress { 10.0.0.100/24 } }
vrrp_instance B { interface eth0
  virtual_router_id 52
  version 3
  priority 200
  advert_int 0.5
  virtual_ipaddress { fe80::100/64
    2001:db8::100/64 } }
""")
        self.a.add_address("10.0.0.1/24")
        writer = self.tcpdump("-U", "-i", "eth0", "-w", path)
        self.a.start(["keepalived", "-n", "-l", "-P", "-f", config, "-p", self.path("pid"), "-r",
                      self.path("vrrp.pid")])
        wait_until(lambda: "10.0.0.100" in self.a.addresses(), 20, "keepalived to be master")
        self.a.exec("arping", "-q", "-c", "2", "-w", "2", "-I", "eth0", "10.0.0.2", check=False)
        time.sleep(2)
        self.end(writer)
        for way in ("-n", "-n -t -e", "-n -v", "-n -e -vvv -xx"):
            for words in ("vrrp or ip6 proto 112", "arp", "icmp6"):
                # MLD reports have lines of their own in tcpdump.
                words += " and not ip6[40] = 143 and not ip6[48] = 143" if words == "icmp6" else ""
                theirs = run("tcpdump", *way.split(), "-r", path, words)
                self.assertEqual(theirs, run(ALIBI, "capture", *way.split(), "-r", path, words))
                if words == "arp":
                    self.assertIn("Request who-has 10.0.0.2", theirs)
                elif words.startswith("vrrp"):
                    self.assertTrue("VRRPv2" in theirs and "VRRPv3" in theirs, theirs)


class Taps(Live):
    def test_namespaces_in_one_file(self):
        path = self.path("taps.pcapng")
        taps = [f"netns:{self.a.name}/eth0", f"netns:{self.b.name}/eth0"]
        process = self.capture("-i", taps[0], "-i", taps[1], "-w", path, "vrrp")
        self.send(numbered(20))
        text = self.end(process)
        for tap in taps:
            self.assertIn(f"{tap}: 20 packets captured, 20 packets received by filter, 0 packets "
                          "dropped by kernel", text)
        blocks, statistics = packets.read_pcapng(path)
        for tap in (0, 1):
            self.assertEqual(numbers([b for b in blocks if b[0] == tap]), list(range(20)))
        self.assertEqual(statistics, [(0, 20, 0), (1, 20, 0)])
        for command in (["tcpdump", "-n", "-r", path], ["capinfos", path]):
            done = subprocess.run(command, text=True, capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        shown = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-e",
                                "frame.interface_name"], text=True, capture_output=True,
                               check=True).stdout.split()
        self.assertEqual(sorted(shown), sorted(taps * 20))

    def test_any_in_another_namespace(self):
        """The names of interfaces are those of where they are."""
        self.b.ip("link", "set", "eth0", "down")
        self.b.ip("link", "set", "eth0", "name", "far9")
        self.b.ip("link", "set", "far9", "up")
        wait_until(lambda: "LOWER_UP" in self.a.ip("link", "show", "eth0"), 5, "carrier")
        process = self.capture("-n", "-t", "-l", "-i", f"netns:{self.b.name}/any", "vrrp",
                               where=self.a)
        self.send(numbered(1))
        process.expect(r"far9 +M +IP 10.0.0.1 > 224.0.0.18: VRRPv2, Advertisement, vrid 51")

    def test_an_interface_that_comes_back(self):
        path = self.path("away.pcapng")
        process = self.capture("-i", "eth0", "-w", path, "vrrp")
        self.send(numbered(4))
        self.a.ip("link", "del", "eth0")
        process.expect("alibi: eth0: the interface went away; waiting for it", 20)
        self.cable()
        process.expect("alibi: eth0: the interface is back", 20)
        self.send(numbered(3, first=4))
        text = self.end(process)
        self.assertIn("7 packets captured\n7 packets received by filter\n0 packets dropped", text)
        blocks, _ = packets.read_pcapng(path)
        self.assertEqual(numbers(blocks), list(range(7)))
        self.assertEqual([comment for _, _, comment, _ in blocks if comment],
                         ["alibi: the interface is back"])

    def test_down_and_up_is_no_end(self):
        path = self.path("down.pcapng")
        process = self.capture("-i", "eth0", "-w", path, "vrrp")
        self.send(numbered(2))
        self.b.ip("link", "set", "eth0", "down")
        time.sleep(0.3)
        self.b.ip("link", "set", "eth0", "up")
        wait_until(lambda: "LOWER_UP" in self.a.ip("link", "show", "eth0"), 5, "carrier")
        self.send(numbered(2, first=2))
        self.end(process)
        self.assertEqual(numbers(packets.read_pcapng(path)[0]), list(range(4)))

    def test_many_rings(self):
        path = self.path("rings.pcapng")
        process = self.capture("-i", "eth0", "--rings", "3", "-w", path, "vrrp")
        self.send(numbered(300))
        text = self.end(process)
        self.assertIn("300 packets captured\n300 packets received by filter\n0 packets dr", text)
        self.assertEqual(sorted(numbers(packets.read_pcapng(path)[0])), list(range(300)))

    def test_inner_headers(self):
        inner = packets.group4(packets.vrrp2())
        vxlan = packets.ethernet(0x800, packets.ipv4(17, packets.udp(
            40000, 4789, b"\x08\0\0\0\0\0\x2a\0" + inner)))
        process = self.capture("-n", "-l", "-i", "eth0", "udp port 4789 and vxlan 42 and vrrp"
                               if "vxlan" in run("pcap-config", "--version", check=False)
                               else "udp port 4789 and udp[39] = 112")
        self.send([vxlan])
        process.expect("VXLAN, flags .I. .0x08., vni 42")
        process.expect("IP 10.0.0.1 > 224.0.0.18: VRRPv2, Advertisement, vrid 51")


class Losses(Live):
    """received = written + dropped, and each loss stands where it happened."""

    def flood_stopped(self, *words):
        path = self.path("lost.pcapng")
        process = self.capture("-i", "eth0", "-s", "128", "-w", path, *words, "vrrp")
        self.send(numbered(10))
        time.sleep(1.5)
        process.signal(signal.SIGSTOP)
        self.send(numbered(3000, first=10))
        process.signal(signal.SIGCONT)
        time.sleep(1.5)
        self.send(numbered(10, first=3010))
        text = self.end(process)
        counts = [int(n) for n in re.findall(r"(\d+) packets? (?:captured|received|dropped)", text)]
        self.assertEqual(len(counts), 3, text)
        captured, received, dropped = counts
        self.assertEqual(received, 3020)
        self.assertEqual(captured + dropped, received)
        self.assertGreater(dropped, 0)
        blocks, statistics = packets.read_pcapng(path)
        self.assertEqual(len(blocks), captured)
        self.assertEqual(statistics[-1], (0, received, dropped))
        expected = 0
        for block, number in zip(blocks, numbers(blocks)):
            self.assertEqual(block[1], number - expected, f"in front of {number}")
            expected = number + 1
        self.assertEqual(expected, 3020)

    def test_blocks(self):
        self.flood_stopped("-B", "16")

    def test_slots(self):
        self.flood_stopped("-B", "16", "--immediate-mode")

    def test_a_stall_of_a_default_ring_loses_nothing(self):
        path = self.path("kept.pcapng")
        process = self.capture("-i", "eth0", "-w", path, "vrrp")
        process.signal(signal.SIGSTOP)
        self.send(numbered(100), 0.02)
        process.signal(signal.SIGCONT)
        self.assertIn("100 packets captured\n100 packets received", self.end(process))

    def test_large_frames_in_slots(self):
        self.a.ip("link", "set", "eth0", "mtu", "9000")
        self.b.ip("link", "set", "eth0", "mtu", "9000")
        path = self.path("large.pcapng")
        process = self.capture("--immediate-mode", "-i", "eth0", "-w", path, "vrrp")
        self.send([frame for size in (100, 5000, 200, 8900) for frame in numbered(1, size, size)])
        self.end(process)
        self.assertEqual(numbers(packets.read_pcapng(path)[0]), [100, 5000, 200, 8900])


class Files(Live):
    def test_by_size(self):
        path = self.path("size.pcap")
        process = self.capture("-i", "eth0", "-C", "1k", "-W", "12", "-w", path, "vrrp")
        self.send(numbered(40))
        self.end(process)
        names = sorted(os.listdir(self.folder))
        self.assertEqual(names[:2], ["size.pcap00", "size.pcap01"])
        self.assertEqual(sum(self.count(self.path(name)) for name in names), 40)

    def test_by_time_also_without_packets(self):
        process = self.capture("-i", "eth0", "-G", "1", "-W", "3", "-w",
                               self.path("%s.pcap"), "vrrp")
        self.send(numbered(2))
        process.popen.wait(30)
        process.reader.join(5)
        self.assertIn("Maximum file limit reached: 3", process.text())
        names = os.listdir(self.folder)
        self.assertEqual(len(names), 3)
        self.assertEqual(sum(self.count(self.path(name)) for name in names), 2)

    def test_a_full_disk_ends_the_writing_and_not_the_counting(self):
        mount = self.path("small")
        os.mkdir(mount)
        run("mount", "-t", "tmpfs", "-o", "size=64k", "none", mount)
        self.addCleanup(run, "umount", mount)
        path = os.path.join(mount, "full.pcap")
        process = self.capture("-U", "-i", "eth0", "-w", path, "vrrp")
        self.send(numbered(900))
        process.expect("No space left on device; nothing more is written, packets are still", 20)
        self.send(numbered(100, first=900))
        text = self.end(process)
        self.assertIn("1000 packets captured\n1000 packets received by filter", text)
        missing = int(re.search(r"(\d+) packets captured but not written", text)[1])
        self.assertEqual(self.count(path) + missing, 1000)
        self.assertEqual(process.popen.returncode, 1)

    def test_another_user(self):
        os.chmod(self.folder, 0o777)
        path = self.path("nobody.pcap")
        process = self.capture("-Z", "nobody", "-i", "eth0", "-w", path, "vrrp")
        self.send(numbered(3))
        self.end(process)
        self.assertEqual(pathlib.Path(path).owner(), "nobody")
        self.assertEqual(self.count(path), 3)

    def test_when_another_user_opens_the_files(self):
        """In a folder of root's: the one file of -w is root's to open, the files of -C are not."""
        os.chmod(self.folder, 0o700)
        process = self.capture("-Z", "nobody", "-i", "eth0", "-w", self.path("one.pcap"), "vrrp")
        self.send(numbered(3))
        self.end(process)
        self.assertEqual(pathlib.Path(self.path("one.pcap")).owner(), "nobody")
        done = subprocess.run(["ip", "netns", "exec", self.b.name, ALIBI, "capture", "-Z", "nobody",
                               "-i", "eth0", "-C", "1", "-w", self.path("many.pcap")],
                              capture_output=True, text=True, check=False, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("many.pcap: Permission denied", done.stderr)

    def test_a_command_after_each_file(self):
        process = self.capture("-i", "eth0", "-G", "1", "-W", "2", "-w", self.path("%s.pcap"),
                               "-z", "gzip", "vrrp")
        self.send(numbered(3))
        process.popen.wait(20)
        wait_until(lambda: any(name.endswith(".gz") for name in os.listdir(self.folder)), 10,
                   "gzip")

    def test_an_interface_by_its_number_and_link_type(self):
        listed = subprocess.run(["ip", "netns", "exec", self.b.name, ALIBI, "capture", "-D"],
                                capture_output=True, text=True, check=True).stdout
        number = re.search(r"(\d+)\.eth0 ", listed)[1]
        process = self.capture("-i", number, "-y", "EN10MB", "-w", self.path("n.pcap"), "vrrp")
        self.send(numbered(3))
        self.assertIn("3 packets captured", self.end(process))

    def test_into_a_pipe(self):
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.b.name, ALIBI, "capture", "-U", "-i", "eth0", "-w", "-",
             "vrrp"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stderr.readline()
        reader = subprocess.Popen(["tcpdump", "-n", "-r", "-"], stdin=process.stdout, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdout.close()
        self.send(numbered(3))
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(reader.communicate(timeout=20)[0].count("VRRPv2"), 3)
        self.assertEqual(process.wait(20), 0)
        process.stderr.close()

    def test_packed(self):
        for ending in ("gz", "zst"):
            path = self.path(f"packed.pcapng.{ending}")
            process = self.capture("-i", "eth0", "-w", path, "vrrp")
            self.send(numbered(30))
            self.end(process)
            self.assertEqual(self.count(path), 30)


class Soak(Live):
    def test_a_day_of_adverts(self):
        """86,400 adverts, as many as one a second are in a day, through files in a circle, with an
        interface that goes in between: exact counts, and no more memory at the end."""
        # A sanitized program keeps what was freed for a while: not what is measured.
        os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
        flood = str(pathlib.Path(__file__).resolve().parents[2] / "bench/flood.py")
        process = self.capture("-i", "eth0", "-C", "100k", "-W", "4", "-w", self.path("day.pcapng"),
                               "vrrp or udp port 40001")
        sent, sizes = 0, []

        def resident():
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            return int(re.search(r"RssAnon:\s+(\d+)", status)[1])

        for part in range(4):
            done = subprocess.run(["ip", "netns", "exec", self.a.name, sys.executable, flood,
                                   "eth0", "5000", "4.32", "64"], text=True, capture_output=True,
                                  check=True)
            sent += json.loads(done.stdout)["sent"]
            sizes.append(resident())
            if part == 1:
                self.a.ip("link", "del", "eth0")
                process.expect("went away; waiting for it", 20)
                self.cable()
                process.expect("the interface is back", 20)
        text = self.end(process)
        self.assertIn(f"{sent} packets captured\n{sent} packets received by filter\n0 packets dr",
                      text)
        self.assertGreater(sent, 80000)
        self.assertLess(sizes[-1] - sizes[0], 256, sizes)  # KiB
        self.assertEqual(len(os.listdir(self.folder)), 4)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("live captures need root")
    unittest.main(argv=sys.argv)
