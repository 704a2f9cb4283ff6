#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures with a clock that was set, frames out of order, in pieces, with losses or interruptions: they
fake no gap, and accuse nobody."""
import csv
import io
import os
import struct
import subprocess
import unittest

from captures import ALIBI, Captures, mc, run


class Trouble(Captures):
    def test_a_clock_that_was_set_fakes_no_gap(self):
        """An hour forward after 20 s, as alibi capture notes it, and back after 40 s."""
        s, offset = mc.SECOND, mc.BEGIN - 7 * mc.SECOND
        packets = []
        for t in range(60):
            ahead = 3600 * s if 20 <= t < 40 else 0
            comment = (f"alibi clock: realtime-monotonic={offset + ahead} boottime=6"
                       if t in (20, 40) else "")
            if t != 30:
                packets.append((mc.BEGIN + t * s + ahead, mc.advert(t), comment))
        path = self.write_alibis("set.pcapng", packets, offset)
        stream = self.gaps(path)["streams"][0]
        self.assertEqual([g["length_ns"] for g in stream["gaps"]], [2 * s])
        self.assertEqual(stream["gaps"][0]["begin_unix_ns"], mc.BEGIN + 29 * s)
        self.assertEqual(stream["hand_overs"], [])
        self.assertEqual([m["silent_ns"] for m in stream["near_misses"]], [2 * s])
        self.assertEqual(stream["senders"][0]["out_of_order"], 0)
        self.assertIn("the clock was set 2 times while this was captured", run(path).stderr)
        self.assertEqual(self.gaps(path)["taps"][0]["last_unix_ns"], mc.BEGIN + 59 * s)

    def test_a_clock_set_and_set_again_fakes_no_gap_in_a_foreign_file(self):
        """Two routers, ahead (or behind) for 30 s; one of them is silent in each of the three times."""
        s, ms = mc.SECOND, mc.SECOND // 1000
        silent = (20, 55, 90)
        for by in (-3600, -20, 5, 90, 3600):
            packets = []
            for t in range(120):
                at = mc.BEGIN + t * s + (by * s if 40 <= t < 70 else 0)
                packets.append((at, mc.advert(t, vrid=9, host=2)))
                if t not in silent:
                    packets.append((at + 300 * ms, mc.advert(t)))
            path = self.write_as_they_come("set.pcap", packets)
            report = self.gaps(path)
            for stream in report["streams"]:
                gaps = [(x["length_ns"], x["begin_unix_ns"] - mc.BEGIN) for x in stream["gaps"]]
                self.assertEqual(gaps, [] if stream["vrid"] == 9 else
                                 [(2 * s, (t - 1) * s + 300 * ms) for t in silent], by)
                self.assertEqual(stream["hand_overs"], [])
            self.assertEqual(report["taps"][0]["last_unix_ns"], mc.BEGIN + 119 * s + 300 * ms)
            said = run(path).stderr
            self.assertIn(f"it was set back by the same {by:.3f} s" if by > 0 else
                          f"go back by {-by:.3f} s, and at packet 139 forward by as much", said)

    def test_a_silence_as_long_as_no_step_of_the_clock_stays(self):
        """A sender that stood still for 8 s, then a clock that is set back by 5 s."""
        s = mc.SECOND
        packets = [(mc.BEGIN + t * s + (8 * s if t >= 40 else 0) - (5 * s if t >= 70 else 0),
                    mc.advert(t)) for t in range(120)]
        report = self.gaps(self.write_as_they_come("set.pcap", packets))
        self.assertEqual([g["length_ns"] for g in report["streams"][0]["gaps"]], [9 * s])

    def test_frames_out_of_order_fake_no_gap(self):
        """Two routers by two queues, one of which comes up to three adverts late."""
        s, ms = mc.SECOND, mc.SECOND // 1000
        packets = []
        for t in range(200):
            late = (t * 7919 % 31) * 100 * ms
            packets.append((t * s + late, mc.BEGIN + t * s, mc.advert(t)))
            packets.append((t * s, mc.BEGIN + t * s + 300 * ms, mc.advert(t + 9, vrid=9, host=2)))
        packets = [p[1:] for p in sorted(packets, key=lambda p: p[0])]
        for kind, name in ((mc.Pcap, "late.pcap"), (mc.Pcapng, "late.pcapng")):
            path = self.write_as_they_come(name, packets, kind)
            report = self.gaps(path)
            for stream in report["streams"]:
                self.assertEqual((stream["gaps"], stream["hand_overs"], stream["near_misses"]),
                                 ([], [], []))
                self.assertEqual([(x["heartbeats"], x["longest_ns"]) for x in stream["senders"]],
                                 [(200, s)])
            self.assertGreater(sum(x["out_of_order"] for y in report["streams"]
                                   for x in y["senders"]), 50)
            done = subprocess.run([ALIBI, "explain", path], capture_output=True, text=True)
            self.assertEqual(done.stdout, "0 incidents\n")

    def test_a_clock_set_back_is_told_from_frames_out_of_order(self):
        s = mc.SECOND
        for back in (2.4, 3600):
            packets = [(mc.BEGIN + t * s - int(back * s) * (t >= 50), mc.advert(t))
                       for t in range(100) if t not in (20, 21, 80, 81)]
            path = self.write_as_they_come("back.pcap", packets)
            stream = self.gaps(path)["streams"][0]
            self.assertEqual([g["length_ns"] for g in stream["gaps"]], [3 * s, 3 * s])
            self.assertEqual(stream["hand_overs"], [])
            self.assertEqual(len(stream["near_misses"]), 2)
            self.assertIn(f"back.pcap: from packet 49 on the stamps go back by {back:.3f} s: the "
                          "clock was set back", run(path).stderr)

    def test_a_take_over_while_the_clock_was_set_accuses_nobody(self):
        """The master is silent for 8 s; set back while it is, after its successor took over."""
        s, ms = mc.SECOND, mc.SECOND // 1000
        one = [(t * s + (7 * s if t > 20 else 0), mc.advert(t + 1)) for t in range(50)]
        two = [(23_600 * ms + t * s, mc.advert(t + 1, host=2, priority=100)) for t in range(4)]
        packets = sorted(one + two, key=lambda p: p[0])
        for back in (4, 3600):
            path = self.write_as_they_come("set.pcap", [
                (mc.BEGIN + at - (back * s if at > 23 * s else 0), frame) for at, frame in packets])
            kinds = [h["kind"] for h in self.gaps(path)["streams"][0]["hand_overs"]]
            self.assertNotIn("conflict", kinds)
            self.assertNotIn("silence", kinds)
            said = subprocess.run([ALIBI, "explain", path], capture_output=True, text=True).stdout
            self.assertNotIn("began to advertise", said)

    def test_pieces_joined_in_the_wrong_order_are_surveyed_each_by_itself(self):
        s = mc.SECOND
        packets = [(mc.BEGIN + t * s, mc.advert(t)) for t in range(2400)]
        path = self.write_as_they_come("near.pcap", packets[100:200] + packets[:100])
        self.assertEqual([(len(x["gaps"]), x["senders"][0]["heartbeats"])
                          for x in self.gaps(path)["streams"]], [(0, 200)])
        path = self.write_as_they_come("joined.pcap", packets[1200:] + packets[:1200])
        report = self.gaps(path)
        self.assertEqual([x["label"] for x in report["taps"]],
                         ["joined.pcap", "joined.pcap (part 2)"])
        self.assertEqual([x["written"] for x in report["taps"]], [1200, 1200])
        self.assertEqual([x["gaps"] + x["near_misses"] for x in report["streams"]], [[], []])
        self.assertIn("pieces that were joined out of order", run(path).stderr)

    def test_rotated_pieces_in_any_order_are_one_tap(self):
        """Four pieces as tcpdump -W leaves them; the second begins in a silence of two adverts."""
        s, ms = mc.SECOND, mc.SECOND // 1000
        packets = [(mc.BEGIN + t * s, mc.advert(t)) for t in range(200) if t not in (50, 51)]
        whole = self.gaps(self.write("whole.pcap", packets))
        pieces = [self.write(f"x.pcap{(i + 2) % 4}", [p for p in packets if i * 50 * s <= p[0] -
                                                      mc.BEGIN < (i + 1) * 50 * s])
                  for i in range(4)]
        for order in (pieces, sorted(pieces), pieces[::-1]):
            report = self.gaps(*order)
            self.assertEqual([x["label"] for x in report["taps"]], ["x.pcap2 to x.pcap1"])
            for x in report["streams"] + whole["streams"]:
                x.pop("tap", None)
            self.assertEqual(report["streams"], whole["streams"])
            self.assertEqual(len(report["streams"][0]["gaps"]), 1)
            self.assertEqual(report["presence"], [])
        self.assertIn("one capture in 4 pieces: x.pcap2, x.pcap3 from packet 51 on, x.pcap0 from packet "
                      "99 on", run(*pieces).stderr)
        # Two such captures, taken beside each other, are two taps in the order given.
        other = [self.write(f"y.pcap{i}", [(p[0] + ms, p[1]) for p in packets if
                                           i * 50 * s <= p[0] - mc.BEGIN < (i + 1) * 50 * s])
                 for i in range(4)]
        report = self.gaps(*other[2:], *pieces, *other[:2])
        self.assertEqual([x["label"] for x in report["taps"]],
                         ["y.pcap0 to y.pcap3", "x.pcap2 to x.pcap1"])
        self.assertEqual(report["presence"][0]["heartbeats"], 195)
        # One is missing: what was then is not known.
        report = self.gaps(pieces[0], pieces[2], pieces[3])
        gaps = [(g["length_ns"], g["capture_absent"]) for x in report["streams"] for g in x["gaps"]]
        self.assertEqual(gaps, [(51 * s, True)])
        self.assertEqual(report["streams"][0]["near_misses"], [])
        self.assertIn("between x.pcap2 and x.pcap0 lie 51.000 s: whether the capture ran is not known",
                      run(pieces[0], pieces[2], pieces[3]).stderr)

    def test_captures_that_follow_each_other_elsewhere_are_no_pieces(self):
        s = mc.SECOND
        one = [(mc.BEGIN + t * s, mc.advert(t)) for t in range(50)]
        for name, later in (("lb2.pcap", [(at + 300 * s, frame) for at, frame in one]),
                            ("lb1.pcap2", [(at + 50 * s, mc.advert(t, vrid=9))
                                           for t, (at, _) in enumerate(one)])):
            report = self.gaps(self.write("lb1.pcap", one), self.write(name, later))
            self.assertEqual(len(report["taps"]), 2, name)
            self.assertEqual([x["gaps"] for x in report["streams"]], [[], []])

    def test_losses_that_only_a_total_tells_accuse_nobody(self):
        """Interface statistics as dumpcap writes them: received, dropped by interface and system."""
        s = mc.SECOND

        def statistics(received, dropped, by_system):
            body = struct.pack("<III", 0, 0, 0) + b"".join(
                struct.pack("<HHQ", code, 8, n) for code, n in
                ((4, received), (5, dropped), (7, by_system))) + bytes(4)
            size = struct.pack("<I", len(body) + 12)
            return struct.pack("<I", 5) + size + body + size

        def capture(name, adverts, *lost):
            path = self.write(name, adverts, mc.Pcapng)
            path.write_bytes(path.read_bytes() + statistics(*lost))
            return path

        # Random identifications, so that they say nothing of what was sent.
        one = [(mc.BEGIN + t * s, mc.advert(t * 7919)) for t in range(50) if t not in (20, 21, 22)]
        two = [(mc.BEGIN + t * s, mc.advert(t * 7919, host=2, priority=100)) for t in range(53, 90)]
        path = capture("lossy.pcapng", one + two, 1000, 30, 3)
        report = self.gaps(path)
        stream = report["streams"][0]
        self.assertEqual((report["taps"][0]["dropped"], report["taps"][0]["dropped_some_time"]), (33, 33))
        self.assertEqual([g["proven"] for g in stream["gaps"]], [False, False])
        self.assertEqual([h["kind"] for h in stream["hand_overs"]], ["unseen"])
        self.assertEqual(stream["hand_overs"][0]["capture_lost_some_time"], 33)
        self.assertEqual(stream["near_misses"], [])
        self.assertIn("33 of 117 frames were lost, and the capture does not say when", run(path).stdout)
        said = subprocess.run([ALIBI, "explain", path], capture_output=True, text=True).stdout
        self.assertIn("when the capture at tap lossy.pcapng lost 33 of 117 frames", said)
        # One lost frame cannot make up for 20 s, nor any for what was never sent.
        few = [p for p in one if not 20 * s < p[0] - mc.BEGIN < 40 * s]
        stream = self.gaps(capture("few.pcapng", few, 100, 1, 0))["streams"][0]
        self.assertEqual([g["proven"] for g in stream["gaps"]], [True])
        self.assertEqual(len(stream["near_misses"]), 1)
        late = [(mc.BEGIN + (t + 3 * (t > 20)) * s, mc.advert(t)) for t in range(50)]
        stream = self.gaps(capture("late.pcapng", late, 100, 9, 0))["streams"][0]
        self.assertEqual([(g["sent_unseen"], g["proven"]) for g in stream["gaps"]], [(0, True)])

    def test_time_in_which_the_interface_was_gone_accuses_nobody(self):
        """Gone for ten seconds; what came first when it was back was an ARP."""
        s = mc.SECOND
        packets = [(mc.BEGIN + t * s, mc.advert(t), "") for t in range(60) if not 20 < t < 31]
        arp = mc.ethernet(b"\x08\x06", bytes.fromhex("0001080006040001") + bytes(20))
        packets.insert(21, (mc.BEGIN + 30 * s + s // 2, arp, "alibi: the interface is back"))
        path = self.write_alibis("gone.pcapng", packets, 0)
        stream = self.gaps(path)["streams"][0]
        self.assertEqual([(g["length_ns"], g["capture_absent"]) for g in stream["gaps"]],
                         [(11 * s, True)])
        self.assertEqual((stream["hand_overs"], stream["near_misses"]), ([], []))
        self.assertIn("for some of it nothing was captured", run(path).stdout)
        said = subprocess.run([ALIBI, "explain", path], capture_output=True, text=True).stdout
        self.assertRegex(said, r"^0 incidents\ntap gone.pcapng was blind from [0-9:.]+ to [0-9:.]+: for "
                               r"some of it nothing was captured\n$")

    def test_a_hand_over_while_the_capture_was_blind_is_unseen(self):
        s = mc.SECOND
        packets = [(mc.BEGIN + t * s, mc.advert(t), "") for t in range(21)]
        packets += [(mc.BEGIN + t * s, mc.advert(t, host=2, priority=100),
                     "alibi: the interface is back" if t == 31 else "") for t in range(31, 50)]
        path = self.write_alibis("gone.pcapng", packets, 0)
        hand_overs = self.gaps(path)["streams"][0]["hand_overs"]
        self.assertEqual([(h["kind"], h["capture_absent"]) for h in hand_overs], [("unseen", True)])
        rows = list(csv.DictReader(io.StringIO(run("--csv", path).stdout)))
        self.assertEqual([(r["kind"], r["capture_absent"]) for r in rows],
                         [("gap", "true"), ("unseen", "true")])
        said = subprocess.run([ALIBI, "explain", path], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "TZ": "UTC"}).stdout
        self.assertIn("why      unknown:", said)
        self.assertRegex(said, r"the capture at tap gone.pcapng was blind from 22:13:40\.\d+ to "
                               r"22:13:51\.\d+: for some of it nothing was captured")


if __name__ == "__main__":
    unittest.main()
