#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""alibi gaps on capture files: what it finds, to the nanosecond of what tcpdump and tshark print."""
import csv
import gzip
import io
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from captures import ALIBI, Captures, ROOT, mc, run

SHARED = pathlib.Path(os.environ.get("ALIBI_SHARED", ROOT.parent / "shared"))
VRRP_PCAP = SHARED / "corpus/tcpdump/vrrp.pcap"


def peer_gaps(path, longer_than_ns):
    """(end of the delta in ns) of tcpdump -ttt over the bound."""
    out = subprocess.run(["tcpdump", "-n", "-ttt", "--time-stamp-precision=nano", "-r", str(path),
                          "vrrp"], capture_output=True, text=True, check=True)
    deltas = []
    for line in out.stdout.splitlines():
        h, m, s, ns = map(int, re.match(r" *(\d+):(\d+):(\d+)\.(\d+)", line).groups())
        deltas.append(((h * 60 + m) * 60 + s) * mc.SECOND + ns)
    return [d for d in deltas if d > longer_than_ns]


class Gaps(Captures):
    @unittest.skipUnless(VRRP_PCAP.exists(), "no shared corpus")
    def test_tcpdumps_capture_holds_5_streams_and_30_preemptions_and_no_gap(self):
        report = self.gaps(VRRP_PCAP)
        self.assertEqual(len(report["streams"]), 5)
        self.assertEqual(sum(len(s["gaps"]) for s in report["streams"]), 0)
        hand_overs = [h for s in report["streams"] for h in s["hand_overs"]]
        self.assertEqual(len(hand_overs), 30)
        self.assertEqual({h["kind"] for h in hand_overs}, {"preemption"})
        self.assertEqual(sum(x["heartbeats"] for s in report["streams"] for x in s["senders"]), 165)
        for stream in report["streams"]:
            self.assertEqual({x["advertised_ns"] for x in stream["senders"]}, {10 * mc.SECOND})

    @unittest.skipUnless(shutil.which("tcpdump"), "tcpdump is not installed")
    def test_gaps_are_tcpdumps_to_the_nanosecond(self):
        for kind, name in ((mc.Pcap, "a.pcap"), (mc.Pcapng, "a.pcapng")):
            path = self.path(name)
            mc.write(path, 20_000_000, kind, a_second=200)
            mine = self.gaps("--longer-than", "1.0002", path)["streams"]
            self.assertEqual(len(mine), 1)
            lengths = [g["length_ns"] for g in mine[0]["gaps"]]
            self.assertEqual(lengths, peer_gaps(path, 1_000_200_000))

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
    def test_packet_numbers_and_times_are_tsharks(self):
        path = self.path("a.pcap")
        mc.write(path, 10_000_000, a_second=200)
        gaps = self.gaps(path)["streams"][0]["gaps"]
        self.assertEqual(len(gaps), 2)
        out = subprocess.run(["tshark", "-n", "-r", str(path), "-Y", "vrrp", "-T", "fields", "-e",
                              "frame.number", "-e", "frame.time_epoch", "-e",
                              "frame.time_delta_displayed"], capture_output=True, text=True,
                             check=True, env={**os.environ, "HOME": self.folder.name})
        rows = [line.split("\t") for line in out.stdout.splitlines()]
        late = [(int(n), int(t.replace(".", "")), int(d.replace(".", "")))
                for n, t, d in rows if float(d) > 1.5]
        self.assertEqual([(g["packet_after"], g["end_unix_ns"], g["length_ns"]) for g in gaps], late)
        self.assertEqual([g["sent_unseen"] for g in gaps], [0, 2])

    def test_hand_overs_of_every_kind_and_two_masters(self):
        s = mc.SECOND
        one = lambda t, n=0, prio=101: (mc.BEGIN + int(t * s), mc.advert(n, host=1, priority=prio))
        two = lambda t, n=0, prio=100: (mc.BEGIN + int(t * s), mc.advert(n, host=2, priority=prio))
        packets = [one(t, t) for t in range(20)]                          # silent from 19 on
        packets += [two(22.609 + t, t) for t in range(10)]                # silence, then
        packets += [one(31.8 + t, 100 + t) for t in range(10)]            # preemption
        packets += [one(41.1, 200, 0)]                                    # resignation
        packets += [two(41.71 + t, 100 + t) for t in range(20)]
        packets += [one(50 + t, 300 + t, 50) for t in range(8)]           # conflict: it is worse
        stream = self.gaps(self.write("kinds.pcap", packets))["streams"][0]
        kinds = [h["kind"] for h in stream["hand_overs"]]
        self.assertEqual(kinds, ["silence", "preemption", "resignation", "conflict"])
        self.assertEqual(stream["hand_overs"][3]["two_masters_ns"], 7 * s)
        self.assertEqual([g["length_ns"] for g in stream["gaps"]], [3_609_000_000])
        text = run(self.path("kinds.pcap")).stdout
        self.assertIn("two masters for 7.000000 s", text)
        self.assertIn("2023-11-14 22:13:42.609000", text)
        rows = list(csv.DictReader(io.StringIO(run("--csv", self.path("kinds.pcap")).stdout)))
        self.assertEqual([r["kind"] for r in rows], ["gap"] + kinds)
        self.assertEqual(rows[0]["length_ns"], "3609000000")

    def test_networks_of_one_port_are_streams_of_their_own(self):
        """802.1Q and VXLAN: a loss in one network is a gap there, two masters are no hand-over."""
        def tagged(frame, vlan):
            return frame[:12] + b"\x81\x00" + vlan.to_bytes(2, "big") + frame[12:]

        def vxlan(frame, vni):
            body = bytes([8, 0, 0, 0]) + vni.to_bytes(3, "big") + b"\0" + frame
            udp = struct.pack("!HHHH", 40000, 4789, 8 + len(body), 0) + body
            return mc.ethernet(b"\x08\x00", mc.ipv4(17, [192, 0, 2, 1], [192, 0, 2, 2], udp))

        for wrap, key in ((tagged, "vlan"), (vxlan, "vni")):
            packets = []
            for t in range(30):
                packets.append((mc.BEGIN + t * mc.SECOND, wrap(mc.advert(t), 7)))
                if t not in (10, 11):
                    packets.append((mc.BEGIN + t * mc.SECOND + mc.SECOND // 3,
                                    wrap(mc.advert(t, host=2), 8)))
            report = self.gaps(self.write(f"{key}.pcap", packets))
            self.assertEqual([(x[key], len(x["gaps"]), x["hand_overs"]) for x in report["streams"]],
                             [(7, 0, []), (8, 1, [])])

    def test_one_address_in_two_networks_is_compared_network_by_network(self):
        """A trunk and the access ports of its two VLANs; both routers have one address."""
        def tagged(frame, vlan):
            return frame[:12] + b"\x81\x00" + vlan.to_bytes(2, "big") + frame[12:]

        def at(t, ms):
            return mc.BEGIN + t * mc.SECOND + ms * mc.SECOND // 1000

        trunk, ten, twenty = [], [], []
        for t in range(40):
            trunk += [(at(t, 0), tagged(mc.advert(t), 10)), (at(t, 400), tagged(mc.advert(t + 700), 20))]
            ten.append((at(t, 1), mc.advert(t)))
            if t not in (20, 21, 22):
                twenty.append((at(t, 401), mc.advert(t + 700)))
        paths = [self.write("trunk.pcap", trunk), self.write("ten.pcap", ten),
                 self.write("twenty.pcap", twenty)]
        report = self.gaps(*paths)
        found = {p["name"]: p for p in report["presence"]}
        self.assertEqual([n.rsplit(" ", 1)[-1] for n in found], ["10", "20"])
        lost = [[(x["label"], x["lost_before"]) for x in p["taps"]] for p in found.values()]
        self.assertEqual(lost, [[("trunk.pcap", 0), ("ten.pcap", 0)],
                                [("trunk.pcap", 0), ("twenty.pcap", 3)]])
        self.assertEqual(report["kept_apart"], [])
        # Instances that count alike, started together: nothing shows which VLAN the port is of.
        alike = [(at(t, v), tagged(mc.advert(t), v)) for t in range(40) for v in (10, 20)]
        report = self.gaps(self.write("alike.pcap", alike), paths[1])
        self.assertEqual(report["presence"], [])
        self.assertEqual(len(report["kept_apart"]), 2)
        self.assertIn("in VLAN 10 at alike.pcap and in no VLAN at ten.pcap: not compared",
                      run(self.path("alike.pcap"), paths[1]).stdout)

    def test_filters(self):
        s = mc.SECOND
        packets = [(mc.BEGIN + t * s, mc.advert(t, vrid=v)) for t in range(60) if t not in (20, 40)
                   for v in (7, 8)]
        path = self.write("two.pcap", packets)
        self.assertEqual(len(self.gaps(path)["streams"]), 2)
        report = self.gaps("--vrid", "8", path)
        self.assertEqual([x["vrid"] for x in report["streams"]], [8])
        window = ["--vrid", "8", "--since", "2023-11-14 22:13:50", "--until", "22:14:05.5"]
        # Time 0 of the capture is 22:13:20; 20 s later one is missing, and 40 s later.
        gaps = self.gaps(*window, path)["streams"][0]["gaps"]
        self.assertEqual([g["begin_unix_ns"] for g in gaps], [mc.BEGIN + 39 * s])
        # The second outage alone: it begins before the window and ends after it.
        report = self.gaps("--since", "22:13:59.5", "--until", "22:14:00.5", path)
        self.assertEqual([[g["begin_unix_ns"] for g in x["gaps"]] for x in report["streams"]],
                         [[mc.BEGIN + 39 * s]] * 2)
        self.assertEqual(self.gaps("--longer-than", "2.5", path)["streams"][0]["gaps"], [])
        for bad in (["--longer-than", "0"], ["--longer-than", "1 day"], ["--since", "25:00"],
                    ["--interval", "1"], ["--filter", "nonsense here"], ["--json", "--csv"],
                    ["--vrid", "256"], ["--filter", "bfd", "--vrid", "1"]):
            self.assertEqual(run(*bad, path).returncode, 2, bad)

    def test_other_heartbeats_by_name_and_by_expression(self):
        def bfd(session, n):
            body = struct.pack("!BBBBIIIII", 0x20, 0xC0, 3, 24, session, 9, 300000, 300000, 0)
            return mc.ethernet(b"\x08\x00", mc.ipv4(17, [10, 0, 0, 1], [10, 0, 0, 2], struct.pack(
                "!HHHH", 49152, 3784, 32, 0) + body, n, 255))
        ms = mc.SECOND // 1000
        packets = [(mc.BEGIN + n * 300 * ms + k * ms, bfd(k + 1, n)) for n in range(40)
                   for k in range(2) if n != 17]
        packets += [(mc.BEGIN + n * 50 * ms, mc.advert(n)) for n in range(100)]
        path = self.write("bfd.pcap", packets)
        for arguments in (["--filter", "bfd"], ["--filter", "bfd", "--interval", "300ms"]):
            streams = self.gaps(*arguments, path)["streams"]
            self.assertEqual([x["name"] for x in streams],
                             [f"10.0.0.1 > 10.0.0.2 udp 3784 session {n}" for n in (1, 2)])
            for stream in streams:
                self.assertEqual([g["length_ns"] for g in stream["gaps"]], [600 * ms])
                self.assertEqual(stream["hand_overs"], [])
        streams = self.gaps("--filter", "ip proto 112", path)["streams"]
        self.assertEqual([x["senders"][0]["learned_ns"] for x in streams], [50 * ms])

    def test_interfaces_of_an_any_capture(self):
        """SLL2: a tap each. SLL: routers of one number are told apart by their addresses."""
        s, ms = mc.SECOND, mc.SECOND // 1000

        def sll2(frame, index, kind=2):
            return struct.pack("!HHIHBB", 0x0800, 0, index, 1, kind, 6) + bytes(8) + frame[14:]

        def sll(frame, kind=2):
            return struct.pack("!HHH", kind, 1, 6) + bytes(8) + b"\x08\x00" + frame[14:]

        class Cooked(mc.Pcap):
            head = mc.Pcap.head[:20] + struct.pack("<I", 276)

        class Sll(mc.Pcap):
            head = mc.Pcap.head[:20] + struct.pack("<I", 113)

        # Both sides of a bridge port see host 1's; host 2 is master of that number elsewhere.
        packets = []
        for t in range(60):
            packets += [(mc.BEGIN + t * s, sll2(mc.advert(t), 3)),
                        (mc.BEGIN + t * s + ms // 10, sll2(mc.advert(t), 4))]
            if t not in (30, 31):
                packets.append((mc.BEGIN + t * s + s // 2, sll2(mc.advert(t, host=2), 5)))
        path = self.write("any.pcap", packets, Cooked)
        report = self.gaps(path)
        self.assertEqual([(x["label"], x["written"], x["undecoded"]) for x in report["taps"]],
                         [("any.pcap", 0, 0), ("any.pcap:if 3", 60, 0), ("any.pcap:if 4", 60, 0),
                          ("any.pcap:if 5", 58, 0)])
        self.assertEqual([(x["comparable"], [y["label"] for y in x["taps"]]) for x in report["presence"]],
                         [(True, ["any.pcap:if 3", "any.pcap:if 4"])])
        for stream in report["streams"]:
            self.assertEqual(stream["hand_overs"], [])
            self.assertEqual([x["duplicates"] + x["reordered"] for x in stream["senders"]], [0])
        self.assertEqual([len(x["gaps"]) for x in report["streams"]], [0, 0, 1])
        said = subprocess.run([ALIBI, "explain", path], capture_output=True, text=True).stdout
        self.assertNotIn("took over", said)

        packets = [(mc.BEGIN + t * s, sll(mc.advert(t))) for t in range(60)]
        packets += [(mc.BEGIN + t * s + ms // 10, sll(mc.advert(t))) for t in range(60)]
        path = self.write("sll.pcap", packets, Sll)
        report = self.gaps(path)
        self.assertEqual([(x["gaps"], x["hand_overs"]) for x in report["streams"]], [([], [])])
        self.assertIn("it does not say of which (LINUX_SLL", run(path).stderr)

    def test_taps_are_compared(self):
        s, ms = mc.SECOND, mc.SECOND // 1000
        near = [(mc.BEGIN + t * s, mc.advert(t + 1)) for t in range(100)]
        far = [(at + ms // 4 + 90 * s, frame) for i, (at, frame) in enumerate(near)
               if i not in (50, 51, 52)]
        far[70] = (far[70][0] + 400 * ms, far[70][1])
        report = self.gaps(self.write("near.pcap", near), self.write("far.pcapng", far, mc.Pcapng))
        self.assertEqual(len(report["streams"]), 2)
        self.assertEqual([len(x["gaps"]) for x in report["streams"]], [0, 1])
        self.assertAlmostEqual(report["taps"][1]["clock_ahead_ns"], 90 * s + ms // 4, delta=ms)
        self.assertLess(report["taps"][1]["clock_error_ns"], 500 * ms)
        taps = report["presence"][0]["taps"]
        self.assertEqual([x["label"] for x in taps], ["near.pcap", "far.pcapng"])
        self.assertEqual([x["lost_before"] for x in taps], [0, 3])
        self.assertEqual([x["delayed_before"] for x in taps], [0, 1])
        text = run(self.path("near.pcap"), self.path("far.pcapng")).stdout
        self.assertIn("3 lost between near.pcap and far.pcapng", text)

    def test_interfaces_of_one_file_are_compared(self):
        s = mc.SECOND
        head = mc.Pcapng.head + mc.Pcapng.head[28:]  # a second interface like the first
        records = []
        for t in range(60):
            for interface in (0, 1):
                if interface == 0 or t not in (30, 31):
                    at = mc.BEGIN + t * s + interface * s // 1000
                    record = mc.Pcapng.record(at, mc.advert(t + 1))
                    records.append(record[:8] + struct.pack("<I", interface) + record[12:])
        self.path("two.pcapng").write_bytes(head + b"".join(records))
        presence = self.gaps(self.path("two.pcapng"))["presence"]
        self.assertEqual([[x["lost_before"] for x in p["taps"]] for p in presence], [[0, 2]])

    def test_plot_is_xml_with_a_bar_for_each_gap(self):
        path = self.path("a.pcap")
        mc.write(path, 10_000_000, a_second=200)
        svg = self.path("a.svg")
        self.assertEqual(run("--plot", svg, path).returncode, 0)
        tree = xml.etree.ElementTree.parse(svg)
        red = [e for e in tree.iter("{http://www.w3.org/2000/svg}rect") if e.get("fill") == "#cc0000"
               and e.get("class") is None]  # the legend's has one
        self.assertEqual(len(red), 2)
        self.assertEqual(run("--plot", "/nonexistent/a.svg", path).returncode, 1)

    def test_plot_as_png(self):
        path = self.write("a.pcap", [(mc.BEGIN + t * mc.SECOND, mc.advert(t)) for t in range(30)])
        png = self.path("a.png")
        result = run("--plot", png, path)
        if shutil.which("rsvg-convert"):
            self.assertEqual(result.returncode, 0, result.stderr)
            head = png.read_bytes()[:24]
            self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual(struct.unpack("!I", head[16:20])[0], 2 * 1320)
        bare = subprocess.run([ALIBI, "gaps", "--plot", self.path("b.png"), path],
                              capture_output=True, text=True, timeout=60, env={"PATH": self.folder.name})
        self.assertEqual(bare.returncode, 1)
        self.assertEqual(bare.stderr, "alibi gaps: --plot into PNG needs rsvg-convert: install it "
                         "(Debian: librsvg2-bin), or name a file that ends in .svg\n")
        self.assertFalse(self.path("b.png").exists())

    def test_packed_piped_cut_and_refused(self):
        packets = [(mc.BEGIN + t * mc.SECOND, mc.advert(t)) for t in range(30)]
        path = self.write("a.pcap", packets)
        data = path.read_bytes()
        self.path("a.pcap.gz").write_bytes(gzip.compress(data))
        plain = self.gaps(path)["streams"]
        packed = self.gaps(self.path("a.pcap.gz"))["streams"]
        for stream in plain + packed:
            del stream["tap"]
        self.assertEqual(plain, packed)
        with open(path, "rb") as f:
            self.assertEqual(run("-", stdin=f).returncode, 0)
        self.path("cut.pcap").write_bytes(data[:-9])
        result = run(self.path("cut.pcap"))
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"truncated at packet 30, byte offset \d+")
        self.assertIn("29", result.stdout)
        self.path("cut.pcap.gz").write_bytes(gzip.compress(os.urandom(100) + data)[:-9])
        self.assertEqual(run(self.path("cut.pcap.gz")).returncode, 1)
        for name, content, word in (("x.xz", b"\xfd7zXZ\0" + bytes(9), "unxz"),
                                    ("x.cap", b"GMBU" + bytes(9), "editcap"),
                                    ("x.txt", b"no capture at all", "not a capture")):
            self.path(name).write_bytes(content)
            result = run(self.path(name))
            self.assertEqual(result.returncode, 1)
            self.assertIn(word, result.stderr)
        self.assertEqual(run(self.path("absent.pcap")).returncode, 1)
        self.assertEqual(run().returncode, 2)

    def test_a_day_takes_no_more_memory_than_an_hour(self):
        """86,400 adverts a second apart and ten times as many of a second router, noise between."""
        ms = mc.SECOND // 1000
        noise = mc.ethernet(b"\x08\x00", mc.ipv4(6, [10, 0, 0, 3], [10, 0, 0, 4], bytes(60)))
        slow, fast = mc.advert(0), mc.advert(0, vrid=9)

        def write(name, seconds):
            with open(self.path(name), "wb", buffering=1 << 20) as f:
                f.write(mc.Pcap.head)
                for t in range(seconds):
                    for i in range(10):
                        at = mc.BEGIN + (t * 10 + i) * 100 * ms
                        if i == 0:
                            f.write(mc.Pcap.record(at, slow))
                        f.write(mc.Pcap.record(at + 1, fast))
                        f.write(mc.Pcap.record(at + 2, noise))
            return self.path(name)

        def measure(path):
            code = ("import resource, subprocess, sys;"
                    "subprocess.run(sys.argv[1:], check=True, stdout=open('/dev/null', 'w'));"
                    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
            # A sanitized program keeps what was freed for a while: not what is measured.
            environment = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1"}
            out = subprocess.run([sys.executable, "-c", code, ALIBI, "gaps", str(path)],
                                 capture_output=True, text=True, check=True, env=environment)
            return int(out.stdout)

        hour, day = write("hour.pcap", 3600), write("day.pcap", 86_400)
        report = self.gaps(day)
        counted = {x["vrid"]: x["senders"][0]["heartbeats"] for x in report["streams"]}
        self.assertEqual(counted, {205: 86_400, 9: 864_000})
        self.assertEqual(report["taps"][0]["written"], 86_400 * 21)
        self.assertEqual(report["taps"][0]["undecoded"], 864_000)
        self.assertEqual([x["gaps"] for x in report["streams"]], [[], []])
        # KiB. The day's file is 200 MB and read by two threads in larger blocks; with a sanitizer
        # the same run differs by some MB from time to time. 16 octets a packet would be 29 MB.
        self.assertLess(measure(day), measure(hour) + 24 * 1024)


if __name__ == "__main__":
    unittest.main()
