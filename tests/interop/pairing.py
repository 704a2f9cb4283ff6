# SPDX-License-Identifier: Apache-2.0
"""What every interoperation test needs: two hosts in one segment, alibi on the left, a peer on the
right, and a record of all that passed."""
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "daemon"))
from decode import Record, complaints, counts  # noqa: E402
from nodes import Node, wait_until  # noqa: E402
from netns import Lab  # noqa: E402
from peers import mac  # noqa: E402


class Pairing(unittest.TestCase):
    NETWORK = "10.78.0.{}/24"  # alibi is .1, the peer .2

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="alibi-interop-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.lab = Lab().__enter__()
        self.addCleanup(self.lab.close)
        self.left, self.right = self.lab.segment(["left", "right"])
        self.left.add_address(self.NETWORK.format(1))
        self.right.add_address(self.NETWORK.format(2))
        self.ours, self.theirs = (self.NETWORK.format(n).split("/")[0] for n in (1, 2))
        self.record = Record(self.right, os.path.join(self.directory, "all.pcap"))
        self.adverts = self.right.capture()
        self.alibi = self.peer = None

    def tearDown(self):
        result = self._outcome.result
        if result and any(test is self for test, _ in result.failures + result.errors):
            print("--- alibi:\n" + self.alibi_log(), "\n--- peer:\n" + self.peer.log(),
                  file=sys.stderr)

    def use(self, config, peer):
        self.alibi = Node(self.left, self.directory, config)
        self.peer = peer

    def alibi_log(self):
        return self.alibi.process.text() if self.alibi and self.alibi.process else ""

    def alibi_pids(self):
        return [self.alibi.child(n) for n in ("alibi-keeper", "alibi-teller")]

    def wait_peer(self, master, vip, timeout=10):
        wait_until(lambda: self.peer.is_master(vip) == master, timeout,
                   lambda: f"peer {'master' if master else 'backup'}:\n{self.peer.log()}")

    def first_advert(self, source, since, timeout=8.0):
        """Kernel time of the first advert of `source`, resignations aside."""
        found = wait_until(
            lambda: [a for a in self.adverts.adverts(since) if a[1] == source and a[2] > 0],
            timeout, lambda: f"an advert from {source}; alibi:\n{self.alibi_log()}")
        return found[0][0]

    def last_advert(self, source):
        return [at for at, who, _ in self.adverts.adverts() if who == source][-1]

    def wait_adverts(self, since, count=3):
        """At least so many; their sources."""
        wait_until(lambda: len(self.adverts.adverts(since)) >= count, 10, f"{count} adverts")
        return {source for _, source, _ in self.adverts.adverts(since)}

    def check_packets(self, gratuitous):
        """Ends the record. tcpdump and tshark must read all that alibi sent; returns the file."""
        path = self.record.close()
        sender = mac(self.left)
        self.assertEqual(complaints(path, sender), [])
        seen = counts(path, sender)
        self.assertGreater(seen["adverts"], 0)
        self.assertEqual(seen["adverts"], seen["all adverts"])
        self.assertGreaterEqual(seen["gratuitous"], gratuitous)
        return path
