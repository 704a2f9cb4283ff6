# SPDX-License-Identifier: Apache-2.0
"""Who may watch processes beside bench/recorder_cost.py: nobody, alibi, and the peers told to do its
job: say of every switch of those processes when, why and in which system call it happened.

A watcher is made of (alibi, lab, nodes, pids, directory) and is at work when its constructor
returns; `stop()` ends it and returns what it recorded: {"lost": events, "kept": events} of alibi,
{"lost": events, "lines": N} of the others, as far as they tell."""
import json
import os
import re
import shutil
import signal
import time

from netns import wait_until

TRACEFS = "/sys/kernel/tracing"
# perf and bpftrace read the tracepoints' formats there; a mount of their own changes nothing here.
WITH_TRACEFS = ["unshare", "-m", "sh", "-c",
                f'[ -d {TRACEFS}/events ] || mount -t tracefs tracefs {TRACEFS} || exit 1; exec "$@"',
                "sh"]
# Switches out with stack and system call, switches in with the time since the wake-up and who had
# the CPU, and wake-ups with the waker.
SCRIPT = """
BEGIN { @TIDS@ printf("ready\\n"); }
tracepoint:raw_syscalls:sys_enter /@watched[tid]/ { @call[tid] = args->id; }
tracepoint:raw_syscalls:sys_exit /@watched[tid]/ { @call[tid] = -1; }
tracepoint:sched:sched_waking /@watched[args->pid]/ {
  @woken[args->pid] = nsecs;
  printf("%llu wake %d by %d %s\\n", nsecs, args->pid, pid, comm);
}
tracepoint:sched:sched_switch /@watched[args->prev_pid]/ {
  printf("%llu off %d %d in %d%s\\n", nsecs, args->prev_pid, args->prev_state,
         @call[args->prev_pid], kstack(8));
}
tracepoint:sched:sched_switch /@watched[args->next_pid]/ {
  printf("%llu on %d after %llu behind %d %s\\n", nsecs, args->next_pid,
         nsecs - @woken[args->next_pid], args->prev_pid, args->prev_comm);
}
END { clear(@watched); clear(@call); clear(@woken); }
"""


class NotHere(Exception):
    """The program is not installed, or does not run on this machine."""


class Nobody:
    def __init__(self, *_):
        pass

    def pids(self):
        return []

    def stop(self):
        return {}


class Program:
    """A watcher that writes into a file until SIGINT comes."""

    def __init__(self, lab, words, ready, directory):
        self.path = os.path.join(directory, "watched")
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.process = lab.start(words(self.path))
        self.pid = self.process.pid
        try:
            wait_until(lambda: self.process.popen.poll() is not None or ready(self), 15,
                       f"{words(self.path)[0]} at work")
        except AssertionError as late:
            self.process.stop()
            raise NotHere(str(late)) from late
        if self.process.popen.poll() is not None:
            raise NotHere(" ".join(self.process.text().split()) or "it ended at once")

    def pids(self):
        return [self.pid]

    def written(self):
        """Lines of the file, and how many events it says are missing."""
        count = lost = 0
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    count += 1
                    missing = re.search(r"L(?:OST|ost) (\d+) events", line)
                    lost += int(missing[1]) if missing else 0
        return count, lost

    def stop(self):
        if self.process.popen.poll() is None:
            self.process.signal(signal.SIGINT)
            wait_until(lambda: self.process.popen.poll() is not None, 15, "the end of a watcher")
        self.process.stop()
        count, lost = self.written()
        os.unlink(self.path)
        lost += sum(int(n) for n in re.findall(r"L(?:OST|ost) (\d+) events", self.process.text()))
        return {"lines": count, "lost": lost}


class Alibi(Program):
    def __init__(self, alibi, lab, nodes, pids, directory):
        taps = [word for node in nodes for word in ("--tap", f"{node.label}=eth0@{node.name}")]
        super().__init__(lab, lambda _: [alibi, "record", *taps, "--json"],
                         lambda it: it.process.find("^recording ") and all(
                             it.process.find(rf"\(pid {pid}\)") for pid in pids), directory)

    def stop(self):
        self.process.signal(signal.SIGTERM)
        if self.process.stop(30) != 0:
            raise AssertionError(self.process.text())
        said = self.process.text()
        told = json.loads(said[re.search(r"^\{", said, re.M).start():])
        sched = next(s for s in told["sources"] if s["source"] == "sched")
        return {key: sched[key] for key in ("kept", "lost", "passed_over")}


def installed(program):
    if shutil.which(program) is None:
        raise NotHere("not installed")


class Strace(Program):
    def __init__(self, _, lab, __, pids, directory):
        installed("strace")
        attach = [word for pid in pids for word in ("-p", str(pid))]
        super().__init__(lab, lambda path: ["strace", "-f", "-ttt", "-T", "-o", path, *attach],
                         lambda it: all(it.process.find(rf"Process {pid} attached")
                                        for pid in pids), directory)


def perf_opened(program):
    """perf has its events, a moment ago: it says nothing itself."""
    try:
        kinds = [os.readlink(f"/proc/{program.pid}/fd/{fd}")
                 for fd in os.listdir(f"/proc/{program.pid}/fd")]
    except FileNotFoundError:
        return False
    if "anon_inode:[perf_event]" not in kinds:
        return False
    time.sleep(0.5)
    return True


class PerfTrace(Program):
    def __init__(self, _, lab, __, pids, directory):
        installed("perf")
        super().__init__(lab, lambda path: [
            *WITH_TRACEFS, "perf", "trace", "-T", "--syscalls", "-e", "sched:sched_switch",
            "--call-graph", "fp", "--max-stack", "8", "-o", path, "-p", ",".join(map(str, pids))],
            perf_opened, directory)


class Bpftrace(Program):
    def __init__(self, _, lab, __, pids, directory):
        installed("bpftrace")
        tids = [tid for pid in pids for tid in os.listdir(f"/proc/{pid}/task")]
        script = SCRIPT.replace("@TIDS@", " ".join(f"@watched[{tid}] = 1;" for tid in tids))
        super().__init__(lab, lambda path: [*WITH_TRACEFS, "bpftrace", "-o", path, "-e", script],
                         lambda it: it.ready(), directory)

    def ready(self):
        if not os.path.exists(self.path):
            return False
        with open(self.path, encoding="utf-8", errors="replace") as out:
            return "ready" in out.read(4096)


WATCHERS = {"none": Nobody, "alibi record": Alibi, "strace": Strace, "perf trace": PerfTrace,
            "bpftrace": Bpftrace}
