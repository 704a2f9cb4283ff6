# SPDX-License-Identifier: Apache-2.0
"""BFD sessions and reloads: neither side's session leaves Up."""
import json
import os
import signal
import struct
import subprocess
import sys
import time
import unittest

from test_bfd import ADDRESSES, ROUTER, FrrBfd, KeepalivedBfd, bfd  # puts ../daemon on the path
from nodes import Pair, config, wait_until
from peers import FRR  # noqa: F401


def frr(namespace, directory):
    return FrrBfd(namespace, directory, "10.77.0.1")


def keepalived(namespace, directory):
    return KeepalivedBfd(namespace, directory, "10.77.0.1")


UPGRADE = signal.SIGRTMIN + 4
TRACK = "track_bfd {\n router\n }"


class Packets:
    """BFD packets of alibi at the router: (time, state, diagnostic, source port)."""

    def __init__(self, namespace, path):
        self.path = path
        self.process = namespace.start(["tcpdump", "-n", "-U", "--immediate-mode", "-i", "eth0", "-w",
                                        path, "src host 10.77.0.1 and udp dst port 3784"])
        self.process.expect("listening on", 20)

    def all(self):
        with open(self.path, "rb") as file:
            data = file.read()
        found, at = [], 24
        while at + 16 <= len(data):
            seconds, micros, size, _ = struct.unpack_from("<IIII", data, at)
            frame = data[at + 16:at + 16 + size]
            at += 16 + size
            if len(frame) < 14 + 28 + 24:
                continue
            udp = 14 + (frame[14] & 15) * 4
            control = frame[udp + 8:]
            found.append((seconds + micros / 1e6, control[1] >> 6, control[0] & 31,
                          struct.unpack_from(">H", frame, udp)[0], control[4:8]))
        return found


def frr_counters(peer):
    shown = subprocess.run(
        ["ip", "netns", "exec", peer.namespace.name, "vtysh", "--vty_socket", peer.directory,
         "-d", "bfdd", "-c", "show bfd peers counters json"],
        text=True, capture_output=True, check=False).stdout
    return json.loads(shown)[0]


class Reloads(unittest.TestCase):
    COUNT = 20

    def story(self, make_peer, number=signal.SIGHUP, count=COUNT, interval=100, multiplier=5,
              load=0, complete=r"Reload complete"):
        text = config(110, bfd(ROUTER, "10.77.0.1", interval, multiplier), TRACK)
        with Pair(text, "", "", addresses=ADDRESSES) as pair:
            a, _, router = pair.nodes
            a.start()
            peer = make_peer(router.namespace, pair.directory).start()
            a.process.expect(r"BFD_Instance\(router\) Entering Up state", 20)
            a.wait_vip(timeout=12)
            time.sleep(1.5)
            packets = Packets(router.namespace, pair.path("bfd.pcap"))
            since = time.monotonic()
            hogs = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(load)]
            try:
                for _ in range(count):
                    asked = time.monotonic()
                    a.process.signal(number)
                    a.process.expect(complete, 40, asked)
            finally:
                for hog in hogs:
                    hog.kill()
                    hog.wait()
            time.sleep(1)
            seen = packets.all()
            gaps = [after[0] - before[0] for before, after in zip(seen, seen[1:])]
            print(f"{count} times, {len(seen)} packets, longest pause {max(gaps) * 1000:.1f} ms "
                  f"of {interval * multiplier} ms", file=sys.stderr)
            late = [(round(after[0] - seen[0][0], 3), round(after[0] - before[0], 3), after[1:3])
                    for before, after in zip(seen, seen[1:])
                    if after[0] - before[0] > 0.6 * interval * multiplier / 1000
                    or after[1] != 3]
            self.assertEqual({state for _, state, *_ in seen}, {3}, late)  # Up, never AdminDown
            self.assertEqual(len({port for *_, port, _ in seen}), 1)
            self.assertEqual(len({discriminator for *_, discriminator in seen}), 1)
            self.assertIsNone(a.process.find(r"Entering (Down|Init|AdminDown) state", since))
            self.assertIsNone(a.process.find(r"Entering (FAULT|BACKUP)", since))
            self.assertTrue(a.has_vip())
            self.after(a, peer, since)

    def after(self, a, peer, since):
        """It is alive: the peer's end is seen, and ours is told."""
        if isinstance(peer, FrrBfd):
            self.assertEqual(frr_counters(peer)["session-down"], 0)
        else:
            self.assertIsNone(peer.process.find(r"\(router\) Entering (Down|Init)", since))
        peer.kill()
        a.process.expect(r"BFD_Instance\(router\) Entering Down state: nothing received", 5)
        a.process.expect(r"Entering FAULT STATE", 5, since)

    def test_frr(self):
        self.story(frr)

    def test_frr_with_every_processor_busy(self):
        self.story(frr, count=5, load=2 * os.cpu_count())

    def test_keepalived(self):
        self.story(keepalived)

    def test_upgrades(self):
        self.story(keepalived, UPGRADE, 3)


