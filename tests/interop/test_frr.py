# SPDX-License-Identifier: Apache-2.0
"""alibi and FRR's vrrpd as the two halves of one pair, version 3. Either may be the preferred one."""
import os
import shutil
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "daemon"))
from decode import Record, complaints, counts  # noqa: E402
from nodes import Node, wait_until  # noqa: E402
from netns import Lab  # noqa: E402
from peers import Frr, mac  # noqa: E402

VIP = "10.78.0.100"
VRID = 78
CONFIG = """
global_defs {{
    router_id alibi
    vrrp_version 3
}}
vrrp_instance VI_3 {{
    state BACKUP
    interface eth0
    virtual_router_id {vrid}
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        {vip}
    }}
}}
"""


class WithFrr(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="alibi-interop-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.lab = Lab().__enter__()
        self.addCleanup(self.lab.close)
        self.a, self.b = self.lab.segment(["left", "right"])
        self.a.add_address("10.78.0.1/24")
        self.b.add_address("10.78.0.2/24")
        self.record = Record(self.b, os.path.join(self.directory, "all.pcap"))
        self.adverts = self.b.capture()

    def pair(self, alibi, frr):
        text = CONFIG.format(vrid=VRID, priority=alibi, vip=VIP)
        self.alibi = Node(self.a, self.directory, text)
        self.frr = Frr(self.b, self.directory, VRID, VIP, frr)

    def tearDown(self):
        if self._outcome.result and self._outcome.result.failures + self._outcome.result.errors:
            print("--- alibi:\n" + self.alibi.process.text(), "\n--- frr:\n" + self.frr.log(),
                  file=sys.stderr)

    def first_advert(self, source, since, timeout=8.0):
        found = wait_until(
            lambda: [a for a in self.adverts.adverts(since) if a[1] == source and a[2] > 0],
            timeout, lambda: f"an advert from {source}; alibi:\n{self.alibi.process.text()}")
        return found[0][0]

    def wait_frr(self, master, timeout=10):
        wait_until(lambda: self.frr.is_master() == master, timeout,
                   lambda: f"frr master={master}: {self.frr.status()}\n{self.frr.log()}")

    def check_packets(self):
        path = self.record.close()
        self.assertEqual(complaints(path, mac(self.a)), [])
        seen = counts(path, mac(self.a))
        self.assertGreater(seen["adverts"], 0)
        self.assertEqual(seen["adverts"], seen["all adverts"])
        self.assertGreaterEqual(seen["gratuitous"], 5)

    def test_frr_preferred(self):
        self.pair(alibi=100, frr=150)
        self.frr.start()
        self.wait_frr(True)
        self.alibi.start()
        self.alibi.process.expect(r"Entering BACKUP STATE")
        begin = time.time()
        wait_until(lambda: len(self.adverts.adverts(begin)) >= 3, 10, "three adverts")
        self.assertEqual({source for _, source, _ in self.adverts.adverts(begin)}, {"10.78.0.2"})
        self.assertFalse(self.alibi.has_vip(VIP))

        self.frr.crash()
        last = self.adverts.adverts()[-1][0]
        took = self.first_advert("10.78.0.1", last) - last
        self.assertAlmostEqual(took, 3 + 156 / 256, delta=0.35)
        self.alibi.wait_vip(True, 2, VIP)
        self.alibi.process.expect(r"Entering MASTER STATE: no advert from 10.78.0.2 for 3\.\d+ s")

        self.frr.start()
        self.wait_frr(True)
        self.alibi.wait_vip(False, 3, VIP)
        self.alibi.process.expect(r"Entering BACKUP STATE.*\[higher_priority_heard\]")

        begin = time.time()
        self.frr.stop()
        self.first_advert("10.78.0.1", begin)
        self.alibi.wait_vip(True, 5, VIP)
        self.check_packets()

    def test_alibi_preferred(self):
        self.pair(alibi=200, frr=100)
        self.alibi.start()
        self.alibi.wait_vip(True, 10, VIP)
        self.frr.start()
        self.wait_frr(False)

        # A dead keeper resigns by its supervisor; it comes back and preempts.
        begin = time.time()
        os.kill(self.alibi.child("alibi-keeper"), signal.SIGKILL)
        self.assertLess(self.first_advert("10.78.0.2", begin) - begin, 1.2)
        self.assertFalse(self.alibi.has_vip(VIP))
        self.alibi.wait_vip(True, 10, VIP)
        self.wait_frr(False)

        begin = time.time()
        self.assertEqual(self.alibi.process.stop(), 0)
        self.assertFalse(self.alibi.has_vip(VIP))
        self.assertLess(self.first_advert("10.78.0.2", begin) - begin, 1.2)
        self.wait_frr(True)
        self.check_packets()


if __name__ == "__main__":
    unittest.main()
