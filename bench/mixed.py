#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random events on a mixed pair: alibi run beside keepalived, or beside FRR's vrrpd, on one
segment. After every event the wire is read: who may be master by the rules of the protocol, and whether the
two agree. `mixed.py ALIBI keepalived|frr [EVENTS] [SEED]`; one JSON line, exit code 1 when they
disagreed. A disagreement names the adverts around it."""
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests")
sys.path.insert(0, os.path.join(TESTS, "interop"))
sys.path.insert(0, os.path.join(TESTS, "support"))
from netns import Lab, wait_until  # noqa: E402
from peers import Frr, Keepalived  # noqa: E402

from wire import read_adverts  # noqa: E402

VIP = "10.77.0.100"
VRID = 77


def alibi_config(priority, version):
    auth = "" if version == 3 else "authentication {\n auth_type PASS\n auth_pass secret\n }"
    return f"""vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    version {version}
    virtual_router_id {VRID}
    priority {priority}
    advert_int 1
    {auth}
    virtual_ipaddress {{
        {VIP}
    }}
}}
"""


class Alibi:
    def __init__(self, program, namespace, directory, text):
        self.program, self.namespace = program, namespace
        self.file = os.path.join(directory, "alibi.conf")
        with open(self.file, "w", encoding="ascii") as out:
            out.write(text)

    def start(self):
        self.process = self.namespace.start(
            [self.program, "run", "-n", "-D", "--no-record", "--log", "stderr", "-f", self.file])
        self.process.expect("Entering BACKUP STATE", 15)

    def stop(self):
        return self.process.stop()

    def is_master(self, vip):
        return vip in self.namespace.addresses()

    def crash(self):
        self.process.signal(signal.SIGSTOP)
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children",
                  encoding="ascii") as children:
            pids = [int(pid) for pid in children.read().split()]
        for pid in [*pids, self.process.pid]:
            os.kill(pid, signal.SIGKILL)
        self.process.popen.wait(5)
        for address in (VIP + "/32",):  # the machine that lost its power comes back without it
            self.namespace.ip("addr", "del", address, "dev", "eth0", check=False)


class Scene:
    """Both nodes, and what may be done to them."""

    def __init__(self, lab, program, peer_kind, directory, priorities):
        self.a, self.b = lab.segment(["a", "b"])
        self.switch = lab.switch
        self.a.add_address("10.77.0.1/24")
        self.b.add_address("10.77.0.2/24")
        version = 3 if peer_kind == "frr" else 2
        self.alibi = Alibi(program, self.a, directory, alibi_config(priorities[0], version))
        if peer_kind == "frr":
            self.peer = Frr(self.b, directory, VRID, VIP, priorities[1])
        else:
            self.peer = Keepalived(self.b, directory, alibi_config(priorities[1], version))
        self.priorities = priorities
        self.running = [True, True]
        self.cut = [False, False]
        self.capture = os.path.join(directory, "adverts.pcap")
        self.tcpdump = self.switch.start(["tcpdump", "-i", "br0", "-U", "--immediate-mode", "-s",
                                          "128", "-Z", "root", "-w", self.capture, "ip proto 112"])
        self.tcpdump.expect("listening on", 20)

    def nodes(self):
        return (self.alibi, self.peer)

    def events(self):
        """Those possible now: (text, function)."""
        found = []
        for i, (node, label) in enumerate(zip(self.nodes(), "ab")):
            if self.running[i]:
                found += [(f"stop {label}", lambda i=i: self.stop(i, "stop")),
                          (f"crash {label}", lambda i=i: self.stop(i, "crash"))]
            else:
                found += [(f"start {label}", lambda i=i: self.start(i))] * 3
            if self.cut[i]:
                found += [(f"join {label}", lambda i=i: self.connect(i, True))] * 3
            else:
                found.append((f"cut {label}", lambda i=i: self.connect(i, False)))
        return found

    def stop(self, i, how):
        getattr(self.nodes()[i], how)()
        self.running[i] = False

    def start(self, i):
        self.nodes()[i].start()
        self.running[i] = True

    def connect(self, i, on):
        label = "ab"[i]
        if on:
            self.switch.ip("link", "set", "dev", label, "master", "br0")
        else:
            self.switch.ip("link", "set", "dev", label, "nomaster")
        self.cut[i] = not on

    def expected(self):
        """Who must be master once things have settled: None when nobody can, or both must."""
        alive = [i for i in (0, 1) if self.running[i]]
        if len(alive) == 2 and not any(self.cut):
            return {0 if self.priorities[0] > self.priorities[1] else 1}
        return set(alive)

    def masters(self):
        return {i for i in (0, 1) if self.running[i] and self.nodes()[i].is_master(VIP)}


def play(program, peer_kind, count, seed):
    draw = random.Random(seed)
    priorities = draw.choice([(150, 100), (100, 150)])
    directory = tempfile.mkdtemp(prefix="alibi-mixed-", dir="/var/tmp")
    disagreements, done = [], []
    try:
        with Lab() as lab:
            scene = Scene(lab, program, peer_kind, directory, priorities)
            for node in scene.nodes():
                node.start()
            for number in range(count):
                text, act = draw.choice(scene.events())
                if number > 0:
                    act()
                    done.append(text)
                time.sleep(draw.uniform(0.0, 1.2))
                if draw.random() < 0.4 and number > 0:
                    continue  # the next one before things have settled
                try:
                    wait_until(lambda: scene.masters() == scene.expected(), 9, "agreement")
                except AssertionError:
                    adverts = list(read_adverts(scene.capture))[-12:]
                    disagreements.append({"after": done[-4:], "masters": sorted(scene.masters()),
                                          "expected": sorted(scene.expected()),
                                          "adverts": adverts})
            logs = scene.alibi.process.text()[-2000:] if disagreements else ""
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return {"bench": "mixed", "peer": peer_kind, "events": len(done), "seed": seed,
            "priorities": priorities, "disagreements": disagreements,
            **({"log": logs} if logs else {})}


def main():
    program, peer_kind = os.path.abspath(sys.argv[1]), sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.SystemRandom().randrange(1 << 30)
    result = play(program, peer_kind, count, seed)
    print(json.dumps(result), flush=True)
    return 1 if result["disagreements"] else 0


if __name__ == "__main__":
    sys.exit(main())
