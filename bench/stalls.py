#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Twelve stalls on the master of a live pair, keepalived and alibi run, in one run.

For each: false fail-overs, latest advert, seconds with two nodes answering, probes that the old
node answered after the new one's first advert, availability as the client saw it. One JSON line a
stall and kind; `--table` adds the table for docs/bench.md. `stalls.py ALIBI [NAME...]`."""
import json
import os
import signal
import subprocess
import sys
import threading
import time

from pair import Pair, config, figures

HOG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hog.py")
LENGTH = 8.0


def hogs(count, *how):
    return [subprocess.Popen([sys.executable, HOG, str(LENGTH), *how]) for _ in range(count)]


def reap(children):
    for child in children:
        child.wait(60)


# ---- each stall: a function of the pair that returns when it is over ----

def cpu_normal(_):
    reap(hogs(2 * os.cpu_count() + 4))


def cpu_realtime(_):
    reap(hogs(os.cpu_count(), "fifo", "50"))


def quota(pair):
    """1 ms of CPU a second for the master's group, used up by a busy neighbour in it."""
    neighbour = subprocess.Popen([sys.executable, HOG, str(LENGTH)])
    with open(pair.groups.paths["cpu"] + "/cgroup.procs", "w", encoding="ascii") as procs:
        procs.write(str(neighbour.pid))
    pair.groups.write("cpu", "cpu.cfs_period_us", 1000000)
    pair.groups.write("cpu", "cpu.cfs_quota_us", 1000)
    time.sleep(LENGTH)
    pair.groups.write("cpu", "cpu.cfs_quota_us", -1)
    pair.groups.write("cpu", "cpu.cfs_period_us", 100000)
    neighbour.kill()
    neighbour.wait()


def frozen_filesystem(pair):
    pair.disk.freeze(True)
    time.sleep(LENGTH)
    pair.disk.freeze(False)


def full_disk(pair):
    filler = os.path.join(pair.disk.mount, "filler")
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=64k"], check=False,
                   stderr=subprocess.DEVNULL)
    time.sleep(LENGTH)
    os.unlink(filler)


def stuck_syslog(pair):
    os.kill(pair.syslog_reader(), signal.SIGSTOP)
    time.sleep(LENGTH + 12)  # the socket's queue takes ten lines first
    os.kill(pair.syslog_reader(), signal.SIGCONT)


def undrained_console(pair):
    time.sleep(LENGTH + 12)  # the pipe takes its fill first
    pair.drain.set()
    time.sleep(1)


def hanging_script(pair):
    open(os.path.join(pair.directory, "a", "hang"), "w", encoding="ascii").close()
    time.sleep(LENGTH + 4)
    os.unlink(os.path.join(pair.directory, "a", "hang"))
    time.sleep(4)


def fork_bomb(pair):
    """A bounded one, beside the master in its group."""
    pair.groups.write("pids", "pids.max", 400)
    bomb = subprocess.Popen(
        ["bash", "-c", 'for g in $CGROUPS; do echo $$ > $g/cgroup.procs; done\n'
         f'end=$((SECONDS+{int(LENGTH)})); while [ $SECONDS -lt $end ]; do (:;(:;(:)&)&)& done; wait'],
        env={**os.environ, "CGROUPS": " ".join(pair.groups.paths[c] for c in ("cpu", "pids")
                                               if c in pair.groups.paths)},
        stderr=subprocess.DEVNULL)
    bomb.wait(60)
    pair.groups.write("pids", "pids.max", "max")


def memory_pressure(pair):
    """The master's group is squeezed to what it uses, with a neighbour that writes and reads."""
    limit = 48 << 20
    pair.groups.write("memory", "memory.limit_in_bytes", limit)
    path = os.path.join(pair.directory, "ballast")
    eater = subprocess.Popen(
        ["bash", "-c", f'echo $$ > {pair.groups.paths["memory"]}/cgroup.procs\n'
         f'end=$((SECONDS+{int(LENGTH)})); while [ $SECONDS -lt $end ]; do '
         f'dd if=/dev/zero of={path} bs=1M count=96 2>/dev/null; cat {path} >/dev/null; done'])
    eater.wait(60)
    pair.groups.write("memory", "memory.limit_in_bytes", -1)


def reload_500(pair):
    """SIGHUP once a second, with 499 more instances in the file."""
    for _ in range(int(LENGTH)):
        pair.daemon_a.signal(signal.SIGHUP)
        time.sleep(1)


def status_polled(pair):
    """State and statistics asked for 100 times a second, as an impatient exporter does."""
    end = time.monotonic() + LENGTH
    while time.monotonic() < end:
        pair.daemon_a.signal(signal.SIGUSR1)
        pair.daemon_a.signal(signal.SIGUSR2)
        time.sleep(0.01)


def thousand_instances(_):
    time.sleep(LENGTH)


