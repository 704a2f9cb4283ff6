#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""alibi explain on capture files: what it says, and that its JSON keeps the published schema."""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

ALIBI = sys.argv.pop(1)
ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("ALIBI_SHARED", ROOT.parent / "shared"))

try:
    import jsonschema
except ImportError:
    jsonschema = None


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def advert(host, priority, vrid=205, number=0, vlan=None, mac=None):
    """An Ethernet frame with a VRRPv2 advert of 10.0.0.HOST (RFC 3768 section 5)."""
    body = struct.pack("!BBBBBBH4s8s", 0x21, vrid, priority, 1, 0, 1, 0, bytes([10, 0, 0, 100]),
                       bytes(8))
    body = body[:6] + struct.pack("!H", checksum(body)) + body[8:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(body), number, 0, 255, 112, 0,
                       bytes([10, 0, 0, host]), bytes([224, 0, 0, 18]))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    tag = b"" if vlan is None else b"\x81\x00" + vlan.to_bytes(2, "big")
    link = bytes.fromhex("01005e000012") + bytes([2, 0, 0, 0, 0, mac or host]) + tag + b"\x08\x00"
    return link + head + body


def without_number(frame):
    """The same with identification 0."""
    vlan = int.from_bytes(frame[14:16], "big") if frame[12:14] == b"\x81\x00" else None
    head = frame[18:] if vlan is not None else frame[14:]
    return advert(head[15], head[22], vlan=vlan)


