#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""1, 100 and 1,000 instances: memory, CPU of master and backup, and how the backup takes over when
the master's machine dies. keepalived and alibi run, in one run; one JSON line each."""
import json
import os
import re
import signal
import sys
import time

from pair import Pair, config
from stalls import many_instances
from netns import wait_until

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid):
    """`pid` and all below it."""
    found, todo = [], [pid]
    while todo:
        pid = todo.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                    todo += [int(child) for child in children.read().split()]
        except FileNotFoundError:
            pass
    return found


def comm(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as name:
        return name.read().strip()


def daemon(process):
    """Its processes without the helpers of the bench: {pid: comm}."""
    found = {}
    for pid in family(process.pid):
        try:
            if comm(pid).startswith(("alibi", "keepalived")):
                found[pid] = comm(pid)
        except FileNotFoundError:
            pass
    return found


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def pss_kb(pids):
    """Proportional set size: memory shared by several is counted once."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            total += int(re.search(r"^Pss:\s+(\d+)", rollup.read(), re.M)[1])
    return total


def rss_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def vrrp_process(processes, kind):
    if kind == "alibi":
        return next(pid for pid, name in processes.items() if name == "alibi-keeper")
    return max(processes)  # keepalived: parent, then the VRRP child


def take_over(pair, count):
    """Seconds from the death of the master's processes to the first and last address at b."""
    monitor = pair.b.start(["ip", "-ts", "monitor", "address"])
    time.sleep(0.5)
    pids = daemon(pair.daemon_a)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    killed = time.time()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)

    def times():
        found = []
        for _, line in list(monitor.lines):
            stamp = re.match(r"\[(\S+)\] \d+: \S+\s+inet 10\.(?:77\.0\.100|17\d|18\d)", line)
            if stamp and "Deleted" not in line:
                when = stamp[1]
                base, fraction = when.split(".")
                seconds = time.mktime(time.strptime(base, "%Y-%m-%dT%H:%M:%S"))
                found.append(seconds + float("0." + fraction) - killed)
        return found
    wait_until(lambda: len(times()) >= count, 60, lambda: f"{len(times())} of {count} addresses")
    return min(times()), max(times())


def measure(kind, alibi, count, interval, options):
    def text(priority):
        return config(priority, instances=many_instances(count - 1, interval).replace(
            "@PRIORITY@", str(priority)))
    with Pair(kind, alibi, config=text, interfaces=max(1, (count + 248) // 250),
              daemon_options={"alibi": options}) as pair:
        wait_until(lambda: sum(len(pair.a.addresses(f"eth{n}")) for n in range(
            max(1, (count + 248) // 250))) >= count, 60, "all addresses at a")
        time.sleep(8)  # the second block of gratuitous ARP is over
        a, b = daemon(pair.daemon_a), daemon(pair.daemon_b)
        keepers = [vrrp_process(a, kind), vrrp_process(b, kind)]
        before = [cpu_seconds(x) for x in (a, b)] + [cpu_seconds([pid]) for pid in keepers]
        length = 10
        time.sleep(length)
        after = [cpu_seconds(x) for x in (a, b)] + [cpu_seconds([pid]) for pid in keepers]
        percent = [round(100 * (y - x) / length, 1) for x, y in zip(before, after)]
        row = {"bench": "scale", "kind": kind + (" " + " ".join(options) if kind == "alibi" else ""),
               "instances": count, "interval_s": interval,
               "vrrp_rss_mb": round(rss_kb(keepers[0]) / 1024, 1),
               "all_pss_mb": round(pss_kb(a) / 1024, 1),
               "cpu_master_percent": percent[0], "cpu_backup_percent": percent[1],
               "cpu_master_vrrp_percent": percent[2], "cpu_backup_vrrp_percent": percent[3]}
        first, last = take_over(pair, count)
        return {**row, "take_over_first_s": round(first, 3), "take_over_last_s": round(last, 3)}


def main():
    alibi = sys.argv[1]
    sizes = [(1, 1), (100, 1), (1000, 1), (1000, 0.1)]
    if len(sys.argv) > 2:
        sizes = [(int(sys.argv[2]), float(sys.argv[3]))]
    for count, interval in sizes:
        for kind, options in (("keepalived", ()), ("alibi", ()), ("alibi", ("--no-record",))):
            print(json.dumps(measure(kind, alibi, count, interval, options)), flush=True)


if __name__ == "__main__":
    main()