class Changes(unittest.TestCase):
    def setUp(self):
        text = self.text(100)
        self.pair = Pair(text, "", "", addresses=ADDRESSES).__enter__()
        self.addCleanup(self.pair.__exit__, None)
        self.a, _, router = self.pair.nodes
        self.a.start()
        self.peer = keepalived(router.namespace, self.pair.directory).start()
        self.a.process.expect(r"BFD_Instance\(router\) Entering Up state", 20)
        self.a.wait_vip(timeout=12)
        time.sleep(1)
        self.packets = Packets(router.namespace, self.pair.path("bfd.pcap"))

    @staticmethod
    def text(interval, multiplier=5):
        return config(110, bfd(ROUTER, "10.77.0.1", interval, multiplier), TRACK)

    def reload(self, text):
        with open(self.a.file, "w", encoding="utf-8") as out:
            out.write(text)
        since = time.monotonic()
        self.a.process.signal(signal.SIGHUP)
        self.a.process.expect("Reload complete", 20, since)

    def test_other_intervals_are_negotiated_in_place(self):
        since = time.monotonic()
        for interval, multiplier in ((300, 3), (100, 5), (60, 8), (500, 2), (100, 5)):
            self.reload(self.text(interval, multiplier))
            time.sleep(2)
            recent = [x[0] for x in self.packets.all()][-4:]
            mean = (recent[-1] - recent[0]) / 3
            # The peer wants no more than one in 50 ms.
            self.assertLess(mean, 1.1 * max(interval, 50) / 1000)
            self.assertGreater(mean, 0.7 * max(interval, 50) / 1000)
        self.assertEqual({state for _, state, *_ in self.packets.all()}, {3})
        self.assertIsNone(self.a.process.find(r"Entering Down state", since))
        self.assertIsNone(self.peer.process.find(r"\(router\) Entering (Down|Init)", since))

    def test_session_that_is_gone_is_shut_down(self):
        self.reload(config(110))
        wait_until(lambda: self.packets.all()[-1][1:3] == (0, 7), 3, "AdminDown")
        self.assertTrue(self.a.has_vip())
        self.reload(self.text(100))  # and it comes again
        self.a.process.expect(r"BFD_Instance\(router\) Entering Up state", 20)

    def test_one_of_two_is_gone(self):
        other = self.text(50).replace("vrrp_instance", bfd("10.77.0.2", "10.77.0.1").replace(
            "instance router", "instance second") + "vrrp_instance").replace(
                " router\n }", " router\n second weight -1\n }")
        since = time.monotonic()
        self.reload(other)
        self.reload(self.text(100))
        time.sleep(0.5)
        self.assertEqual({state for _, state, *_ in self.packets.all()}, {3})
        self.assertIsNone(self.peer.process.find(r"\(router\) Entering (Down|Init)", since))


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
