# SPDX-License-Identifier: Apache-2.0
"""The fence: a node that was stopped, frozen, starved or killed as master answers nothing from the
other's first advert on; one that nobody overtakes is never silenced."""
import os
import re
import signal
import subprocess
import time
import unittest

from answers import Asked  # puts peers.py on the path
from nodes import ALIBI, VIP, Pair, config, wait_until
from peers import Keepalived, mac

FREEZER = "/sys/fs/cgroup/freezer"
STOPPED = 6.0  # seconds; a backup takes over after 3.6
# The stamp of a frame that comes in is taken before the fence sees it; a frame that went out at the
# same time on another CPU may carry a later one.
SAME_MOMENT = 0.002


class Frozen:
    """A freezer of its own for a daemon and all its children."""

    def __init__(self, node):
        self.path = f"{FREEZER}/alibi-test-{os.getpid()}"
        os.mkdir(self.path)
        for name in (None, "alibi-keeper", "alibi-teller", "alibi-recorder"):
            self.put("cgroup.procs", node.process.pid if name is None else node.child(name))

    def put(self, file, value):
        with open(os.path.join(self.path, file), "w", encoding="ascii") as out:
            out.write(str(value))

    def members(self):
        with open(self.path + "/cgroup.procs", encoding="ascii") as procs:
            return procs.read().split()

    def freeze(self):
        self.put("freezer.state", "FROZEN")

    def thaw(self):
        self.put("freezer.state", "THAWED")

    def remove(self):
        self.thaw()
        for pid in self.members():
            with open(FREEZER + "/cgroup.procs", "w", encoding="ascii") as root:
                root.write(pid)
        os.rmdir(self.path)


class Fenced(unittest.TestCase):
    def overtaken(self, asked, begin, end=None):
        """Node a's answers between b's first advert after `begin` and `end`; also that a answered
        before, and that b answered after: a silent pair proves nothing."""
        first = asked.adverts("10.77.0.2", begin)[0]
        self.assertGreater(len(asked.answers(begin - 2, begin)), 100)
        answers = asked.answers(first + SAME_MOMENT, end or float("inf"))
        print(f"    b's first advert {first - begin:.3f} s after the stall began; answers of a "
              f"from then on: {len(answers)}; in the 2 s before: "
              f"{len(asked.answers(first - 2, first))}", flush=True)
        return answers

    def stalled(self, asked, stop, go):
        """Stops node a for a while; returns when, and when a's first advert after it came."""
        asked.elect()
        asked.ask()
        time.sleep(2.2)
        begin = time.time()
        stop()
        asked.b_is_master()
        time.sleep(max(0.0, begin + STOPPED - time.time()))
        going = time.time()
        go()
        # Of higher priority: it reads b's adverts, and is master again.
        settled = wait_until(lambda: asked.adverts("10.77.0.1", going), 10, asked.a.process.text)
        wait_until(lambda: VIP not in asked.b.namespace.addresses(), 10, asked.b.process.text)
        time.sleep(1)
        counted = asked.asked()
        self.assertGreater(counted["answers"]["icmp"].get(asked.macs[1], 0), 100)
        return begin, going, settled[0]

    def stop_and_look(self, asked):
        keeper = []

        def stop():
            keeper.append(asked.a.child("alibi-keeper"))
            os.kill(keeper[0], signal.SIGSTOP)

        begin, going, settled = self.stalled(asked, stop, lambda: os.kill(keeper[0], signal.SIGCONT))
        self.assertEqual(self.overtaken(asked, begin, settled), [])
        # And it is open again, with an account of itself.
        self.assertGreater(len(asked.answers(settled, settled + 1)), 50)
        self.assertLess(settled - going, 1.0)
        asked.a.process.expect(r"fence was closed for \d\.\d+ s: .*\(10\.77\.0\.2, priority 100\); "
                               r"dropped in\+out: ARP [1-9]\d*\+0, ND 0\+0, IPv4 [1-9]")


