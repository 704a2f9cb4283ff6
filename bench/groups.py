# SPDX-License-Identifier: Apache-2.0
"""Control groups of the master's own, and what the kernel counted in them: the proof that a stall
reached it."""
import os
import signal
import sys
import time

GROUPS = "/sys/fs/cgroup"
POLICIES = {0: "other", 1: "fifo", 2: "rr", 3: "batch", 5: "idle", 6: "deadline"}


def read_text(path):
    try:
        with open(path, encoding="ascii", errors="replace") as text:
            return text.read()
    except OSError:
        return ""


def keyed(path):
    """A file of `key number` lines."""
    lines = (line.split() for line in read_text(path).splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) == 2}


def stat_fields(pid):
    """Fields of /proc/PID/stat from the third (state) on."""
    return read_text(f"/proc/{pid}/stat").rpartition(")")[2].split()


class Groups:
    """One group in each of the v1 controllers that a stall may use, and one of version 2, which
    alone has pressure figures."""

    def __init__(self, label):
        self.paths = {}
        for controller in ("cpu", "memory", "pids", "freezer", "unified"):
            path = f"{GROUPS}/{controller}/alibi-bench-{os.getpid()}-{label}"
            if os.path.isdir(f"{GROUPS}/{controller}"):
                os.makedirs(path, exist_ok=True)
                self.paths[controller] = path
        # Where the kernel has it, a group without real-time runtime may not use it.
        self.write("cpu", "cpu.rt_runtime_us", 200000)

    def adopt(self, pid):
        """From outside: ip netns exec mounts a /sys that has no control groups."""
        for controller in self.paths:
            self.write(controller, "cgroup.procs", pid)

    def write(self, controller, name, value):
        path = os.path.join(self.paths.get(controller, ""), name)
        if os.path.exists(path):
            try:
                with open(path, "w", encoding="ascii") as out:
                    out.write(str(value))
            except OSError as error:
                print(f"bench: {path}: {error}", file=sys.stderr)

    def read(self, controller, name):
        return read_text(os.path.join(self.paths.get(controller, ""), name))

    def number(self, controller, name):
        return int(self.read(controller, name).strip() or 0)

    def pids(self):
        return [int(pid) for pid in self.read("pids", "cgroup.procs").split()]

    def pressure(self, what):
        """Seconds in which a task of the group waited for it."""
        for line in self.read("unified", what + ".pressure").splitlines():
            if line.startswith("some"):
                return int(line.rpartition("total=")[2]) / 1e6
        return 0.0

    def counters(self):
        cpu = keyed(os.path.join(self.paths["cpu"], "cpu.stat"))
        memory = keyed(os.path.join(self.paths["memory"], "memory.stat"))
        return {"throttled": cpu.get("nr_throttled", 0),
                "throttled_s": cpu.get("throttled_time", 0) / 1e9,
                "waited_cpu_s": self.pressure("cpu"), "waited_memory_s": self.pressure("memory"),
                "waited_io_s": self.pressure("io"),
                "memory_limit_hits": self.number("memory", "memory.failcnt"),
                "major_faults": memory.get("total_pgmajfault", 0),
                "forks_refused": keyed(self.paths["pids"] + "/pids.events").get("max", 0)}

    def close(self):
        self.write("freezer", "freezer.state", "THAWED")
        for path in self.paths.values():
            for _ in range(50):
                try:
                    for pid in read_text(path + "/cgroup.procs").split():
                        os.kill(int(pid), signal.SIGKILL)
                    os.rmdir(path)
                    break
                except (OSError, ProcessLookupError):
                    time.sleep(0.1)


def vrrp_counters(pid):
    """Of the process that sends the adverts: time runnable without a CPU, page faults with I/O."""
    delay = read_text(f"/proc/{pid}/schedstat").split()
    fields = stat_fields(pid)
    if not delay or not fields:
        return {}  # another one has taken over from it
    return {"vrrp_waited_cpu_s": int(delay[1]) / 1e9, "vrrp_major_faults": int(fields[9])}


def policy(pid):
    fields = stat_fields(pid)
    return POLICIES.get(int(fields[38]), fields[38]) if fields else "gone"


class Proof:
    """The difference that a stall made in the counters of the master's group."""

    def __init__(self, pair):
        self.pair = pair
        self.vrrp = pair.vrrp_pid()
        self.policy = policy(self.vrrp)
        self.before = self._now()

    def _now(self):
        return {**self.pair.groups.counters(), **vrrp_counters(self.vrrp)}

    def figures(self):
        now = self._now()
        return {"vrrp_policy": self.policy,
                **{key: round(now[key] - self.before[key], 3) for key in now}}
