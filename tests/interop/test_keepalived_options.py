# SPDX-License-Identifier: Apache-2.0
"""alibi and keepalived over options that decide about an advert that should not be there: the same
situation for both, each on either side."""
import os
import signal
import time

from decode import tshark
from pairing import Pairing, wait_until
from peers import Keepalived, mac

CONFIG = """
global_defs {{
    router_id {name}
    script_user root
    {definitions}
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 79
    priority {priority}
    {options}
    virtual_ipaddress {{
        10.78.0.100
    }}
}}
"""
VIP = "10.78.0.100"


def config(name, priority, options="", definitions=""):
    return CONFIG.format(name=name, priority=priority, options=options, definitions=definitions)


class Options(Pairing):
    def pair(self, ours, theirs):
        """(priority, options[, definitions]) of each."""
        self.use(config("alibi", *ours),
                 Keepalived(self.right, self.directory, config("peer", *theirs)))

    def masters(self, since):
        return {who for _, who, priority in self.adverts.adverts(since) if priority > 0}

    # ---- a lower advert reaches a master: two masters meet again ----

    def split(self, first=r"Entering BACKUP STATE \(init\)"):
        """Both are master, and meet again. Returns when."""
        self.lab.switch.ip("link", "set", "dev", "left", "nomaster")
        self.alibi.start()
        self.peer.start(first)
        self.alibi.wait_vip(True, 10, VIP)
        self.wait_peer(True, VIP)
        time.sleep(1.5)  # the gratuitous ARP of the takeover, its second block too
        met = time.time()
        self.lab.switch.ip("link", "set", "dev", "left", "master", "br0")
        return met

    def answers(self, met, master, loser):
        """When the master of the higher priority sent gratuitous ARP after they had met, in seconds
        from the first, and how many adverts of the loser it had heard."""
        time.sleep(4)
        path = self.record.close()
        lower = [at for at, who, priority in self.adverts.adverts(met) if who == loser and priority]
        times = [float(row[0]) for row in
                 tshark(path, f"eth.src == {mac(master)} && arp.isgratuitous", "frame.time_epoch")]
        times = [at for at in times if at >= met]
        return [at - times[0] for at in times], len(lower)

    LOWER = ("garp_master_repeat 1\n    garp_master_delay 1\n    garp_lower_prio_repeat 3\n"
             "    garp_lower_prio_delay 2")
    LOWER_EVERYWHERE = ("vrrp_garp_master_repeat 1\n    vrrp_garp_master_delay 1\n"
                        "    vrrp_garp_lower_prio_repeat 3\n    vrrp_garp_lower_prio_delay 2")

    def check_answers(self, times, lower):
        """Three for each lower advert, at once, and three more 2 s later: keepalived for each of
        them, we once."""
        self.assertGreaterEqual(lower, 1)
        at_once = [at for at in times if at < 1]
        later = [at for at in times if at >= 1]
        self.assertEqual(len(at_once), 3 * lower, times)
        self.assertIn(len(later), (3, 3 * lower), times)
        self.assertAlmostEqual(later[0], 2, delta=0.7)

    def test_gratuitous_arp_after_a_lower_advert(self):
        self.pair((150, self.LOWER), (100, self.LOWER + "\n    higher_prio_send_advert"))
        self.check_answers(*self.answers(self.split(), self.left, self.theirs))

    def test_gratuitous_arp_after_a_lower_advert_for_every_instance(self):
        self.pair((150, "", self.LOWER_EVERYWHERE),
                  (100, "higher_prio_send_advert", self.LOWER_EVERYWHERE))
        self.check_answers(*self.answers(self.split(), self.left, self.theirs))

    def test_keepalived_s_gratuitous_arp_after_our_lower_advert(self):
        self.pair((100, self.LOWER + "\n    higher_prio_send_advert"), (150, self.LOWER))
        self.check_answers(*self.answers(self.split(), self.right, self.ours))

    def test_script_for_a_lower_advert(self):
        def script(who):
            return (f'notify_master_rx_lower_pri "/bin/sh -c \'echo lower >> '
                    f'{self.directory}/{who}\'"')
        for ours, theirs, who in ((150, 100, "alibi"), (100, 150, "peer")):
            with self.subTest(who):
                self.pair((ours, script("alibi") + "\n    higher_prio_send_advert"),
                          (theirs, script("peer") + "\n    higher_prio_send_advert"))
                self.split()
                path = os.path.join(self.directory, who)
                wait_until(lambda p=path: os.path.exists(p), 5, lambda p=path: f"{p}, written to")
                self.alibi.process.stop()
                self.peer.stop()
        with open(os.path.join(self.directory, "alibi"), encoding="ascii") as file:
            self.assertEqual(set(file.read().split()), {"lower"})

    # ---- unicast: who may speak ----

    def unicast(self, mine, peer, check):
        return (f"unicast_src_ip {mine}\n    unicast_peer {{\n        {peer}\n    }}"
                + ("\n    check_unicast_src" if check else ""))

    def stranger(self, ours, theirs, definitions=""):
        """Adverts of a higher priority from somebody who is no peer."""
        def options(own, other, priority, check):
            peer = "10.78.0.9" if check is not None else other
            return priority, self.unicast(own, peer, check), definitions if check is False else ""
        self.pair(options(self.ours, self.theirs, *ours), options(self.theirs, self.ours, *theirs))

    def test_strangers_are_heard(self):
        self.stranger((100, False), (150, None))
        self.peer.start()
        self.wait_peer(True, VIP)
        self.alibi.start()
        self.alibi.process.expect("Entering BACKUP STATE")
        begin = time.time()
        self.assertEqual(len(self.wait_adverts(begin, 6)), 1)
        self.assertFalse(self.alibi.has_vip(VIP))

    def test_strangers_are_not_heard(self):
        self.stranger((100, True), (150, None))
        self.peer.start()
        self.wait_peer(True, VIP)
        self.alibi.start()
        self.alibi.wait_vip(True, 8, VIP)
        self.alibi.process.expect("unicast_source")

    def test_strangers_are_not_heard_by_any_instance(self):
        self.stranger((100, False), (150, None), "vrrp_check_unicast_src")
        self.peer.start()
        self.wait_peer(True, VIP)
        self.alibi.start()
        self.alibi.wait_vip(True, 8, VIP)

    def test_keepalived_does_not_hear_us_as_a_stranger(self):
        self.stranger((150, None), (100, True))
        self.alibi.start()
        self.alibi.wait_vip(True, 8, VIP)
        self.peer.start()
        self.wait_peer(True, VIP)

    # ---- what keepalived 2.2.7 does not know yet ----

    def test_owner_ignores_another_owner_with_a_higher_address(self):
        for option, stays in (("", False), ("owner_ignore_adverts", True)):
            for definitions in ("", f"vrrp_{option}") if option else ("",):
                with self.subTest(option=option, definitions=definitions):
                    self.pair((255, "" if definitions else option, definitions), (255, ""))
                    self.split("Entering MASTER STATE")
                    time.sleep(3.5)
                    self.assertEqual(self.alibi.has_vip(VIP), stays, self.alibi_log())
                    self.alibi.process.stop()
                    self.peer.stop()

    def test_late_master_steps_down(self):
        for option in ("timer_expired_backup", "thread_timer_expired 90", ""):
            with self.subTest(option):
                self.pair((150, "nopreempt\n    " + option), (100, "nopreempt"))
                self.alibi.start()
                self.alibi.wait_vip(True, 8, VIP)
                self.peer.start()
                keeper = self.alibi.child("alibi-keeper")
                os.kill(keeper, signal.SIGSTOP)
                self.wait_peer(True, VIP, 6)
                os.kill(keeper, signal.SIGCONT)
                woke = time.time()
                self.wait_peer(bool(option), VIP, 4)
                time.sleep(2.5)
                heard = [(who, priority) for at, who, priority in self.adverts.adverts(woke + 1.5)]
                self.assertEqual({who for who, _ in heard},
                                 {self.theirs if option else self.ours}, self.alibi_log())
                self.assertEqual(self.alibi.has_vip(VIP), not option)
                self.alibi.process.stop()
                self.peer.stop()
