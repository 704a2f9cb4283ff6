# SPDX-License-Identifier: Apache-2.0
"""Load balancers for the tests: `alibi run` in namespaces, and questions about them."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from netns import Lab, wait_until  # noqa: E402

ALIBI = os.path.abspath(os.environ.get("ALIBI") or
                        os.environ.get("ALIBI_BUILT", "build/dev/alibi"))
if not os.path.exists(ALIBI):
    sys.exit(f"{ALIBI} does not exist: build it, or name another in the variable ALIBI")
VIP = "10.77.0.100"


def config(priority, scripts="", instance="", definitions="", state="BACKUP", vip=VIP):
    """A keepalived.conf of one instance, with what a test adds to its blocks."""
    return f"""global_defs {{
    router_id node{priority}
    script_user root
    {definitions}
}}
{scripts}
vrrp_instance VI_1 {{
    state {state}
    interface eth0
    virtual_router_id 77
    priority {priority}
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass secret
    }}
    virtual_ipaddress {{
        {vip}
    }}
    {instance}
}}
"""


class Node:
    def __init__(self, namespace, directory, text):
        self.namespace = namespace
        self.file = os.path.join(directory, namespace.label + ".conf")
        self.run_folder = os.path.join(directory, namespace.label + ".run")
        with open(self.file, "w", encoding="utf-8") as out:
            out.write(text)
        self.process = None

    def start(self, *options):
        self.process = self.namespace.start(
            [ALIBI, "run", "-n", "-D", "--log", "stderr", "-f", self.file,
             "--run-folder", self.run_folder, *options])
        return self

    def status(self, *options):
        """What alibi status prints, and its exit code."""
        done = subprocess.run([ALIBI, "status", "--run-folder", self.run_folder, *options],
                              check=False, text=True, capture_output=True)
        return done.stdout, done.returncode

    def child(self, name):
        """The pid of the supervisor's child NAME (its comm), once it is there."""
        def look():
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children",
                      encoding="ascii") as children:
                for pid in children.read().split():
                    try:
                        with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
                            if comm.read().strip() == name:
                                return int(pid)
                    except FileNotFoundError:
                        continue  # ended meanwhile
            return None
        return wait_until(look, 10, f"process {name}")

    def has_vip(self, vip=VIP):
        return vip in self.namespace.addresses()

    def wait_vip(self, present=True, timeout=10.0, vip=VIP):
        wait_until(lambda: self.has_vip(vip) == present, timeout,
                   lambda: f"{vip} {'on' if present else 'off'} {self.namespace.label}; log:\n"
                           + self.process.text())
        return time.monotonic()

    def children_gone(self, pids, timeout=5.0):
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), timeout,
                   f"end of processes {pids}")


class Pair:
    """Two nodes in one segment; `directory` is for files of the test."""

    def __init__(self, *texts, addresses=("10.77.0.1/24", "10.77.0.2/24")):
        self.texts = texts
        self.addresses = addresses

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="alibi-test-")
        self.lab = Lab().__enter__()
        self.nodes = []
        try:
            self._build()
        except BaseException:
            self.__exit__(None)
            raise
        return self

    def _build(self):
        labels = ["a", "b", "c"][:len(self.texts)]
        for namespace, text, address in zip(self.lab.segment(labels), self.texts, self.addresses):
            namespace.add_address(address)
            text = text.replace("@DIR@", self.directory)
            self.nodes.append(Node(namespace, self.directory, text))

    def __exit__(self, kind, *_):
        if kind is not None:
            for node in self.nodes:
                if node.process:
                    print(f"--- {node.namespace.label}:\n{node.process.text()}", file=sys.stderr)
        self.lab.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def elect(self):
        """Starts the first, and the others when it is master; returns them when they are backup."""
        self.nodes[0].start().wait_vip()
        for node in self.nodes[1:]:
            node.start().process.expect(r"Entering BACKUP STATE")
        return self.nodes


def longest_gap(adverts):
    times = [at for at, _, _ in adverts]
    return max((b - a for a, b in zip(times, times[1:])), default=float("inf"))
