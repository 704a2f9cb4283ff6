# SPDX-License-Identifier: Apache-2.0
"""The other side of the interoperation tests: Debian's keepalived and FRR's vrrpd."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from netns import wait_until  # noqa: E402

FRR = "/usr/lib/frr"


class Keepalived:
    """keepalived 2.2, VRRP only, with all its files in the test's directory."""

    def __init__(self, namespace, directory, text):
        self.namespace = namespace
        self.directory = directory
        self.file = os.path.join(directory, f"keepalived-{namespace.label}.conf")
        with open(self.file, "w", encoding="utf-8") as out:
            out.write(text)
        self.process = None

    def start(self, first=r"Entering BACKUP STATE \(init\)"):
        self.process = self.namespace.start(
            ["keepalived", "-n", "-l", "-D", "-P", "-f", self.file,
             "-p", self.pid_file("parent"), "-r", self.pid_file("vrrp")])
        self.process.expect(first, 15)
        return self

    def pid_file(self, which):
        return os.path.join(self.directory, f"{self.namespace.label}-{which}.pid")

    def child(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="ascii") as children:
            return int(children.read().split()[0])

    def crash(self):
        """As a machine that loses its power: nobody resigns, nobody starts anything again."""
        child = self.child()
        self.process.signal(signal.SIGSTOP)  # or it would see its child die and start another
        os.kill(child, signal.SIGKILL)
        self.process.signal(signal.SIGKILL)
        self.process.popen.wait(5)
        for which in ("parent", "vrrp"):  # /run does not outlive the machine; the addresses stay
            os.unlink(self.pid_file(which))

    def stop(self):
        return self.process.stop()

    def is_master(self, vip):
        return vip in self.namespace.addresses()

    def log(self):
        return self.process.text() if self.process else ""


class Frr:
    """zebra and vrrpd by hand. vrrpd wants a macvlan with the virtual MAC that has the address; it
    holds it down (protodown) while it is backup."""

    def __init__(self, namespace, directory, vrid, vip, priority, interval_ms=1000):
        self.namespace = namespace
        self.directory = os.path.join(directory, "frr-" + namespace.label)
        os.mkdir(self.directory)
        os.chmod(directory, 0o711)  # FRR's programs give root up and run as frr
        shutil.chown(self.directory, "frr", "frr")
        self.vrid = vrid
        self.vip = vip
        self.processes = {}
        self.macvlan = f"vrrp4-{vrid}"
        self._write("zebra.conf", "log stdout\n")
        self._write("vrrpd.conf", f"""log stdout
interface eth0
 vrrp {vrid} version 3
 vrrp {vrid} priority {priority}
 vrrp {vrid} advertisement-interval {interval_ms}
 vrrp {vrid} ip {vip}
""")

    def _write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as out:
            out.write(text)

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _daemon(self, name):
        self.processes[name] = self.namespace.start(
            [f"{FRR}/{name}", "-f", self._path(name + ".conf"), "-i", self._path(name + ".pid"),
             "-z", self._path("zserv.api"), "--vty_socket", self.directory, "-P", "0"])
        wait_until(lambda: os.path.exists(self._path(name + ".vty")), 15,
                   lambda: f"{name}: " + self.processes[name].text())

    def start(self):
        if self.macvlan not in self.namespace.ip("link", "show"):
            self.namespace.ip("link", "add", self.macvlan, "link", "eth0", "type", "macvlan",
                              "mode", "bridge")
            self.namespace.ip("link", "set", self.macvlan, "address",
                              f"00:00:5e:00:01:{self.vrid:02x}")
            self.namespace.ip("addr", "add", self.vip + "/32", "dev", self.macvlan)
            self.namespace.ip("link", "set", self.macvlan, "up")
        if "zebra" not in self.processes:
            self._daemon("zebra")
        self._daemon("vrrpd")
        wait_until(lambda: self.state() in ("Backup", "Master"), 15,
                   lambda: "vrrpd to run: " + self.log())
        return self

    def status(self):
        shown = subprocess.run(
            ["ip", "netns", "exec", self.namespace.name, "vtysh", "--vty_socket", self.directory,
             "-d", "vrrpd", "-c", "show vrrp json"],
            text=True, capture_output=True, check=False).stdout
        try:
            return json.loads(shown)[0]
        except (ValueError, IndexError):
            return {}

    def state(self):
        return self.status().get("v4", {}).get("status", "")

    def is_master(self, _vip=None):
        return self.state() == "Master"

    def crash(self):
        self.processes["vrrpd"].signal(signal.SIGKILL)
        self.processes.pop("vrrpd").popen.wait(5)
        os.unlink(self._path("vrrpd.vty"))

    def stop(self):
        code = self.processes.pop("vrrpd").stop()
        if os.path.exists(self._path("vrrpd.vty")):
            os.unlink(self._path("vrrpd.vty"))
        return code

    def log(self):
        return "\n".join(p.text() for p in self.processes.values())


def mac(namespace, device="eth0"):
    shown = namespace.ip("link", "show", "dev", device)
    return re.search(r"link/ether ([0-9a-f:]+)", shown)[1]
