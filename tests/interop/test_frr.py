# SPDX-License-Identifier: Apache-2.0
"""alibi and FRR's vrrpd as the two halves of one pair, version 3. Either may be preferred."""
import os
import signal
import time
import unittest

from pairing import Pairing
from peers import Frr

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


class WithFrr(Pairing):
    def pair(self, alibi, frr):
        self.use(CONFIG.format(vrid=VRID, priority=alibi, vip=VIP),
                 Frr(self.right, self.directory, VRID, VIP, frr))

    def test_frr_preferred(self):
        self.pair(alibi=100, frr=150)
        self.peer.start()
        self.wait_peer(True, VIP)
        self.alibi.start()
        self.alibi.process.expect(r"Entering BACKUP STATE")
        self.assertEqual(self.wait_adverts(time.time()), {self.theirs})
        self.assertFalse(self.alibi.has_vip(VIP))

        self.peer.crash()
        last = self.last_advert(self.theirs)
        self.assertAlmostEqual(self.first_advert(self.ours, last) - last, 3 + 156 / 256, delta=0.35)
        self.alibi.wait_vip(True, 2, VIP)
        self.alibi.process.expect(r"Entering MASTER STATE: no advert from 10.78.0.2 for 3\.\d+ s")

        self.peer.start()
        self.wait_peer(True, VIP)
        self.alibi.wait_vip(False, 3, VIP)
        self.alibi.process.expect(r"Entering BACKUP STATE.*\[higher_priority_heard\]")

        begin = time.time()
        self.peer.stop()
        self.first_advert(self.ours, begin)
        self.alibi.wait_vip(True, 5, VIP)
        self.check_packets(gratuitous=10)

    def test_alibi_preferred(self):
        self.pair(alibi=200, frr=100)
        self.alibi.start()
        self.alibi.wait_vip(True, 10, VIP)
        self.peer.start()
        self.wait_peer(False, VIP)

        # A dead keeper resigns by its supervisor; it comes back and preempts.
        begin = time.time()
        os.kill(self.alibi.child("alibi-keeper"), signal.SIGKILL)
        self.assertLess(self.first_advert(self.theirs, begin) - begin, 1.2)
        self.assertFalse(self.alibi.has_vip(VIP))
        self.alibi.wait_vip(True, 10, VIP)
        self.wait_peer(False, VIP)

        begin = time.time()
        self.assertEqual(self.alibi.process.stop(), 0)
        self.assertFalse(self.alibi.has_vip(VIP))
        self.assertLess(self.first_advert(self.theirs, begin) - begin, 1.2)
        self.wait_peer(True, VIP)
        self.check_packets(gratuitous=5)


if __name__ == "__main__":
    unittest.main()
