# SPDX-License-Identifier: Apache-2.0
"""CPU time taken from the virtual CPUs of a guest, for real: their threads are put into a cgroup whose
quota lets them run for a moment of each period. KVM counts as stolen what the scheduler of the
host counts as their run delay (record_steal_time() of arch/x86/kvm/x86.c), which is told here as well.
Needs root and the cpu controller of cgroup version 1."""
import os
import time

# Quota and period in us: the least and the longest that the kernel takes; and what many a hypervisor
# uses, too short for what watches timer interrupts.
WHOLE = (1_000, 1_000_000)
SLICES = (5_000, 100_000)


def controller():
    """The folder of the cpu controller; None where it is not mounted, or not ours to write."""
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for _, where, kind, options, *_ in map(str.split, mounts):
            if kind == "cgroup" and "cpu" in options.split(","):
                return where if os.access(where, os.W_OK) and os.geteuid() == 0 else None
    return None


class Theft:
    """Of the THREADS of a process, one for each virtual CPU; their cgroup goes with `with`."""

    def __init__(self, threads):
        self.threads = threads
        self.home = {thread: self.cgroup_of(thread) for thread in threads}
        self.group = os.path.join(controller(), f"alibi-kernel-{os.getpid()}")

    @staticmethod
    def cgroup_of(thread):
        with open(f"/proc/{thread}/cgroup", encoding="utf-8") as lines:
            for line in lines:
                _, controllers, path = line.rstrip("\n").split(":", 2)
                if "cpu" in controllers.split(","):
                    return controller() + path
        raise FileNotFoundError(f"thread {thread} is in no cgroup of the cpu controller")

    def __enter__(self):
        os.mkdir(self.group)
        return self

    def __exit__(self, *_):
        for thread in self.threads:
            self.give_back(thread)
        while True:
            try:
                return os.rmdir(self.group)
            except OSError:  # a thread of it is just ending
                time.sleep(0.05)

    def write(self, name, what):
        with open(os.path.join(self.group, name), "w", encoding="ascii") as file:
            file.write(str(what))

    def give_back(self, thread):
        try:
            with open(os.path.join(self.home[thread], "tasks"), "w", encoding="ascii") as tasks:
                tasks.write(str(thread))
        except ProcessLookupError:  # the guest has ended
            pass

    def take(self, cpus, seconds, share=WHOLE):
        """Virtual CPUS run for no more than SHARE of SECONDS. Gives the run delay of all meanwhile,
        in seconds."""
        quota, period = share
        self.write("cpu.cfs_quota_us", -1)  # in between no quota may be more than its period
        self.write("cpu.cfs_period_us", period)
        self.write("cpu.cfs_quota_us", quota)
        before = self.run_delays()
        try:
            for cpu in cpus:
                self.write("tasks", self.threads[cpu])
            time.sleep(seconds)
        finally:
            for cpu in cpus:
                self.give_back(self.threads[cpu])
        time.sleep(0.2)  # it is counted when they run again
        return [(b - a) / 1e9 for a, b in zip(before, self.run_delays())]

    def run_delays(self):
        """Nanoseconds that each thread was runnable and did not run (Documentation/scheduler/
        sched-stats), as told when it last got a CPU."""
        delays = []
        for thread in self.threads:
            with open(f"/proc/{thread}/schedstat", encoding="ascii") as file:
                delays.append(int(file.read().split()[1]))
        return delays

    def answer(self, connection):
        """Tells the run delays to the guest's agent whenever it asks; until the guest ends."""
        first = self.run_delays()
        while connection.recv(64):
            told = [b - a for a, b in zip(first, self.run_delays())]
            connection.sendall((" ".join(map(str, told)) + "\n").encode("ascii"))
