# SPDX-License-Identifier: Apache-2.0
"""alibi and keepalived over what else one meets: version 3 with IPv6 and a fast interval, unicast
peers, and two configurations that differ by one address."""
import time
import unittest

from pairing import Pairing, wait_until
from peers import Keepalived

INSTANCE = """
global_defs {{
    router_id {name}
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 79
    priority {priority}
    {options}
    virtual_ipaddress {{
        {vips}
    }}
}}
"""


def instance(name, priority, options, vips):
    return INSTANCE.format(name=name, priority=priority, options=options, vips="\n".join(vips))


class Kinds(Pairing):
    def pair(self, alibi, keepalived):
        self.use(alibi, Keepalived(self.right, self.directory, keepalived))

    def test_ipv6_version_3_fast(self):
        options = "version 3\n    advert_int 0.25"
        vips = ["fe80::79", "2001:db8::79/64"]
        self.pair(instance("alibi", 100, options, vips), instance("peer", 150, options, vips))
        for host in (self.left, self.right):  # nobody can send from an address under probation
            wait_until(lambda h=host: "tentative" not in h.ip("-6", "addr", "show", "dev", "eth0"),
                       10, "duplicate address detection")
        self.peer.start()
        self.wait_peer(True, vips[0])
        self.alibi.start()
        self.alibi.process.expect("Entering BACKUP STATE")
        begin = time.time()
        self.assertEqual(len(self.wait_adverts(begin, 8)), 1, self.adverts.process.text())
        self.assertLess(self.adverts.adverts(begin)[7][0] - begin, 3)
        self.peer.crash()
        self.alibi.wait_vip(True, 3, "2001:db8::79")
        self.alibi.process.expect(r"no advert from fe80::\S+ for [01]\.\d+ s \(master-down")
        self.peer.start()
        self.alibi.wait_vip(False, 5, "2001:db8::79")
        self.peer.stop()
        self.alibi.wait_vip(True, 2, "2001:db8::79")
        self.check_packets(gratuitous=0)

    def test_unicast(self):
        def options(mine, other):
            return f"unicast_src_ip {mine}\n    unicast_peer {{\n        {other}\n    }}"
        vips = ["10.78.0.100"]
        self.pair(instance("alibi", 150, options(self.ours, self.theirs), vips),
                  instance("peer", 100, options(self.theirs, self.ours), vips))
        self.peer.start()
        self.wait_peer(True, vips[0])
        self.alibi.start()
        self.alibi.wait_vip(True, 10, vips[0])
        self.wait_peer(False, vips[0], 3)
        self.assertEqual(self.wait_adverts(time.time()), {self.ours})
        begin = time.time()
        self.assertEqual(self.alibi.process.stop(), 0)
        self.assertLess(self.first_advert(self.theirs, begin) - begin, 1.2)
        self.check_packets(gratuitous=5)

    def test_one_address_more_is_no_split_brain_when_keepalived_is_preferred(self):
        """keepalived 2.2.7 refuses our adverts, but we take its (ADR 0003): one master is left."""
        self.pair(instance("alibi", 100, "", ["10.78.0.100"]),
                  instance("peer", 150, "", ["10.78.0.100", "10.78.0.101"]))
        self.alibi.start()
        self.alibi.wait_vip(True, 10, "10.78.0.100")
        self.peer.start()
        self.wait_peer(True, "10.78.0.101")
        self.alibi.wait_vip(False, 3, "10.78.0.100")
        self.alibi.process.expect(r"unexpected ip number count 2 .*expected 1!.*\[address_list\]")
        begin = time.time()
        self.assertEqual(self.wait_adverts(begin, 4), {self.theirs})
        wait_until(lambda: len(self.adverts.adverts(begin)) >= 6, 8, "more adverts")
        self.assertFalse(self.alibi.has_vip("10.78.0.100"))


if __name__ == "__main__":
    unittest.main()