def write_pcap(path, packets):
    """packets: (seconds, frame), nanosecond pcap."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
        for at, frame in sorted(packets, key=lambda p: p[0]):
            f.write(struct.pack("<IIII", 1700000000 + int(at), int(at % 1 * 1e9), len(frame),
                                len(frame)))
            f.write(frame)


def run(*arguments):
    return subprocess.run([ALIBI, "explain", *map(str, arguments)], capture_output=True, text=True,
                          timeout=30)


class Explain(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return pathlib.Path(self.folder.name) / name

    def explain(self, *files):
        result = run("--json", *files)
        self.assertEqual(result.returncode, 0, result.stderr)
        verdict = json.loads(result.stdout)
        if jsonschema:
            schema = json.loads((ROOT / "docs/formats/verdict.schema.json").read_text())
            jsonschema.validate(verdict, schema)
        return verdict

    def test_silence_from_packets_alone_is_unknown(self):
        packets = [(t, advert(1, 101)) for t in range(10)]
        packets += [(12.61 + t, advert(2, 100)) for t in range(5)]
        write_pcap(self.path("one.pcap"), packets)
        incidents = self.explain(self.path("one.pcap"))["incidents"]
        self.assertEqual([i["kind"] for i in incidents], ["silence"])
        self.assertEqual(incidents[0]["cause"]["code"], "unknown")
        self.assertTrue(incidents[0]["cause"]["missing"])

    def test_resignation(self):
        packets = [(t, advert(1, 101)) for t in range(10)] + [(9.5, advert(1, 0))]
        packets += [(10.11 + t, advert(2, 100)) for t in range(5)]
        write_pcap(self.path("one.pcap"), packets)
        incidents = self.explain(self.path("one.pcap"))["incidents"]
        self.assertEqual([i["kind"] for i in incidents], ["resignation"])

    def test_loss_between_two_captures_is_placed(self):
        near = [(t, advert(1, 101)) for t in range(20)] + [(12.61, advert(2, 100))]
        far = [(t + 0.0003, advert(1, 101)) for t in range(20) if t < 9 or t > 13]
        far += [(12.6099, advert(2, 100))]
        write_pcap(self.path("near.pcap"), near)
        write_pcap(self.path("far.pcap"), far)
        verdict = self.explain(self.path("near.pcap"), self.path("far.pcap"))
        failures = [i for i in verdict["incidents"] if i["failure"]]
        self.assertEqual(failures[0]["cause"]["code"], "network.loss")
        self.assertEqual(failures[0]["where"]["segment"], ["near.pcap", "far.pcap"])

    def test_two_masters_of_equal_priority_are_called_so(self):
        packets = [(t, advert(1, 100)) for t in range(10)]
        packets += [(9.4 + t, advert(2, 100)) for t in range(10)]
        write_pcap(self.path("tie.pcap"), packets)
        said = run(self.path("tie.pcap")).stdout
        self.assertIn("10.0.0.1 and 10.0.0.2 were both master with priority 100; the higher "
                      "address, 10.0.0.2, won", said)
        self.assertNotIn("preempt", said)
        report = json.loads(run("--json", self.path("tie.pcap")).stdout)
        self.assertEqual([x["kind"] for x in report["incidents"]], ["tie"])
        gaps = subprocess.run([ALIBI, "gaps", "--json", self.path("tie.pcap")], capture_output=True,
                              text=True, check=True).stdout
        self.assertEqual([h["kind"] for s in json.loads(gaps)["streams"] for h in s["hand_overs"]],
                         ["tie"])

    def test_one_address_in_two_networks_of_a_trunk_is_two_streams(self):
        """VLAN 20's adverts fill no silence of VLAN 10, whatever the two have in common."""
        for alike in (True, False):
            packets = []
            for t in range(30):
                if t < 10:
                    packets.append((t, advert(1, 101, number=t + 1, vlan=10)))
                packets.append((t + 0.001, advert(1, 101, number=t + 1 + (0 if alike else 900),
                                                  vlan=20)))
            packets += [(12.61 + t, advert(2, 100, number=t + 1, vlan=10)) for t in range(17)]
            write_pcap(self.path("trunk.pcap"), packets)
            incidents = self.explain(self.path("trunk.pcap"))["incidents"]
            self.assertEqual([(i["kind"], i["network"], i["to"]) for i in incidents],
                             [("silence", "VLAN 10", "10.0.0.2")])
            self.assertIn("VRID 205 (IPv4, v2) in VLAN 10  silence",
                          run(self.path("trunk.pcap")).stdout)

    def test_a_loss_behind_a_trunk_is_placed_in_its_network(self):
        trunk, access = [], []
        for t in range(40):
            trunk.append((t, advert(1, 101, number=t + 1, vlan=10)))
            trunk.append((t + 0.4, advert(1, 101, number=t + 901, vlan=20)))
            if t < 20:
                access.append((t + 0.001, advert(1, 101, number=t + 1)))
        access += [(22.61 + t, advert(2, 100, number=t + 1)) for t in range(15)]
        write_pcap(self.path("trunk.pcap"), trunk)
        write_pcap(self.path("access.pcap"), access)
        incidents = self.explain(self.path("trunk.pcap"), self.path("access.pcap"))["incidents"]
        self.assertEqual([(i["kind"], i["network"], i["cause"]["code"]) for i in incidents],
                         [("silence", "VLAN 10", "network.loss")])
        self.assertEqual(incidents[0]["where"]["segment"], ["trunk.pcap", "access.pcap"])
        # Without identifications nothing says which VLAN the access port is of.
        for name, packets in (("trunk.pcap", trunk), ("access.pcap", access)):
            write_pcap(self.path(name), [(at, without_number(frame)) for at, frame in packets])
        incidents = self.explain(self.path("trunk.pcap"), self.path("access.pcap"))["incidents"]
        self.assertEqual([(i["kind"], i["cause"]["code"]) for i in incidents],
                         [("silence", "unknown")])
        missing = " ".join(incidents[0]["cause"]["missing"])
        self.assertIn("no VLAN at tap access.pcap", missing)
        self.assertIn("are one network: both have a sender 10.0.0.1", missing)

    def test_bad_input_is_an_error_with_its_place(self):
        self.path("junk.pcap").write_bytes(b"this is no capture at all, not even nearly")
        result = run(self.path("junk.pcap"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("junk.pcap", result.stderr)
        self.assertEqual(run(self.path("absent.pcap")).returncode, 1)
        self.assertEqual(run().returncode, 2)

    def test_truncated_capture_keeps_what_came_before(self):
        packets = [(t, advert(1, 101)) for t in range(5)]
        write_pcap(self.path("cut.pcap"), packets)
        data = self.path("cut.pcap").read_bytes()
        self.path("cut.pcap").write_bytes(data[:-7])
        result = run("--counters", self.path("cut.pcap"))
        self.assertEqual(result.returncode, 0)
        self.assertIn("packet 5", result.stderr)
        self.assertRegex(result.stdout, r"4 received +4 written +0 dropped")

    def test_capture_damaged_at_its_first_packet_is_an_error(self):
        write_pcap(self.path("bad.pcap"), [(0, advert(1, 101))])
        data = self.path("bad.pcap").read_bytes()
        for damaged in (data[:-7], data[:24] + b"\xff" * 16 + data[40:]):
            self.path("bad.pcap").write_bytes(damaged)
            result = run(self.path("bad.pcap"))
            self.assertEqual(result.returncode, 1, result.stdout)
            self.assertRegex(result.stderr, r"packet 1, byte offset 24")

    def test_pipe_without_writer_is_refused_at_once(self):
        os.mkfifo(self.path("pipe"))
        result = run(self.path("pipe"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("not a regular file", result.stderr)

    @unittest.skipUnless((SHARED / "corpus/tcpdump/vrrp.pcap").exists(), "no shared corpus")
    def test_tcpdumps_capture_holds_30_preemptions_and_no_failure(self):
        incidents = self.explain(SHARED / "corpus/tcpdump/vrrp.pcap")["incidents"]
        self.assertEqual(len(incidents), 30)
        for incident in incidents:
            self.assertEqual(incident["kind"], "preemption")
            self.assertFalse(incident["failure"])
            self.assertIsNone(incident["cause"])
            self.assertGreater(incident["to_priority"], incident["from_priority"])


if __name__ == "__main__":
    unittest.main()
