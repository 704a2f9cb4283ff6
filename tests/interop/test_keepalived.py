# SPDX-License-Identifier: Apache-2.0
"""alibi and Debian's keepalived as the two halves of one pair: version 2, PASS authentication, the
story's configuration with a tracked script. Either may be the preferred one."""
import os
import signal
import time
import unittest

from decode import complaints, corrupted
from netns import wait_until
from pairing import Pairing
from peers import Keepalived, mac

VIP = "192.168.205.7"
STORY = """
global_defs {{
    notification_email_from {name}@example.org
    router_id {name}
    script_user root
}}
vrrp_script chk_haproxy {{
    script "/usr/bin/test -e {alive}"
    interval 1
    weight 2
}}
vrrp_instance loadbalancer {{
    state MASTER
    interface eth0
    virtual_router_id 205
    priority {priority}
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass totally_secret
    }}
    virtual_ipaddress {{
        192.168.205.7
    }}
    track_script {{
        chk_haproxy
    }}
}}
"""


class WithKeepalived(Pairing):
    NETWORK = "192.168.205.{}/24"

    def pair(self, alibi, keepalived):
        """Nodes with these priorities; both scripts succeed, which adds 2."""
        for name in ("alibi", "keepalived"):
            self.set_alive(name, True)
        self.use(self.story("alibi", alibi),
                 Keepalived(self.right, self.directory, self.story("keepalived", keepalived)))

    def alive(self, name):
        return os.path.join(self.directory, name + ".alive")

    def set_alive(self, name, alive):
        if alive:
            with open(self.alive(name), "w", encoding="ascii"):
                pass
        else:
            os.unlink(self.alive(name))

    def story(self, name, priority):
        return STORY.format(name=name, alive=self.alive(name), priority=priority)

    def wait_master(self, who, timeout):
        """alibi has the address if and only if it is master; a crashed keepalived may keep it."""
        self.alibi.wait_vip(who == "alibi", timeout, VIP)
        if who == "keepalived":
            self.wait_peer(True, VIP, timeout)

    def test_keepalived_preferred(self):
        self.pair(alibi=100, keepalived=110)
        self.peer.start()
        self.wait_master("keepalived", 10)
        self.alibi.start()
        self.alibi.process.expect(r"Changing effective priority from 100 to 102", 10)
        self.assertEqual(self.wait_adverts(time.time()), {self.theirs})
        self.assertFalse(self.alibi.has_vip(VIP))

        # Crash: nobody resigns, so the master-down interval has to pass.
        self.peer.crash()
        last = self.last_advert(self.theirs)
        took = self.first_advert(self.ours, last) - last
        self.assertAlmostEqual(took, 3 + (256 - 102) / 256, delta=0.35)
        self.wait_master("alibi", 2)
        self.alibi.process.expect(r"Entering MASTER STATE: no advert from \S+205.2 for 3\.\d+ s")

        # It comes back and preempts: alibi yields, and keeps silent from then on.
        self.peer.start()
        self.alibi.process.expect(r"Entering BACKUP STATE.*\[higher_priority_heard\]", 10)
        self.wait_master("keepalived", 2)

        # Orderly stop: priority 0 leaves the skew time.
        begin = time.time()
        self.peer.stop()
        resigned = wait_until(lambda: [a for a in self.adverts.adverts(begin) if a[2] == 0], 5,
                              "priority 0")[0][0]
        took = self.first_advert(self.ours, resigned) - resigned
        self.assertAlmostEqual(took, (256 - 102) / 256, delta=0.35)
        self.wait_master("alibi", 2)
        self.alibi.process.expect(r"Entering MASTER STATE.*\[master_resigned\]")
        self.check_packets(gratuitous=10)

    def test_alibi_preferred(self):
        self.pair(alibi=110, keepalived=109)
        self.alibi.start()
        self.wait_master("alibi", 10)
        self.peer.start()
        self.alibi.process.expect(r"Changing effective priority from 110 to 112", 10)
        wait_until(lambda: "effective priority from 109 to 111" in self.peer.log(), 10,
                   self.peer.log)
        self.assertFalse(self.peer.is_master(VIP))

        # The tracked script decides: 110 against 111, and back.
        self.set_alive("alibi", False)
        self.wait_master("keepalived", 10)
        self.alibi.process.expect(r"Entering BACKUP STATE.*\[higher_priority_heard\]")
        back = time.monotonic()
        self.set_alive("alibi", True)
        self.wait_master("alibi", 10)
        self.alibi.process.expect(r"Entering MASTER STATE.*\[lower_priority_heard\]", since=back)
        self.wait_peer(False, VIP, 3)

        # The keeper dies: its last will hands over at once, and it comes back.
        begin = time.time()
        os.kill(self.alibi.child("alibi-keeper"), signal.SIGKILL)
        took = self.first_advert(self.theirs, begin) - begin
        self.assertLess(took, 1.2)
        self.wait_master("alibi", 10)

        # Orderly stop.
        begin = time.time()
        self.assertEqual(self.alibi.process.stop(), 0)
        self.assertFalse(self.alibi.has_vip(VIP))
        took = self.first_advert(self.theirs, begin) - begin
        self.assertLess(took, 1.2)
        path = self.check_packets(gratuitous=10)
        # And the check itself: one octet of one advert changed must be seen, by both programs.
        found = complaints(corrupted(path, mac(self.left)), mac(self.left))
        self.assertEqual({line.split(":")[0] for line in found}, {"tcpdump", "tshark"}, found)

    def test_all_of_alibi_killed(self):
        self.pair(alibi=110, keepalived=100)
        self.alibi.start()
        self.wait_master("alibi", 10)
        self.peer.start()
        wait_until(lambda: "effective priority from 100 to 102" in self.peer.log(), 10,
                   self.peer.log)
        self.wait_adverts(time.time(), 2)
        pids = self.alibi_pids()
        begin = time.time()
        self.alibi.process.signal(signal.SIGSTOP)  # no last will: a machine without power
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.alibi.process.signal(signal.SIGKILL)
        self.alibi.children_gone(pids)
        took = self.first_advert(self.theirs, begin) - self.last_advert(self.ours)
        self.assertAlmostEqual(took, 3 + (256 - 102) / 256, delta=0.35)

        # Started again, it first removes what the crash left on the interface, then preempts.
        self.alibi.start()
        self.alibi.process.expect("left behind by an earlier run")
        self.alibi.wait_vip(False, 3, VIP)
        self.wait_master("alibi", 10)
        self.wait_peer(False, VIP, 3)
        self.check_packets(gratuitous=5)


if __name__ == "__main__":
    unittest.main()