class Stopped(Fenced):
    def test_beside_alibi(self):
        with Asked(config(110), config(100)) as asked:
            self.stop_and_look(asked)

    def test_beside_keepalived(self):
        with Asked(config(110), config(100), peer="keepalived") as asked:
            self.stop_and_look(asked)

    def test_with_another_alibi_on_the_interface(self):
        """One that starts and stays, one that starts and ends: each has a fence of its own."""
        with Asked(config(110), config(100)) as asked:
            asked.a.start().wait_vip()
            others = []
            for vrid in (78, 79):
                file = os.path.join(asked.directory, f"other{vrid}.conf")
                with open(file, "w", encoding="utf-8") as out:
                    out.write(config(100, vip=f"10.77.0.{vrid}").replace(
                        "virtual_router_id 77", f"virtual_router_id {vrid}"))
                others.append(asked.a.namespace.start(
                    [ALIBI, "run", "-n", "--log", "stderr", "-f", file, "--run-folder",
                     os.path.join(asked.directory, f"other{vrid}.run")]))
                others[-1].expect("Entering MASTER STATE", 15)
            self.assertEqual(others.pop().stop(), 0)
            asked.b.start()
            asked.b.process.expect("Entering BACKUP STATE")
            asked.elect = lambda: asked.nodes  # they run
            self.stop_and_look(asked)
            self.assertEqual(others.pop().stop(), 0)

    def test_without_fence_both_answer(self):
        with Asked(config(110), config(100), options=("--fence", "off")) as asked:
            asked.elect()
            asked.ask()
            time.sleep(2.2)
            begin = time.time()
            keeper = asked.a.child("alibi-keeper")
            os.kill(keeper, signal.SIGSTOP)
            asked.b_is_master()
            time.sleep(1)
            asked.asked()
            self.assertGreater(len(self.overtaken(asked, begin)), 50)
            os.kill(keeper, signal.SIGCONT)


class OtherStalls(Fenced):
    def test_frozen_with_all_its_processes(self):
        with Asked(config(110), config(100)) as asked:
            frozen = []

            def stop():
                frozen.append(Frozen(asked.a))
                frozen[0].freeze()
            try:
                begin, _, settled = self.stalled(asked, stop, lambda: frozen[0].thaw())
            finally:
                for f in frozen:
                    f.remove()
            self.assertEqual(self.overtaken(asked, begin, settled), [])

    def test_starved_by_a_realtime_hog(self):
        """The keeper is given keepalived's scheduling first: as it schedules itself, a hog of this
        kind delays it by nothing."""
        with Asked(config(110), config(100)) as asked:
            hog = []
            cpu = str(max(os.sched_getaffinity(0)))

            def stop():
                keeper = str(asked.a.child("alibi-keeper"))
                subprocess.run(["chrt", "-r", "-p", "1", keeper], check=True)
                subprocess.run(["taskset", "-p", "-c", cpu, keeper], check=True,
                               stdout=subprocess.DEVNULL)
                hog.append(subprocess.Popen(["chrt", "-r", "50", "taskset", "-c", cpu, "timeout",
                                             "20", "sh", "-c", "while :; do :; done"],
                                            start_new_session=True))

            def go():
                os.killpg(hog[0].pid, signal.SIGKILL)
                hog[0].wait()
            try:
                begin, _, settled = self.stalled(asked, stop, go)
            finally:
                if hog and hog[0].poll() is None:
                    go()
            self.assertEqual(self.overtaken(asked, begin, settled), [])

    def kill_all(self, node):
        """A daemon and all its children, so that none sees another die."""
        frozen = Frozen(node)
        try:
            frozen.freeze()
            for pid in frozen.members():
                os.kill(int(pid), signal.SIGKILL)
        finally:
            frozen.thaw()
            wait_until(lambda: not frozen.members(), 10, "their end")
            os.rmdir(frozen.path)

    def test_killed_with_all_its_processes(self):
        """Nobody is left to take the addresses off: the programs stay where they are."""
        with Asked(config(110), config(100)) as asked:
            asked.elect()
            asked.ask()
            time.sleep(2.2)
            begin = time.time()
            self.kill_all(asked.a)
            asked.b_is_master()
            time.sleep(2)
            asked.asked()
            self.assertTrue(asked.a.has_vip())
            self.assertEqual(self.overtaken(asked, begin), [])
            # The next run takes over what it finds.
            asked.a.start()
            asked.a.process.expect("left behind by an earlier run")
            asked.a.wait_vip()

    def test_keepalived_in_the_place_of_a_killed_alibi_is_not_silenced(self):
        with Asked(config(110), config(100)) as asked:
            asked.elect()
            asked.ask()
            time.sleep(2.2)
            self.kill_all(asked.a)
            asked.b_is_master()
            time.sleep(1.5)
            peer = Keepalived(asked.a.namespace, asked.directory, config(110)).start()
            peer.process.expect("Entering MASTER STATE", 10)
            master = time.time()
            time.sleep(4)
            asked.asked()
            self.assertGreater(len(asked.answers(master + 3, master + 4)), 100)

    def test_preempted_while_well(self):
        with Asked(config(100), config(110)) as asked:
            asked.a.start().wait_vip()
            asked.ask()
            time.sleep(2.2)
            begin = time.time()
            asked.b.start()
            asked.b_is_master()
            asked.a.wait_vip(False)
            time.sleep(1)
            asked.asked()
            self.assertEqual(self.overtaken(asked, begin), [])