def many_instances(count, interval):
    """`count` more instances, 250 on an interface; none has an address that the client asks for."""
    return "\n".join(
        f"""vrrp_instance X{i} {{
    state BACKUP
    interface eth{i // 250}
    version 3
    virtual_router_id {1 + i % 250 if 1 + i % 250 != 77 else 251}
    priority @PRIORITY@
    advert_int {interval}
    virtual_ipaddress {{
        10.{177 + i // 250}.0.{1 + i % 250}
    }}
}}""" for i in range(count))


def with_many(count, interval):
    return lambda priority: config(priority, instances=many_instances(
        count, interval).replace("@PRIORITY@", str(priority)))


def with_hanging_script(priority):
    script = """vrrp_script chk {
    script "@DIR@/check"
    interval 1
    timeout 2
    weight 0
    fall 30
}
"""
    return config(priority, extra_instance="track_script {\n chk\n }", scripts=script)


def console_to(target):
    def wrap(pair, words):
        words = [*words, "-l"] if pair.kind == "keepalived" else \
            [w if w != "syslog" else "stderr" for w in words]
        return ["bash", "-c", f'exec "$@" >> {target(pair)} 2>&1', "bash", *words]
    return wrap


def undrained_pipe(pair):
    path = os.path.join(pair.directory, "console")
    os.mkfifo(path)
    pair.drain = threading.Event()

    def reader():
        fd = os.open(path, os.O_RDONLY)
        import fcntl
        fcntl.fcntl(fd, 1031, 4096)  # F_SETPIPE_SZ: full after seconds, not minutes
        pair.drain.wait(120)
        os.set_blocking(fd, False)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            try:
                os.read(fd, 65536)
            except BlockingIOError:
                time.sleep(0.01)
        os.close(fd)

    threading.Thread(target=reader, daemon=True).start()
    return path


def prepare_script(pair_directory):
    """Ignores SIGTERM, and hangs while the file `hang` is there."""
    directory = os.path.join(pair_directory, "a")
    for name in ("a", "b"):
        directory = os.path.join(pair_directory, name)
        os.makedirs(directory, exist_ok=True)
        path = os.path.join(directory, "check")
        with open(path, "w", encoding="ascii") as out:
            out.write("#!/bin/bash\ntrap '' TERM\n"
                      f"while [ -e {directory}/hang ]; do sleep 0.2; done\nexit 0\n")
        os.chmod(path, 0o755)


STALLS = {
    "cpu hogs, normal priority": (cpu_normal, {}),
    "cpu hogs, real-time": (cpu_realtime, {}),
    "cgroup quota": (quota, {}),
    "frozen file system under the log": (
        frozen_filesystem, {"wrap": console_to(lambda pair: f"{pair.disk.mount}/console")}),
    "full disk": (full_disk, {"wrap": console_to(lambda pair: f"{pair.disk.mount}/console")}),
    "stuck syslog reader": (stuck_syslog, {}),
    "undrained console": (undrained_console, {"wrap": console_to(undrained_pipe)}),
    "script that ignores SIGTERM": (hanging_script, {"config": with_hanging_script}),
    "fork bomb in its cgroup": (fork_bomb, {}),
    "memory pressure, reclaim": (memory_pressure, {}),
    "reload of a 500-instance file": (reload_500, {"config": with_many(499, 1), "interfaces": 2}),
    "status polled 100 times a second": (status_polled, {}),
    "1,000 instances at 100 ms": (thousand_instances, {"config": with_many(999, 0.1), "interfaces": 4}),
}


class ScriptPair(Pair):
    def _build(self):
        prepare_script(self.directory)
        super()._build()


def one(kind, alibi, name):
    stall, options = STALLS[name]
    with ScriptPair(kind, alibi, **options) as pair:
        time.sleep(2)
        begin = time.time()
        stall(pair)
        time.sleep(5)  # what comes of it
        end = time.time()
        return {"bench": "stall", "stall": name, "kind": kind, **figures(pair, begin, end)}


def table(rows):
    columns = ("failovers", "latest_advert_s", "two_answering_s", "answered_by_old",
               "availability")
    lines = ["| stall | kind | false fail-overs | latest advert (s) | two answering (s) | "
             "answers of the old node | availability |", "|---|---|---:|---:|---:|---:|---:|"]
    for row in rows:
        lines.append(f"| {row['stall']} | {row['kind']} | " +
                     " | ".join(str(row[c]) for c in columns) + " |")
    return "\n".join(lines)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--table"]
    alibi, names = arguments[0], arguments[1:] or list(STALLS)
    rows = []
    for name in names:
        for kind in ("keepalived", "alibi"):
            row = one(kind, alibi, name)
            rows.append(row)
            print(json.dumps(row), flush=True)
    if "--table" in sys.argv:
        print(table(rows))


if __name__ == "__main__":
    main()
