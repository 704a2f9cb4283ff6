# SPDX-License-Identifier: Apache-2.0
"""Network namespaces for tests: unique names, always cleaned up, also on failure and on signals.

    with Lab() as lab:
        a, b = lab.segment(["a", "b"])          # joined by a bridge, each with an eth0
        a.add_address("10.77.0.1/24")
        process = a.start(["tcpdump", "-n"])    # ended with the lab
"""
import atexit
import ctypes
import json
import os
import re
import signal
import subprocess
import threading
import time


def run(*command, check=True):
    done = subprocess.run(command, check=False, text=True, capture_output=True)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def wait_until(condition, timeout, what):
    """Polls until condition() is true and returns its value; AssertionError says what was awaited."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {what() if callable(what) else what}")
        time.sleep(0.03)


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Process:
    """A program in a namespace. Its output lines, both streams, are kept with the time they came."""

    def __init__(self, command, collect=True):
        self.command = command
        stream = subprocess.PIPE if collect else subprocess.DEVNULL
        self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream,
                                      stderr=subprocess.STDOUT, text=True, errors="replace",
                                      preexec_fn=_die_with_parent)
        self.pid = self.popen.pid
        self.lines = []  # (monotonic, text)
        if collect:
            self.reader = threading.Thread(target=self._read, daemon=True)
            self.reader.start()

    def _read(self):
        for line in self.popen.stdout:
            self.lines.append((time.monotonic(), line.rstrip("\n")))

    def find(self, pattern, since=0.0):
        for at, line in list(self.lines):
            match = re.search(pattern, line)
            if at >= since and match:
                return match
        return None

    def expect(self, pattern, timeout=10.0, since=0.0):
        return wait_until(lambda: self.find(pattern, since), timeout,
                          lambda: f"/{pattern}/ from {self.command}; so far:\n{self.text()}")

    def text(self):
        return "\n".join(line for _, line in list(self.lines))

    def signal(self, number):
        os.kill(self.pid, number)

    def stop(self, timeout=15.0):
        """SIGTERM, then, after the timeout, SIGKILL. Returns the exit code."""
        if self.popen.poll() is None:
            self.popen.terminate()
        try:
            code = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            code = self.popen.wait()
        if self.popen.stdout:
            self.reader.join(2)  # what was written last; a child of it may still hold the pipe
            if not self.reader.is_alive():
                self.popen.stdout.close()
        return code


class Namespace:
    count = 0

    def __init__(self, lab, label):
        self.lab = lab
        self.label = label
        Namespace.count += 1
        self.name = f"at{os.getpid()}-{Namespace.count}-{label}"
        run("ip", "netns", "add", self.name)
        lab.namespaces.append(self)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments, check=True):
        return run("ip", "-n", self.name, *arguments, check=check)

    def exec(self, *command, check=True):
        return run("ip", "netns", "exec", self.name, *command, check=check)

    def start(self, command, collect=True):
        """The process's pid is the program's own: ip netns exec replaces itself."""
        process = Process(["ip", "netns", "exec", self.name, *command], collect)
        self.lab.processes.append(process)
        return process

    def add_address(self, address, device="eth0"):
        # nodad: usable at once
        extra = ["nodad"] if ":" in address else []
        self.ip("addr", "add", address, "dev", device, *extra)

    def addresses(self, device="eth0"):
        links = json.loads(self.ip("-j", "addr", "show", "dev", device) or "[]")
        return [a["local"] for link in links for a in link.get("addr_info", []) if "local" in a]

    def capture(self, expression="ip proto 112 or ip6 proto 112", device="eth0"):
        return Capture(self, expression, device)


class Capture:
    """Adverts as tcpdump decodes them, stamped by the kernel."""

    ADVERT = re.compile(r"^(\d+\.\d+) (?:IP6?) (?:\(.*\) )?(\S+) > (\S+): (?:ip-proto-112 )?"
                        r"VRRPv(\d), Advertisement,.* prio (\d+)")

    def __init__(self, namespace, expression, device):
        self.process = namespace.start(
            ["tcpdump", "-tt", "-n", "-l", "--immediate-mode", "-i", device, expression])
        self.process.expect("listening on", 20)

    def adverts(self, since=0.0):
        """(unix time, source, priority) in order."""
        found = []
        for _, line in list(self.process.lines):
            match = self.ADVERT.match(line)
            if match and float(match[1]) >= since:
                found.append((float(match[1]), match[2], int(match[5])))
        return found


def remove_orphans():
    """Namespaces of tests that were killed (SIGKILL leaves no time to clean up): those whose name
    carries the pid of a process that is no more, with what still runs in them."""
    for line in run("ip", "netns", "list", check=False).splitlines():
        name = line.split()[0] if line.split() else ""
        match = re.fullmatch(r"at(\d+)-\d+-.+", name)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            remove(name)


def remove(name):
    """A namespace, and first what a test left behind in it, which would keep it alive."""
    for pid in run("ip", "netns", "pids", name, check=False).split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    run("ip", "netns", "del", name, check=False)


class Lab:
    def __init__(self):
        self.namespaces = []
        self.processes = []
        self.links = []

    def __enter__(self):
        remove_orphans()
        atexit.register(self.close)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda n, _: os._exit(self._close_and(128 + n)))
        return self

    def __exit__(self, *_):
        self.close()

    def _close_and(self, code):
        self.close()
        return code

    def close(self):
        processes, self.processes = self.processes, []
        for process in processes:
            if process.popen.poll() is None:
                process.popen.terminate()
        for process in processes:
            process.stop(12.0)
        namespaces, self.namespaces = self.namespaces, []
        for namespace in namespaces:
            remove(namespace.name)
        atexit.unregister(self.close)

    def namespace(self, label):
        return Namespace(self, label)

    def start(self, command):
        """A program of the host's own namespace, ended with the lab."""
        process = Process(command)
        self.processes.append(process)
        return process

    def segment(self, labels):
        """Namespaces joined by a bridge in one of their own; each has an eth0 that is up."""
        switch = self.namespace("sw")
        switch.ip("link", "add", "name", "br0", "type", "bridge", "forward_delay", "0",
                  "mcast_snooping", "0")
        switch.ip("link", "set", "br0", "up")
        nodes = []
        for label in labels:
            node = self.namespace(label)
            switch.ip("link", "add", "name", label, "type", "veth", "peer", "name", "eth0",
                      "netns", node.name)
            switch.ip("link", "set", "dev", label, "master", "br0", "up")
            node.ip("link", "set", "eth0", "up")
            nodes.append(node)
        for node in nodes:
            wait_until(lambda n=node: "LOWER_UP" in n.ip("link", "show", "eth0"), 5, "carrier")
        self.switch = switch
        return nodes
