#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `alibi record` costs: idle beside a pair of keepalived; then, on a host doing 200,000 context
switches and 100,000 system calls a second, what it adds to a switch and to a system call of an
unwatched and of a watched process, and to the lateness of a keepalived's adverts. strace, perf trace
and a bpftrace script watch the same processes in the same run (watchers.py).

usage: recorder_cost.py ALIBI [ROUNDS]    as root; needs cc, keepalived, tcpdump. One JSON line for
the idle pair and one a watcher, less than three minutes in all. Which goes first changes from round
to round; each figure is the median of the rounds, what is added the median of the differences in
the same round. A peer that is not installed or does not run here has a line that says so.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from pair import command, config
from scale import family
from watchers import WATCHERS, Alibi, NotHere
from wire import read_adverts
from netns import Lab, wait_until

IDLE_S = 20
MEASURED_S = 3
HOST = (200_000, 100_000)  # context switches and system calls a second
WATCHED = (10_000, 5_000)  # busier than a sender is, and no more than all watchers can keep
INTERVAL_S = 0.01
TIMES = ("unwatched_switch_ns", "unwatched_syscall_ns", "watched_switch_ns", "watched_syscall_ns",
         "advert_late_median_us")


def cpu_seconds(pids):
    """User and system time of all threads, also ended ones: clock_getcpuclockid(3) says how the
    clock of a process is named."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


def switches_of_host():
    with open("/proc/stat", encoding="ascii") as stat:
        return next(int(line.split()[1]) for line in stat if line.startswith("ctxt"))


class Keepalived:
    def __init__(self, node, directory, priority, interval):
        folder = os.path.join(directory, f"{node.label}-{priority}-{interval}")
        os.mkdir(folder)
        path = os.path.join(folder, "keepalived.conf")
        with open(path, "w", encoding="ascii") as out:
            out.write(config(priority, interval=interval))
        self.process = node.start(command("keepalived", None, path, folder, ("-l",)),
                                  collect=False)

    def sender(self):
        """The pid of the process that sends, which is the child."""
        wait_until(lambda: len(family(self.process.pid)) > 1, 10, "keepalived's VRRP process")
        return max(family(self.process.pid))


def idle(alibi, a, b, directory):
    pair = [Keepalived(a, directory, 150, 1), Keepalived(b, directory, 100, 1)]
    senders = [one.sender() for one in pair]
    wait_until(lambda: "10.77.0.100" in a.addresses(), 20, "a master")
    recorder = Alibi(alibi, a.lab, [a, b], senders, directory)
    before, began = cpu_seconds([recorder.pid]), time.monotonic()
    time.sleep(IDLE_S)
    used, length = cpu_seconds([recorder.pid]) - before, time.monotonic() - began
    recorder.stop()
    for one in pair:
        one.process.stop()
    return {"bench": "recorder idle", "seconds": round(length, 1),
            "cpu_percent": round(100 * used / length, 3)}


class Scene:
    """A sender of an advert every 10 ms in `a`, seen at `b`, and the two loads of a measurement."""

    def __init__(self, alibi, lab, nodes, directory):
        self.alibi, self.lab, self.directory = alibi, lab, directory
        self.a, self.b = nodes
        self.load = os.path.join(directory, "recorder_load")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorder_load.c")
        subprocess.run(["cc", "-O2", "-pthread", "-o", self.load, source], check=True)
        self.capture = os.path.join(directory, "adverts.pcap")
        tcpdump = self.b.start(["tcpdump", "-i", "eth0", "-U", "--immediate-mode", "-Z", "root",
                                "-w", self.capture, "ip proto 112"])
        tcpdump.expect("listening on", 20)
        self.sender = Keepalived(self.a, directory, 150, INTERVAL_S).sender()
        wait_until(lambda: "10.77.0.100" in self.a.addresses(), 20, "a master")

    def measure(self, watcher):
        """The figures of one round; NotHere when the watcher does not run on this machine."""
        cpus = sorted(os.sched_getaffinity(0))
        unwatched = self.lab.start([self.load, str(cpus[-1]), *map(str, HOST)])
        watched = self.a.start([self.load, str(cpus[0]), *map(str, WATCHED), "held"])
        try:
            return self.beside(watcher, unwatched, watched)
        finally:
            for load in (unwatched, watched):
                load.stop()

    def beside(self, watcher, unwatched, watched):
        wait_until(lambda: all(len(os.listdir(f"/proc/{load.pid}/task")) == 2
                               for load in (unwatched, watched)), 5, "the threads of the loads")
        beside = watcher(self.alibi, self.lab, [self.a], [watched.pid, self.sender],
                         self.directory)
        try:
            for load in (unwatched, watched):
                load.signal(signal.SIGUSR1)
            busy, switches = cpu_seconds(beside.pids()), switches_of_host()
            began, since = time.monotonic(), time.time()
            time.sleep(MEASURED_S)
            until = time.time()
            length = time.monotonic() - began
            busy, switches = cpu_seconds(beside.pids()) - busy, switches_of_host() - switches
            for load in (unwatched, watched):
                load.stop()
        finally:
            counts = beside.stop()
        said = [json.loads(load.text()) for load in (unwatched, watched)]
        late = self.lateness(since, until)
        return {"host_switches_per_s": switches / length, "cpu_percent": 100 * busy / length,
                "unwatched_switches_per_s": said[0]["switches_per_s"],
                "unwatched_syscalls_per_s": said[0]["syscalls_per_s"],
                "watched_switches_per_s": said[1]["switches_per_s"],
                "unwatched_switch_ns": said[0]["switch_ns"],
                "unwatched_syscall_ns": said[0]["syscall_ns"],
                "watched_switch_ns": said[1]["switch_ns"],
                "watched_syscall_ns": said[1]["syscall_ns"],
                "advert_late_median_us": statistics.median(late),
                "advert_late_99th_us": statistics.quantiles(late, n=100)[98],
                "adverts": len(late), **counts}

    def lateness(self, since, until):
        """Microseconds by which adverts came later after the one before than they should."""
        times = [at for at, *_ in read_adverts(self.capture) if since <= at <= until]
        return [(after - before - INTERVAL_S) * 1e6 for before, after in zip(times, times[1:])]


def line(name, rounds, without):
    middle = {key: statistics.median(one[key] for one in rounds)
              for key, value in rounds[0].items() if isinstance(value, (int, float))}
    row = {"bench": "recorder cost", "watcher": name, "rounds": len(rounds),
           **{key: round(value, 1) for key, value in middle.items()}}
    for key in TIMES:
        row[f"added_{key}"] = round(statistics.median(
            with_it[key] - alone[key] for with_it, alone in zip(rounds, without)), 1)
    return row


def measured(alibi, rounds):
    directory = tempfile.mkdtemp(prefix="alibi-bench-", dir="/var/tmp")
    try:
        with Lab() as lab:
            # Instead of the lab's own handler, which would leave the directory behind.
            signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
            nodes = lab.segment(["a", "b"])
            for number, node in enumerate(nodes, 1):
                node.add_address(f"10.77.0.{number}/24")
            yield idle(alibi, *nodes, directory)
            scene = Scene(alibi, lab, nodes, directory)
            found, absent = {name: [] for name in WATCHERS}, {}
            for number in range(rounds):
                names = [name for name in WATCHERS if name not in absent]
                for name in names[number % len(names):] + names[:number % len(names)]:
                    try:
                        found[name].append(scene.measure(WATCHERS[name]))
                    except NotHere as why:
                        absent[name] = str(why)
            for name, all_rounds in found.items():
                yield {"bench": "recorder cost", "watcher": name, "absent": absent[name]} \
                    if name in absent else line(name, all_rounds, found["none"])
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main():
    if os.geteuid() != 0 or any(shutil.which(x) is None for x in ("cc", "keepalived", "tcpdump")):
        print("recorder_cost: needs root, cc, keepalived and tcpdump", file=sys.stderr)
        return 77
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    for row in measured(os.path.abspath(sys.argv[1]), rounds):
        print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
