#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stalls on the master of a live pair, keepalived and alibi run, in one run; then stops of the
whole master, where a fail-over is right.

For each: fail-overs, latest advert, seconds with two nodes answering, probes that the old node
answered after the new one's first advert, availability as the client saw it; and as `proof` what
the kernel counted in the master's control group meanwhile, with what the stall itself saw. One JSON
line a stall and kind; `--table` adds the tables of docs/bench.md. `stalls.py ALIBI [NAME...]`."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import tables
from groups import Proof, stat_fields
from pair import wait_until
from setups import (ScriptPair, console_to, fill_syslog, full_pipe, many_instances,  # noqa: F401
                    on_disk, with_many, with_script)
from wire import figures

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTH = 6.0  # a backup waits 3.6 s
SIGJSON = signal.SIGRTMIN + 2
DUMPS = {"data": signal.SIGUSR1, "stats": signal.SIGUSR2, "json": SIGJSON}


def hog(*how):
    return subprocess.Popen([sys.executable, HERE + "/hog.py", str(LENGTH), *how])


def reap(children):
    for child in children:
        child.wait(60)


def in_group(pair, script, **variables):
    """A busy neighbour in the master's control groups; the first to go should memory run out."""
    lines = [f"echo $$ > {path}/cgroup.procs" for path in pair.groups.paths.values()]
    return subprocess.Popen(
        ["bash", "-c", "\n".join([*lines, "echo 1000 > /proc/$$/oom_score_adj",
                                  f"end=$((SECONDS+{int(LENGTH)}))", script])],
        env={**os.environ, **variables}, stderr=subprocess.DEVNULL)


def processes_in_state(pair, state):
    return sum(1 for pid in pair.groups.pids() if stat_fields(pid)[:1] == [state])


def watch_state(pair, state):
    """The stall's length, and the most processes of the group that were in that state at once."""
    end, most = time.monotonic() + LENGTH, 0
    while time.monotonic() < end:
        most = max(most, processes_in_state(pair, state))
        time.sleep(0.1)
    return most


# ---- each stall: a function of the pair that returns when it is over, with what it saw ----

def cpu_normal(_):
    reap([hog() for _ in range(2 * os.cpu_count() + 4)])


def cpu_realtime(_):
    reap([hog("fifo", "50") for _ in range(os.cpu_count())])


def quota(pair):
    """1 ms of CPU a second for the master's group, used up by busy neighbours in it, one a CPU."""
    neighbours = [hog() for _ in range(os.cpu_count())]
    for neighbour in neighbours:
        pair.groups.adopt(neighbour.pid)
    pair.groups.write("cpu", "cpu.cfs_period_us", 1000000)
    pair.groups.write("cpu", "cpu.cfs_quota_us", 1000)
    time.sleep(LENGTH)
    pair.groups.write("cpu", "cpu.cfs_quota_us", -1)
    pair.groups.write("cpu", "cpu.cfs_period_us", 100000)
    reap(neighbours)


def frozen_filesystem(pair):
    pair.disk.freeze(True)
    seen = watch_state(pair, "D")
    pair.disk.freeze(False)
    return {"processes_in_d_state": seen}


def full_disk(pair):
    filler = os.path.join(pair.disk.mount, "filler")
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=64k"], check=False,
                   stderr=subprocess.DEVNULL)
    about = os.statvfs(pair.disk.mount)
    time.sleep(LENGTH)
    os.unlink(filler)
    return {"blocks_free": about.f_bavail}


def stuck_syslog(pair):
    os.kill(pair.syslog_reader(), signal.SIGSTOP)
    lines = fill_syslog(pair)
    time.sleep(LENGTH)
    os.kill(pair.syslog_reader(), signal.SIGCONT)
    return {"lines_until_full": lines}


def undrained_console(pair):
    written = pair.console.fill()
    time.sleep(LENGTH)
    pair.console.empty()
    return {"bytes_until_full": written}


def hanging_script(pair):
    hang = os.path.join(pair.directory, "a", "hang")
    with open(hang, "w", encoding="ascii"):
        pass
    time.sleep(LENGTH / 2)
    hanging = sum(1 for _, name in pair.family() if name == "check")
    time.sleep(LENGTH / 2)
    os.unlink(hang)
    return {"scripts_hanging": hanging}


def fork_bomb(pair):
    """A bounded one, beside the master and its tracked script in their group."""
    pair.groups.write("pids", "pids.max", 100)
    bomb = in_group(pair, f"exec {sys.executable} {HERE}/bomb.py {LENGTH}")
    bomb.wait(60)
    pair.groups.write("pids", "pids.max", "max")


def memory_pressure(pair):
    """The master's group is squeezed to what it uses, with a neighbour that writes and reads. The
    master runs a copy of its program, whose pages are the group's own and can be reclaimed."""
    used = pair.groups.number("memory", "memory.usage_in_bytes")
    pair.groups.write("memory", "memory.limit_in_bytes", used + (3 << 20))
    eater = in_group(pair, 'while [ $SECONDS -lt $end ]; do dd if=/dev/zero of="$FILE" bs=256k '
                     'count=400 2>/dev/null; cat "$FILE" >/dev/null; done',
                     FILE=os.path.join(pair.directory, "ballast"))
    eater.wait(60)
    pair.groups.write("memory", "memory.limit_in_bytes", -1)
    return {"limit_mb": round((used >> 20) + 3)}


