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

import tables
from pair import Pair, config
from netns import wait_until

TIMES = int(os.environ.get("TIMES", "3"))


def with_script(priority):
    script = """vrrp_script chk {
    script "@DIR@/check"
    interval 1
    weight 0
}
"""
    return config(priority, extra_instance="track_script {\n chk\n }", scripts=script)


def kill_keeper(pair):
    os.kill(pair.vrrp_pid(), signal.SIGKILL)


def kill_all(pair):
    """As a machine that loses its power."""
    pids = pair.daemons()
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
    """Between two runs, later each time: when after a run it happens decides much."""
    runs = os.path.join(pair.directory, "a", "runs")
    before = os.path.getsize(runs)
    wait_until(lambda: os.path.getsize(runs) > before, 5, "a run of the script")
    time.sleep(pair.options["phase"])
    os.unlink(os.path.join(pair.directory, "a", "healthy"))
    return time.time()


CASES = {"keeper killed": (kill_keeper, config), "all processes killed": (kill_all, config),
         "clean stop": (clean_stop, config), "link down": (link_down, config),
         "host cut off": (host_cut, config), "script failed": (script_fails, with_script)}


class HealthyPair(Pair):
    def _build(self):
        for directory in (os.path.join(self.directory, name) for name in ("a", "b")):
            os.makedirs(directory, exist_ok=True)
            with open(os.path.join(directory, "healthy"), "w", encoding="ascii"):
                pass
            check = os.path.join(directory, "check")
            with open(check, "w", encoding="ascii") as out:
                out.write(f"#!/bin/sh\necho >> {directory}/runs\ntest -e {directory}/healthy\n")
            os.chmod(check, 0o755)
        super()._build()


def one(kind, alibi, case, phase):
    act, text = CASES[case]
    with HealthyPair(kind, alibi, config=text, phase=phase) as pair:
        time.sleep(1.5)
        begin = time.time()
        begin = act(pair) or begin

        def first():
            return next((x[0] for x in pair.adverts() if x[1] == 2 and x[2] == 77 and
                         x[3] != 0 and x[0] > begin), None)
        wait_until(first, 15, "the backup's first advert")
        return first() - begin


def main():
    arguments = [a for a in sys.argv[1:] if a != "--table"]
    alibi, rows = os.path.abspath(arguments[0]), []
    for case in arguments[1:] or CASES:
        for kind in ("keepalived", "alibi"):
            times = [round(one(kind, alibi, case, (i + 0.5) / TIMES), 3) for i in range(TIMES)]
            rows.append({"bench": "take-over", "case": case, "kind": kind,
                         "median_s": statistics.median(times), "all_s": times})
            print(json.dumps(rows[-1]), flush=True)
    if "--table" in sys.argv:
        print(tables.text(rows))


if __name__ == "__main__":
    main()
