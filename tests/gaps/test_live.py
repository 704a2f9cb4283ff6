#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""alibi gaps -i on live interfaces, in namespaces (as root): keepalived as the sender, tcpdump and
alibi's own survey of the written file as the judges."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("support", "interop", "capture"):
    sys.path.insert(0, str(HERE.parent / folder))
import packets  # noqa: E402
from netns import Lab, wait_until  # noqa: E402
from peers import Keepalived  # noqa: E402

ALIBI = os.environ.get("ALIBI") or os.environ["ALIBI_BUILT"]
SECOND = 10**9
CONFIG = """
vrrp_instance VI {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        10.0.0.100
    }}
}}
"""
SEND = """
import socket, sys, time
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((sys.argv[1], 0))
frame, count, pause = bytes.fromhex(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
for i in range(count):
    out.send(frame[:18] + (i % 65535 + 1).to_bytes(2, "big") + frame[20:])
    time.sleep(pause)
"""


class Live(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.lab = Lab()
        self.lab.__enter__()
        self.addCleanup(self.lab.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def cable(self):
        self.a, self.b = self.lab.namespace("a"), self.lab.namespace("b")
        self.plug()

    def plug(self):
        self.a.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns",
                  self.b.name)
        for end in (self.a, self.b):
            end.ip("link", "set", "eth0", "up")
        for end in (self.a, self.b):
            wait_until(lambda e=end: "LOWER_UP" in e.ip("link", "show", "eth0"), 5, "carrier")

    def watch(self, where, *words):
        """Started and listening; standard output and error are one."""
        process = where.start([ALIBI, "gaps", *words])
        process.expect("listening on", 20)
        return process

    def end(self, process):
        process.signal(signal.SIGINT)
        process.popen.wait(20)
        process.reader.join(5)
        self.assertEqual(process.popen.returncode, 0, process.text())
        return process.text()

    def send(self, frame, count=1, pause=0.0):
        subprocess.run(["ip", "netns", "exec", self.a.name, sys.executable, "-c", SEND, "eth0",
                        frame.hex(), str(count), str(pause)], check=True)

    def report(self, *words):
        done = subprocess.run([ALIBI, "gaps", "--json", *words], capture_output=True, text=True,
                              check=True)
        return json.loads(done.stdout)


def told(text):
    """(events, summary) of a run with --json."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [x for x in lines if x["event"] != "summary"], lines[-1]["report"]


class Pair(Live):
    """Two keepalived on a switch; the watch sits at the backup."""

    def setUp(self):
        super().setUp()
        self.one, self.two = self.lab.segment(["one", "two"])
        self.one.add_address("10.0.0.1/24")
        self.two.add_address("10.0.0.2/24")
        self.first = Keepalived(self.one, self.folder, CONFIG.format(priority=200))
        self.second = Keepalived(self.two, self.folder, CONFIG.format(priority=100))

    def test_what_happens_is_told_and_is_what_tcpdump_and_the_file_show(self):
        file = self.path("live.pcapng")
        watch = self.watch(self.two, "--json", "-i", "eth0", "-w", file)
        dump = self.two.start(["tcpdump", "-n", "-l", "-tt", "--nano", "--immediate-mode", "-i",
                               "eth0", "vrrp"])
        dump.expect("listening on", 20)
        self.first.start(r"Entering BACKUP STATE")
        self.second.start(r"Entering BACKUP STATE")
        wait_until(lambda: self.first.is_master("10.0.0.100"), 20, "the first to be master")
        time.sleep(3)
        held = self.first.child()
        os.kill(held, signal.SIGSTOP)
        try:
            # Told while it lasts: the backup has not taken over yet.
            watch.expect(r'"event":"overdue"', 10)
            self.assertFalse(self.second.is_master("10.0.0.100"))
            watch.expect(r'"kind":"silence"', 20)
            time.sleep(3)
        finally:
            os.kill(held, signal.SIGCONT)
        watch.expect(r'"kind":"preemption"', 20)
        time.sleep(2)
        self.assertEqual(self.first.stop(), 0)
        watch.expect(r'"kind":"resignation"', 20)
        time.sleep(3)
        events, report = told(self.end(watch))
        dump.stop()
        kinds = [x.get("kind", x["event"]) for x in events]
        self.assertEqual([k for k in kinds if k not in ("overdue", "gap")],
                         ["silence", "preemption", "resignation"], kinds)
        self.assertEqual(kinds[:3], ["overdue", "gap", "silence"])
        overdue, gap = events[0], events[1]
        self.assertEqual(overdue["since_unix_ns"], gap["since_unix_ns"])
        self.assertLess(overdue["length_ns"], 1.7 * SECOND)
        # The same gap in tcpdump's own stamps of the same packets.
        times = [float(m[1]) for m in (re.match(r"(\d+\.\d+) IP .* VRRPv2, Adv", line)
                                       for _, line in dump.lines) if m]
        longest = max(b - a for a, b in zip(times, times[1:]))
        self.assertAlmostEqual(gap["length_ns"] / SECOND, longest, delta=0.02)
        self.assertEqual(report["taps"][0]["written"], len(times))
        self.assertEqual(report["taps"][0]["dropped"], 0)
        # And the survey of the file says what was said live.
        after = self.report(file)
        self.assertEqual(after["streams"][0]["gaps"], report["streams"][0]["gaps"])
        self.assertEqual(after["streams"][0]["hand_overs"], report["streams"][0]["hand_overs"])
        self.assertEqual(after["streams"][0]["senders"], report["streams"][0]["senders"])
        live = {(x["kind"], x["at_unix_ns"], x["packet"]) for x in events if "kind" in x}
        self.assertLessEqual({(h["kind"], h["at_unix_ns"], h["packet"])
                              for h in after["streams"][0]["hand_overs"]}, live)

    def test_two_masters_are_told_while_there_are_two(self):
        """Cut from each other for a while by the switch, which both taps of the watch are behind."""
        taps = [f"netns:{n.name}/eth0" for n in (self.one, self.two)]
        words = [w for tap in taps for w in ("-i", tap)]
        self.first.start(r"Entering BACKUP STATE")
        self.second.start(r"Entering BACKUP STATE")
        wait_until(lambda: self.first.is_master("10.0.0.100"), 20, "the first to be master")
        watch = self.watch(self.lab.switch, "-i", "any", *words)
        time.sleep(2)
        # The backup does not hear: two masters, seen by whoever hears both.
        self.two.exec("nft", "add table ip f; add chain ip f in { type filter hook prerouting "
                      "priority -400; }; add rule ip f in ip protocol 112 drop")
        watch.expect(r"(preemption|conflict|silence) +VRID 51.* at netns:", 20)
        watch.expect(r"two_masters .*both advertise, for", 20)
        self.two.exec("nft", "delete table ip f")
        watch.expect(r"one_master .*both advertised for", 20)
        text = self.end(watch)
        self.assertIn("taps", text.replace("tap ", "taps "))
        self.assertRegex(text, r"two masters for \d+\.\d+ s")
        self.assertIn("0 packets dropped by kernel", text)


class Blind(Live):
    """What the capture itself did not see silences nobody."""

    def setUp(self):
        super().setUp()
        self.cable()
        self.advert = packets.group4(packets.vrrp2())

    def test_losses_of_the_ring(self):
        watch = self.watch(self.b, "--json", "-i", "eth0", "-B", "16")
        self.send(self.advert, 5, 0.5)
        watch.signal(signal.SIGSTOP)
        self.send(self.advert, 3000)
        time.sleep(4)
        watch.signal(signal.SIGCONT)
        time.sleep(0.5)
        self.send(self.advert, 3, 0.3)
        text = self.end(watch)
        events, report = told(text)
        counts = [int(n) for n in re.findall(r"(\d+) packets? (?:captured|received|dropped)", text)]
        self.assertEqual(counts[1], 3008)
        self.assertEqual(counts[0] + counts[2], counts[1])
        self.assertGreater(counts[2], 0)
        tap = report["taps"][0]
        self.assertEqual([tap["written"], tap["received"], tap["dropped"]], counts)
        self.assertNotIn("near_miss", [x["event"] for x in events])
        for event in events:
            self.assertGreater(event["capture_lost"], 0, event)
        self.assertEqual(report["streams"][0]["near_misses"], [])
        self.assertEqual(sum(g["capture_lost"] for g in report["streams"][0]["gaps"]), counts[2])

    def test_an_interface_that_goes_and_comes_back(self):
        watch = self.watch(self.b, "-i", "eth0")
        self.send(self.advert, 5, 0.5)
        self.a.ip("link", "del", "eth0")
        watch.expect("the interface went away", 20)
        watch.expect(r"overdue .*the interface was gone from the capture meanwhile", 20)
        time.sleep(4)
        self.plug()
        watch.expect("the interface is back", 20)
        self.send(self.advert, 3, 0.5)
        text = self.end(watch)
        self.assertRegex(text, r"gap  .*the interface was gone from the capture meanwhile")
        self.assertIn("0 hand-overs, 0 near misses", text)
        self.assertIn("8 packets captured\n8 packets received by filter\n0 packets dropped", text)

    def test_interfaces_behind_any_are_taps_of_their_own(self):
        """Two cables, on each a router of one number and mould; that of one is late once."""
        other = self.lab.namespace("c")
        other.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1", "netns", self.b.name)
        for end, name in ((other, "eth0"), (self.b, "eth1")):
            end.ip("link", "set", name, "up")
        wait_until(lambda: "LOWER_UP" in self.b.ip("link", "show", "eth1"), 5, "carrier")
        file = self.path("any.pcapng")
        watch = self.watch(self.b, "--json", "-i", "any", "-w", file)
        twin = subprocess.Popen(["ip", "netns", "exec", other.name, sys.executable, "-c", SEND, "eth0",
                                 self.advert.hex(), "8", "1"])
        self.send(self.advert, 3, 1)
        time.sleep(1.5)
        self.send(self.advert, 3, 1)
        self.assertEqual(twin.wait(20), 0)
        events, report = told(self.end(watch))
        self.assertEqual({x["tap"] for x in events if x["event"] == "gap"}, {"any:eth0"}, events)
        self.assertIn(("overdue", "any:eth0"), {(x["event"], x["tap"]) for x in events})
        self.assertNotIn("hand_over", {x["event"] for x in events})
        self.assertEqual(sorted((x["label"], x["written"]) for x in report["taps"]),
                         [("any", 0), ("any:eth0", 6), ("any:eth1", 8)])
        streams = {s["tap"]: s for s in report["streams"]}
        self.assertEqual({t: len(s["gaps"]) for t, s in streams.items()},
                         {"any:eth0": 1, "any:eth1": 0})
        # As of the file, whose taps have no names but numbers.
        after = self.report(file)
        self.assertEqual([(s["gaps"], s["senders"]) for s in after["streams"]],
                         [(s["gaps"], s["senders"]) for s in report["streams"]])

    def test_a_ring_of_files_that_tcpdump_wrote(self):
        """tcpdump -C 1 -W 3, filled by other packets; the oldest file was written over."""
        whole, ring = self.path("whole.pcap"), self.path("ring.pcap")
        dumps = [self.b.start(["tcpdump", "-Z", "root", "-U", "-i", "eth0", "-B", "65536", "-w", *words])
                 for words in ((whole,), (ring, "-C", "1", "-W", "3"))]
        for dump in dumps:
            dump.expect("listening on", 20)
        filler = packets.ethernet(0x88b5, bytes(1400))
        for _ in range(8):
            self.send(self.advert, 3, 0.3)
            self.send(filler, 400, 0.0001)
        for dump in dumps:
            self.end(dump)
        files = sorted(str(x) for x in pathlib.Path(self.folder).glob("ring.pcap*"))
        self.assertEqual(len(files), 3)
        report = self.report(*files)
        self.assertEqual(len(report["taps"]), 1, [x["label"] for x in report["taps"]])
        began, ended = (report["taps"][0][x] for x in ("first_unix_ns", "last_unix_ns"))
        kept = sum(self.frames(file) for file in files)
        self.assertEqual(report["taps"][0]["written"], kept)
        self.assertLess(kept, self.frames(whole))
        # The same part of what the other tcpdump wrote in one file.
        wanted = self.report(whole, "--since", f"@{began // SECOND}.{began % SECOND:09}",
                             "--until", f"@{ended // SECOND}.{ended % SECOND:09}")
        heard = [sum(s["heartbeats"] for x in y["streams"] for s in x["senders"])
                 for y in (report, wanted)]
        self.assertGreater(heard[0], 5)
        self.assertIn(heard[1] - heard[0], (0, 1))  # with the one before the window

    def test_tagged_frames_on_any_are_told_apart_as_tshark_does(self):
        """One router in no VLAN and in 77. A cooked capture of libpcap's own does not say the tag."""
        tagged = self.advert[:12] + b"\x81\0\0\x4d" + self.advert[12:]
        ours, theirs = self.path("ours.pcapng"), self.path("theirs.pcap")
        capture = self.b.start([ALIBI, "capture", "-i", "any", "-w", ours])
        dump = self.b.start(["tcpdump", "-U", "-i", "any", "-w", theirs])
        for process in (capture, dump):
            process.expect("listening on", 20)
        watch = self.watch(self.b, "--json", "-i", "any")
        for count, frame in ((5, self.advert), (4, tagged)):
            self.send_as_they_are(frame, count)
        live = told(self.end(watch))[1]
        for process in (capture, dump):
            self.end(process)
        wanted = {}
        for path in (ours, theirs):
            out = subprocess.run(["tshark", "-n", "-r", path, "-Y", "vrrp", "-T", "fields", "-e",
                                  "vlan.id"], capture_output=True, text=True, check=True,
                                 env={**os.environ, "HOME": self.folder}).stdout
            wanted[path] = sorted(out.splitlines())
            seen = [[str(s["vlan"] or "")] * sum(x["heartbeats"] + x["duplicates"]
                                                 for x in s["senders"])
                    for s in self.report(path)["streams"]]
            self.assertEqual(sorted(sum(seen, [])), wanted[path])
        self.assertEqual(wanted[ours], 5 * [""] + 4 * ["77"])
        self.assertEqual(len(wanted[theirs]), 9)
        self.assertEqual(sorted((s["vlan"], sum(x["heartbeats"] + x["duplicates"]
                                                for x in s["senders"])) for s in live["streams"]),
                         [(0, 5), (77, 4)])

    def send_as_they_are(self, frame, count):
        subprocess.run(["ip", "netns", "exec", self.a.name, sys.executable, "-c",
                        "import socket, sys, time; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"
                        "; s.bind(('eth0', 0)); f = bytes.fromhex(sys.argv[1])\n"
                        "for i in range(int(sys.argv[2])): s.send(f); time.sleep(0.1)",
                        frame.hex(), str(count)], check=True)

    @staticmethod
    def frames(path):
        out = subprocess.run(["tcpdump", "--count", "-r", path], capture_output=True, text=True,
                             check=True)
        return int(re.search(r"(\d+) packets?", out.stdout)[1])

    def test_what_the_kernel_passes(self):
        """Adverts in tags and tunnels, and nothing else."""
        inner = self.advert
        twice = packets.ethernet(0x8100, b"\0\x07" + b"\x08\0" + inner[14:], vlan=9)
        vxlan = packets.ethernet(0x800, packets.ipv4(17, packets.udp(
            40000, 4789, b"\x08\0\0\0\0\0\x2a\0" + inner)))
        geneve = packets.ethernet(0x800, packets.ipv4(17, packets.udp(
            40000, 6081, b"\x02\0\x65\x58\0\0\x2b\0" + bytes(8) + inner)))
        gre = packets.ethernet(0x800, packets.ipv4(47, b"\x20\0\x65\x58\0\0\0\x2c" + inner))
        other = packets.ethernet(0x800, packets.ipv4(17, packets.udp(40000, 4789, b"\x08" + bytes(
            7) + packets.ethernet(0x800, packets.ipv4(6, bytes(20))))))
        watch = self.watch(self.b, "--json", "-i", "eth0")
        frames = [inner, twice, vxlan, geneve, gre]
        for frame in [*frames, other, packets.arps()[0]]:
            subprocess.run(["ip", "netns", "exec", self.a.name, sys.executable, "-c",
                            "import socket,sys; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"
                            "; s.bind(('eth0', 0)); s.send(bytes.fromhex(sys.argv[1]))",
                            frame.hex()], check=True)
        text = self.end(watch)
        self.assertIn(f"{len(frames)} packets received by filter", text)
        streams = told(text)[1]["streams"]
        self.assertEqual(sorted((s["outer_vlan"], s["vlan"], s["vni"]) for s in streams),
                         [(0, 0, 0), (0, 0, 42), (0, 0, 43), (0, 0, 44), (9, 7, 0)])


class Tunnels(Live):
    """Two hosts, two tenants' networks through VXLAN between them: a keepalived pair in each, made
    from one mould, with one VRID and the same addresses. Captured where both pass, on the wire."""

    NETWORKS = (42, 43)

    def setUp(self):
        super().setUp()
        self.hosts = self.lab.segment(["h1", "h2"])
        self.pairs = {}
        for number, host in enumerate(self.hosts, 1):
            host.add_address(f"192.0.2.{number}/24")
        for vni in self.NETWORKS:
            self.pairs[vni] = [self.guest(host, number, vni)
                               for number, host in enumerate(self.hosts, 1)]

    def guest(self, host, number, vni):
        tunnel, bridge = f"vx{vni}", f"br{vni}"
        host.ip("link", "add", bridge, "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
        host.ip("link", "add", tunnel, "type", "vxlan", "id", str(vni), "dstport", "4789", "local",
                f"192.0.2.{number}", "remote", f"192.0.2.{3 - number}")
        guest = self.lab.namespace(f"g{vni}{number}")
        host.ip("link", "add", f"v{vni}", "type", "veth", "peer", "name", "eth0", "netns",
                guest.name)
        for device in (tunnel, f"v{vni}"):
            host.ip("link", "set", device, "master", bridge, "up")
        host.ip("link", "set", bridge, "up")
        guest.ip("link", "set", "eth0", "up")
        wait_until(lambda: "LOWER_UP" in guest.ip("link", "show", "eth0"), 5, "carrier")
        guest.add_address(f"10.0.0.{number}/24")
        priority = 200 if number == 1 else 100
        return Keepalived(guest, self.folder, CONFIG.format(priority=priority))

    def peers_counts(self, path):
        """{(VNI, sender inside): adverts} by tshark's fields."""
        out = subprocess.run(["tshark", "-n", "-r", path, "-Y", "vrrp", "-T", "fields", "-E",
                              "occurrence=l", "-e", "vxlan.vni", "-e", "ip.src", "-e",
                              "vrrp.virt_rtr_id"], capture_output=True, text=True, check=True,
                             env={**os.environ, "HOME": self.folder})
        counts = {}
        for line in out.stdout.splitlines():
            vni, source, vrid = line.split("\t")
            self.assertEqual(int(vrid), 51)
            counts[int(vni), source] = counts.get((int(vni), source), 0) + 1
        return counts

    @staticmethod
    def counts(report, tap=None):
        return {(s["vni"], x["source"]): x["heartbeats"] for s in report["streams"]
                for x in s["senders"] if tap in (None, s["tap"])}

    def test_a_failure_in_one_network_is_none_of_the_other(self):
        ours, theirs, watched = map(self.path, ("ours.pcapng", "theirs.pcap", "watched.pcapng"))
        wire = self.hosts[1]
        dump = wire.start(["tcpdump", "-U", "-i", "eth0", "-w", theirs])
        capture = wire.start([ALIBI, "capture", "-i", "eth0", "-w", ours])
        for process in (dump, capture):
            process.expect("listening on", 20)
        watch = self.watch(wire, "--json", "-i", "eth0", "-w", watched)
        for pair in self.pairs.values():
            for keepalived in pair:
                keepalived.start(r"Entering BACKUP STATE")
        for vni in self.NETWORKS:
            wait_until(lambda v=vni: self.pairs[v][0].is_master("10.0.0.100"), 20, "a master")
        time.sleep(3)
        held = self.pairs[42][0].child()
        os.kill(held, signal.SIGSTOP)
        try:
            watch.expect(r'"event":"overdue".*"vni":42', 10)
            watch.expect(r'"event":"hand_over".*"vni":42', 20)
            time.sleep(2)
        finally:
            os.kill(held, signal.SIGCONT)
        watch.expect(r'"event":"hand_over".*"vni":42.*"kind":"preemption"', 20)
        time.sleep(2)
        events, live = told(self.end(watch))
        self.end(capture)
        self.end(dump)
        self.assertEqual({x["vni"] for x in events}, {42}, events)
        # tshark's view of the same packets, of each file.
        for path, report in ((ours, self.report(ours)), (theirs, self.report(theirs)),
                             (watched, live)):
            self.assertEqual(self.counts(report), self.peers_counts(path))
            by_vni = {s["vni"]: s for s in report["streams"]}
            self.assertEqual(sorted(by_vni), [42, 43])
            kinds = {v: [h["kind"] for h in s["hand_overs"]] for v, s in by_vni.items()}
            self.assertEqual(kinds, {42: ["silence", "preemption"], 43: []})
            self.assertEqual([len(by_vni[v]["gaps"]) for v in self.NETWORKS], [1, 0])
        for path in (ours, theirs):
            said = json.loads(subprocess.run([ALIBI, "explain", "--json", path], check=True, text=True,
                                             capture_output=True).stdout)
            kinds = [(x["kind"], x["network"]) for x in said["incidents"]]
            self.assertEqual(kinds, [("silence", "VNI 42"), ("preemption", "VNI 42")])

    def test_the_way_through_the_tunnel(self):
        """Inside, on both ends of the wire, and inside again: what is lost is lost on the wire, in one
        network, and the other's adverts are not taken for it."""
        way = [(self.hosts[0], "v42"), (self.hosts[0], "eth0"), (self.hosts[1], "eth0"),
               (self.hosts[1], "v42")]
        names = [f"netns:{host.name}/{device}" for host, device in way]
        for vni in (42, 43):
            self.pairs[vni][0].start(r"Entering BACKUP STATE")
            wait_until(lambda v=vni: self.pairs[v][0].is_master("10.0.0.100"), 20, "a master")
            time.sleep(0.4)
        watch = self.watch(self.hosts[0], "--json", *[w for n in names for w in ("-i", n)])
        time.sleep(12)
        # The second host's tunnel of network 42 takes nothing for a while.
        self.hosts[1].exec("nft", "add table ip f; add chain ip f in { type filter hook prerouting "
                           "priority -400; }; add rule ip f in udp dport 4789 @th,96,24 42 drop")
        time.sleep(3.2)
        self.hosts[1].exec("nft", "delete table ip f")
        time.sleep(3)
        events, report = told(self.end(watch))
        gaps = [(x["tap"], x["vni"]) for x in events if x["event"] == "gap"]
        self.assertEqual(gaps, [(names[3], 0)], events)
        presence = {p["name"].rsplit(" ", 1)[-1]: p for p in report["presence"]}
        lost = {name: [x["lost_before"] for x in p["taps"]] for name, p in presence.items()}
        labels = {name: [x["label"] for x in p["taps"]] for name, p in presence.items()}
        self.assertEqual(labels["42"], names, report["presence"])
        self.assertEqual(labels["43"], names[1:3])
        self.assertEqual(lost["43"], [0, 0])
        self.assertEqual(lost["42"][:3], [0, 0, 0])
        self.assertIn(lost["42"][3], (3, 4), report["presence"])
        self.assertEqual(report["kept_apart"], [])


class Soak(Live):
    def test_a_day_of_adverts(self):
        """As many adverts as are in a day of two routers, faster, with an interface that goes, gaps
        and hand-overs in between: exact counts, and no more memory at the end."""
        # A sanitized program keeps what was freed for a while: not what is measured.
        os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
        self.cable()
        file = self.path("day.pcapng")
        watch = self.watch(self.b, "-i", "eth0", "-w", file, "-B", "65536")
        a_day, parts, sizes = 172_800, 8, []

        def resident():
            status = pathlib.Path(f"/proc/{watch.pid}/status").read_text()
            return int(re.search(r"RssAnon:\s+(\d+)", status)[1])

        for part in range(parts):
            for host in (1, 2):
                self.send(packets.group4(packets.vrrp2(priority=100 + host),
                                         source=f"10.0.0.{host}"), a_day // parts // 2)
            time.sleep(1.7)
            sizes.append(resident())
            if part == 3:
                self.a.ip("link", "del", "eth0")
                watch.expect("went away; waiting for it", 20)
                self.plug()
                watch.expect("the interface is back", 20)
        text = self.end(watch)
        self.assertIn(f"{a_day} packets captured\n{a_day} packets received by filter\n0 packets dr",
                      text)
        # Kept heartbeats would be 24 octets each, 3,000 KiB; what is told of gaps, and what a
        # sanitized program takes for it, are some hundred.
        self.assertLess(sizes[-1] - sizes[1], 1024, sizes)  # KiB
        for host in (1, 2):
            self.assertRegex(text, rf"\n  10\.0\.0\.{host} +{a_day // 2} ")
        self.assertEqual(len(re.findall(r"overdue ", text)), parts, text)
        report = self.report(file)
        self.assertEqual(sum(s["heartbeats"] for s in report["streams"][0]["senders"]), a_day)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("live captures need root")
    unittest.main(argv=sys.argv)