def reload_500(pair):
    """SIGHUP once a second, with 500 instances in the file."""
    before = pair.log("a").count("Reload complete")
    for _ in range(int(LENGTH)):
        pair.daemon_a.signal(signal.SIGHUP)
        time.sleep(1)
    wait_until(lambda: pair.log("a").count("Reload complete") > before, 20, "a reload")
    time.sleep(2)
    return {"signals": int(LENGTH), "reloads": pair.log("a").count("Reload complete") - before}


def ask_socket(path):
    """The status document over the socket, as an exporter asks for it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        asked.settimeout(2)
        asked.connect(path)
        asked.sendall(b'{"version":1,"get":"status"}\n')
        answer = b""
        while True:
            got = asked.recv(65536)
            if not got:
                return json.loads(answer)["instances"][0]["state"]
            answer += got


def poll_status(pair, answers, ended):
    """Over the socket 100 times a second, and by `alibi status` once a second."""
    root = f"/proc/{pair.daemon_a.pid}/root"
    turn = 0
    while not ended.is_set():
        answers["socket"] += ask_socket(root + "/run/alibi/alibi.sock") == "MASTER"
        if turn % 100 == 0:
            answers["alibi_status"] += subprocess.run(
                ["nsenter", f"--mount={root[:-5]}/ns/mnt", pair.alibi, "status"], check=False,
                stdout=subprocess.DEVNULL).returncode == 0
        turn += 1
        time.sleep(0.01)


def status_polled(pair):
    """Data, statistics and JSON asked for by signal 100 times a second each, as an impatient
    exporter does; of alibi also its socket. Proof: how often each file was seen rewritten."""
    answers = {"asked": 0, **{name: 0 for name in DUMPS}}
    ended, poller = threading.Event(), None
    if pair.kind == "alibi":
        answers.update(socket=0, alibi_status=0)
        poller = threading.Thread(target=poll_status, args=(pair, answers, ended))
        poller.start()
    files = {name: f"/proc/{pair.daemon_a.pid}/root/tmp/keepalived.{name}" for name in DUMPS}
    stamps = {}
    end = time.monotonic() + LENGTH
    while time.monotonic() < end:
        answers["asked"] += 1
        for name, number in DUMPS.items():
            pair.daemon_a.signal(number)
            try:
                stamp = os.stat(files[name]).st_mtime_ns
            except FileNotFoundError:
                continue
            answers[name] += stamp != stamps.get(name)
            stamps[name] = stamp
        time.sleep(0.01)
    ended.set()
    if poller:
        poller.join(10)
    return answers


def thousand_instances(pair):
    time.sleep(LENGTH)
    return {"addresses": pair.master_addresses()}


def stopped(pair):
    pids = pair.daemons()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(LENGTH)
    states = [stat_fields(pid)[0] for pid in pids]
    for pid in reversed(pids):
        os.kill(pid, signal.SIGCONT)
    return {"processes_stopped": sum(1 for state in states if state in "tT")}


def frozen_group(pair):
    pair.groups.write("freezer", "freezer.state", "FROZEN")
    time.sleep(LENGTH)
    seen = pair.groups.read("freezer", "freezer.state").strip()
    pair.groups.write("freezer", "freezer.state", "THAWED")
    return {"freezer": seen, "processes": len(pair.daemons())}


STALLS = {
    "cpu hogs, normal priority": (cpu_normal, {}),
    "cpu hogs, real-time": (cpu_realtime, {}),
    "cgroup quota": (quota, {}),
    "frozen file system under the log": (frozen_filesystem, {"wrap": console_to(on_disk)}),
    "full disk": (full_disk, {"wrap": console_to(on_disk)}),
    "stuck syslog reader": (stuck_syslog, {}),
    "undrained console": (undrained_console, {"wrap": console_to(full_pipe)}),
    "script in D state": (frozen_filesystem, {
        "config": with_script("/usr/bin/touch @DISK@/touched", "timeout 2")}),
    "script that ignores SIGTERM": (hanging_script, {
        "config": with_script("@DIR@/check", "timeout 2")}),
    "fork bomb in its cgroup": (fork_bomb, {"config": with_script("/bin/true", fall=2)}),
    "memory pressure, reclaim": (memory_pressure, {"own_program": True}),
    "reload of a 500-instance file": (reload_500, {"config": with_many(500, 1), "interfaces": 2,
                                                   "instances": 500}),
    "status polled 100 times a second": (status_polled, {}),
    "1,000 instances at 100 ms": (thousand_instances, {"config": with_many(1000, 0.1),
                                                       "interfaces": 4, "instances": 1000}),
}
STOPS = {
    "all processes stopped (SIGSTOP)": (stopped, {}),
    "control group frozen": (frozen_group, {}),
}


def one(kind, alibi, name):
    stall, options = {**STALLS, **STOPS}[name]
    with ScriptPair(kind, alibi, **options) as pair:
        time.sleep(1)
        proof = Proof(pair)
        begin = time.time()
        saw = stall(pair) or {}
        counted = proof.figures()
        time.sleep(3)  # what comes of it
        return {"bench": "stop" if name in STOPS else "stall", "stall": name, "kind": kind,
                **figures(pair, begin, time.time()), "proof": {**counted, **saw}}


def main():
    arguments = [a for a in sys.argv[1:] if a != "--table"]
    alibi, names = os.path.abspath(arguments[0]), arguments[1:] or [*STALLS, *STOPS]
    rows = []
    for name in names:
        for kind in ("keepalived", "alibi"):
            row = one(kind, alibi, name)
            rows.append(row)
            print(json.dumps(row), flush=True)
    if "--table" in sys.argv:
        print(tables.text(rows))


if __name__ == "__main__":
    main()