class Calm(Fenced):
    def test_no_question_is_lost_while_all_is_well(self):
        with Asked(config(110), config(100)) as asked:
            asked.elect()
            asked.ask()
            self.assertIn("fence        takeover: open\n", asked.a.status()[0])
            time.sleep(60)
            counted = asked.asked()
            print(f"    {counted}", flush=True)
            self.assertGreater(counted["sent"], 1000)
            for kind in ("arp", "icmp", "tcp"):
                self.assertEqual(counted["answers"][kind], {asked.macs[0]: counted["sent"]})

    def test_who_is_alone_is_never_fenced(self):
        with Asked(config(110)) as asked:
            asked.elect()
            asked.ask()
            keeper = asked.a.child("alibi-keeper")
            os.kill(keeper, signal.SIGSTOP)
            time.sleep(STOPPED)
            os.kill(keeper, signal.SIGCONT)
            time.sleep(1)
            counted = asked.asked()
            for kind in ("arp", "icmp", "tcp"):
                self.assertEqual(counted["answers"][kind], {asked.macs[0]: counted["sent"]})

    def test_lower_adverts_beside_a_keeper_that_is_well_cost_nothing(self):
        with Asked(config(110)) as asked:
            asked.elect()
            asked.ask()
            for _ in range(20):
                asked.flood(100, 50)
            counted = asked.asked()
            for kind in ("arp", "icmp", "tcp"):
                self.assertEqual(counted["answers"][kind], {asked.macs[0]: counted["sent"]})


class Late(Fenced):
    """What a keeper does that was away while its receive queue ran over."""

    def away(self, asked, priority):
        """Stopped until ours is overdue, then a flood of the client's adverts."""
        keeper = asked.a.child("alibi-keeper")
        os.kill(keeper, signal.SIGSTOP)
        time.sleep(2)
        asked.flood(priority, 3000)
        time.sleep(0.2)
        return keeper

    def test_master_of_higher_rank_is_open_again_soon_and_says_so(self):
        with Asked(config(110)) as asked:
            asked.elect()
            asked.ask()
            keeper = self.away(asked, 100)
            silent = time.time()
            time.sleep(1)
            woken = time.time()
            os.kill(keeper, signal.SIGCONT)
            asked.a.process.expect(r"fence was closed for \d\.\d+ s: .*while ours was overdue "
                                   r"\(10\.77\.0\.9, priority 100\)", 5)
            time.sleep(3)
            asked.asked()
            self.assertEqual(asked.answers(silent, woken), [])
            again = asked.answers(woken, float("inf"))
            print(f"    answers again {again[0][0] - woken:.3f} s after it woke", flush=True)
            self.assertLess(again[0][0] - woken, 2)
            # It says so to the switches, too.
            self.assertTrue(any(f"who-has {VIP}" in text and f"tell {VIP}" in text
                                for _, text in again))
            self.assertTrue(asked.a.has_vip())

    def test_the_higher_advert_that_the_queue_lost_is_waited_for(self):
        """Node b, of higher rank, comes after the flood: a must not answer before it knows. A link
        that went down and up meanwhile is news to be read as well."""
        with Asked(config(100), config(110)) as asked:
            asked.a.start().wait_vip()
            asked.ask()
            time.sleep(2.2)
            begin = time.time()
            keeper = self.away(asked, 90)
            asked.lab.switch.ip("link", "set", "dev", "a", "down")
            asked.lab.switch.ip("link", "set", "dev", "a", "up")
            asked.b.start()
            asked.b_is_master()
            wait_until(lambda: asked.adverts("10.77.0.2", begin), 5, "b's advert at a")
            self.assertRegex(asked.a.status()[0],
                             r"fence +takeover: CLOSED for \d.*an advert of the same rank or above")
            time.sleep(0.3)
            woken = time.time()
            os.kill(keeper, signal.SIGCONT)
            asked.a.wait_vip(False, timeout=5)
            time.sleep(2)
            asked.asked()
            self.assertEqual(self.overtaken(asked, begin), [])
            # From then on, at the latest, b's word counts.
            after = asked.adverts("10.77.0.2", woken)[0] + 0.1
            self.assertEqual(asked.adverts("10.77.0.1", after), [])


