#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long until the backup speaks: keeper killed, clean stop, link down, host cut off, tracked
script failed. keepalived and alibi run in one run, several times each; one JSON line a case. Times
are from the event to the backup's first advert on the wire (advert_int 1, priority 100: skew time
0.609 s, master-down interval 3.609 s)."""
import json
import os
import signal
import statistics
import sys
import time

from pair import Pair, config
from netns import wait_until

TIMES = int(os.environ.get("TIMES", "3"))


def with_script(priority):
    script = """vrrp_script chk {
    script "/usr/bin/test -e @DIR@/healthy"
    interval 1
    weight 0
}
"""
    return config(priority, extra_instance="track_script {\n chk\n }", scripts=script)


def kill_keeper(pair):
    os.kill(pair.vrrp_pid(), signal.SIGKILL)


def kill_all(pair):
    """As a machine that loses its power."""
    from scale import daemon
    pids = daemon(pair.daemon_a)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def clean_stop(pair):
    pair.daemon_a.signal(signal.SIGTERM)


def link_down(pair):
    pair.a.ip("link", "set", "eth0", "down")


def host_cut(pair):
    pair.lab.switch.ip("link", "set", "dev", "a", "nomaster")


def script_fails(pair):
    os.unlink(os.path.join(pair.directory, "a", "healthy"))


CASES = {"keeper killed": (kill_keeper, config), "all processes killed": (kill_all, config),
         "clean stop": (clean_stop, config), "link down": (link_down, config),
         "host cut off": (host_cut, config), "script failed": (script_fails, with_script)}


class HealthyPair(Pair):
    def _build(self):
        for name in ("a", "b"):
            os.makedirs(os.path.join(self.directory, name), exist_ok=True)
            open(os.path.join(self.directory, name, "healthy"), "w", encoding="ascii").close()
        super()._build()


def one(kind, alibi, case):
    act, text = CASES[case]
    with HealthyPair(kind, alibi, config=text) as pair:
        time.sleep(1.5)
        begin = time.time()
        act(pair)

        def first():
            return next((x[0] for x in pair.adverts() if x[1] == 2 and x[2] == 77 and
                         x[3] != 0 and x[0] > begin), None)
        wait_until(first, 15, "the backup's first advert")
        return first() - begin


def main():
    alibi = sys.argv[1]
    for case in sys.argv[2:] or CASES:
        for kind in ("keepalived", "alibi"):
            times = [round(one(kind, alibi, case), 3) for _ in range(TIMES)]
            print(json.dumps({"bench": "take-over", "case": case, "kind": kind,
                              "median_s": statistics.median(times), "all_s": times}), flush=True)


if __name__ == "__main__":
    main()