class Lease(Fenced):
    def cut(self, *ways):
        """Stopped with the cut in place: nothing of b's is heard, or nothing of a's."""
        with Asked(config(110), config(100), options=("--fence", "lease")) as asked:
            asked.elect()
            asked.ask()
            time.sleep(2.2)
            asked.cut_adverts(*ways)
            begin = time.time()
            keeper = asked.a.child("alibi-keeper")
            os.kill(keeper, signal.SIGSTOP)
            asked.b_is_master()
            # b's own record would do, but the address on its interface is earlier than its advert.
            second = time.time()
            time.sleep(2)
            asked.asked()
            os.kill(keeper, signal.SIGCONT)
            last = asked.adverts("10.77.0.1")[-1]
            self.assertGreater(len(asked.answers(begin - 2, begin)), 100)
            answers = asked.answers(second - 0.1, float("inf"))
            silent = asked.answers(begin, float("inf"))[-1][0]
            print(f"    silent {silent - last:.3f} s after its last advert, b master "
                  f"{second - last:.3f} s after", flush=True)
            self.assertEqual(answers, [])
            self.assertLess(silent - last, 3.02)

    def test_nothing_of_b_is_heard(self):
        self.cut("b", "a")

    def test_nothing_of_a_is_heard(self):
        """b takes over at 3.6 s after a's last advert at the latest; here a is stopped at once."""
        self.cut("a", "b")

    def test_alone_and_stopped_it_is_silent_and_answers_again(self):
        with Asked(config(110), options=("--fence", "lease")) as asked:
            asked.elect()
            asked.ask()
            keeper = asked.a.child("alibi-keeper")
            os.kill(keeper, signal.SIGSTOP)
            time.sleep(4)
            begin = time.time()
            time.sleep(0.5)
            woken = time.time()
            os.kill(keeper, signal.SIGCONT)
            asked.a.process.expect(r"fence was closed for \d\.\d+ s: no advert of ours", 5)
            time.sleep(0.5)
            asked.asked()
            self.assertEqual(asked.answers(begin, woken), [])
            self.assertGreater(len(asked.answers(woken, woken + 2)), 20)


class Places(unittest.TestCase):
    """Where the programs are, and where they cannot be."""

    V6 = "2001:db8::100"

    def filters(self, node, device="eth0"):
        return [node.namespace.exec("tc", "filter", "show", "dev", device, way)
                .count("direct-action") for way in ("ingress", "egress")]

    def test_orderly_end_takes_them_off(self):
        with Pair(config(110)) as pair:
            a, = pair.elect()
            self.assertEqual(self.filters(a), [1, 1])
            self.assertEqual(a.process.stop(), 0)
            self.assertEqual(self.filters(a), [0, 0])

    def test_failed_start_leaves_none(self):
        with Pair(config(110).replace(VIP, VIP + "\n10.9.9.9 dev eth7")) as pair:
            node = pair.nodes[0].start()
            self.assertEqual(node.process.popen.wait(10), 4)
            self.assertEqual(self.filters(node), [0, 0])

    def test_another_filter_of_the_host_stays_and_is_asked(self):
        with Pair(config(110)) as pair:
            space = pair.nodes[0].namespace
            space.exec("tc", "qdisc", "add", "dev", "eth0", "clsact")
            space.exec("tc", "filter", "add", "dev", "eth0", "ingress", "pref", "5", "bpf",
                       "bytecode", "1,6 0 0 0,")
            a, = pair.elect()
            self.assertEqual(a.process.stop(), 0)
            self.assertIn("pref 5 bpf", space.exec("tc", "filter", "show", "dev", "eth0",
                                                   "ingress"))

    def test_interface_made_again_is_guarded_again(self):
        with Pair(config(110)) as pair:
            a, = pair.elect()
            a.namespace.ip("link", "del", "eth0")
            pair.lab.switch.ip("link", "add", "name", "a", "type", "veth", "peer", "name", "eth0",
                               "netns", a.namespace.name)
            pair.lab.switch.ip("link", "set", "dev", "a", "master", "br0", "up")
            a.namespace.add_address("10.77.0.1/24")
            a.namespace.ip("link", "set", "eth0", "up")
            a.wait_vip(timeout=10)
            self.assertEqual(self.filters(a), [1, 1])
            self.assertEqual(a.process.stop(), 0)
            self.assertEqual(self.filters(a), [0, 0])

    def test_where_bpf_is_not_allowed_it_runs_without_and_says_why_once(self):
        with Pair(config(110)) as pair:
            a = pair.nodes[0]
            a.process = a.namespace.start(
                ["setpriv", "--bounding-set", "-sys_admin,-bpf,-perfmon", ALIBI, "run", "-n",
                 "--no-record", "--log", "stderr", "--run-folder", a.run_folder, "-f", a.file])
            a.wait_vip()
            self.assertIn("fence        NONE: BPF is not allowed", a.status()[0])
            a.process.expect(r"no fence: BPF is not allowed to this user .*CAP_BPF")
            self.assertEqual(a.process.text().count("no fence"), 1)
            self.assertEqual(self.filters(a), [0, 0])

    def test_off_is_off(self):
        with Pair(config(110)) as pair:
            a = pair.nodes[0].start("--fence", "off")
            a.wait_vip()
            self.assertEqual(self.filters(a), [0, 0])
            self.assertIsNone(a.process.find("fence"))

    def closed_by_the_other(self, pair, device, ask):
        """Node a is stopped and overtaken by b; then `ask` must find b alone."""
        a, b = pair.nodes
        keeper = a.child("alibi-keeper")
        os.kill(keeper, signal.SIGSTOP)
        vip = self.V6 if ":" in ask("vip") else VIP
        wait_until(lambda: vip in b.namespace.addresses(device), 8, b.process.text)
        wait_until(lambda: b.process.find("Entering MASTER"), 5, "b master")
        time.sleep(1.5)
        answering = ask("who")
        os.kill(keeper, signal.SIGCONT)
        a.process.expect(r"fence was closed for \d\.\d+ s: .*while ours was overdue", 5)
        self.assertEqual(answering, {mac(b.namespace)})

    def test_ipv6_neighbour_discovery(self):
        texts = [config(p, vip=f"fe80::77\n{self.V6}/64", instance="version 3")
                 .replace("authentication {\n        auth_type PASS\n        auth_pass secret\n"
                          "    }", "") for p in (110, 100)]
        addresses = ("2001:db8::1/64", "2001:db8::2/64", "2001:db8::9/64")
        with Pair(*texts, config(1), addresses=addresses) as pair:
            client = pair.nodes.pop().namespace
            a, b = pair.nodes
            a.start()
            a.wait_vip(vip=self.V6)
            b.start().process.expect("Entering BACKUP STATE")
            client.exec("ping", "-6", "-c", "1", "-W", "2", self.V6)

            def ask(what):
                if what == "vip":
                    return self.V6
                seen = set()
                for _ in range(20):
                    client.ip("neigh", "flush", "all")
                    client.exec("ping", "-6", "-c", "1", "-W", "1", self.V6)
                    seen |= set(re.findall(rf"^{self.V6} .*lladdr (\S+)",
                                           client.ip("-6", "neigh"), re.M))
                # To a's MAC address, whatever discovery says.
                client.ip("neigh", "replace", self.V6, "lladdr", mac(a.namespace), "dev", "eth0",
                          "nud", "permanent")
                if " 0 received" not in client.exec("ping", "-6", "-c", "3", "-i", "0.2", "-W", "1",
                                                    self.V6, check=False):
                    seen.add("a answers")
                return seen
            self.closed_by_the_other(pair, "eth0", ask)

    def test_advert_with_a_vlan_tag_is_of_another_network(self):
        with Asked(config(110)) as asked:
            asked.elect()
            keeper = asked.a.child("alibi-keeper")
            asked.ask()
            os.kill(keeper, signal.SIGSTOP)
            asked.flood(200, 3, vlan=20)
            begin = time.time()
            time.sleep(1)
            between = time.time()
            asked.flood(200, 3)
            after = time.time()
            time.sleep(1)
            asked.asked()
            os.kill(keeper, signal.SIGCONT)
            self.assertGreater(len(asked.answers(begin, between)), 50)
            self.assertEqual(asked.answers(after, after + 1), [])

if __name__ == "__main__":
    unittest.main()
