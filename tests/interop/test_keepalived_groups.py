# SPDX-License-Identifier: Apache-2.0
"""Sync groups beside keepalived: two instances on two segments, one host alibi, the other
keepalived. Whatever happens to one member, both move, and what scripts and FIFOs are told of it is
the same on both programs."""
import email
import email.policy
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "daemon"))
from nodes import ALIBI, wait_until  # noqa: E402
from netns import Lab  # noqa: E402

SINK = os.path.join(os.path.dirname(__file__), "..", "support", "smtp_sink.py")
VIPS = {"eth0": "10.77.0.100", "eth1": "10.78.0.100"}
BOTH = set(VIPS.values())


def write(path, text):
    with open(path, "w", encoding="ascii") as out:
        out.write(text)


def lines(keyword, *names):
    return f"{keyword} {{\n" + "".join(f"        {name}\n" for name in names) + "    }\n"


class Host:
    """A host with eth0 and eth1, each in a segment of its own."""

    def __init__(self, namespace, last, directory):
        self.namespace = namespace
        self.directory = os.path.join(directory, namespace.label)
        self.process = None
        os.mkdir(self.directory)
        for number, interface in enumerate(VIPS):
            namespace.add_address(f"10.{77 + number}.0.{last}/24", interface)
        self._script("notify", "\"$@\"")
        self._script("simple", "simple \"$@\"")
        os.mkfifo(self.path("fifo"))
        self.fifo = os.open(self.path("fifo"), os.O_RDWR | os.O_NONBLOCK)
        self.heard = ""

    def _script(self, name, words):
        write(self.path(name), f"#!/bin/sh\necho {words} >> {self.path('notified')}\n")
        os.chmod(self.path(name), 0o755)
        write(self.path("notified"), "")

    def path(self, name):
        return os.path.join(self.directory, name)

    def text(self, priority, blocks="", group="", instance=""):
        text = f"""global_defs {{
    router_id {self.namespace.label}
    script_user root
    vrrp_notify_fifo {self.path("fifo")}
}}
{blocks}
vrrp_sync_group VG {{
    group {{
        VI_1
        VI_2
    }}
    notify {self.path("notify")}
    notify_master "{self.path("simple")} master"
    notify_backup "{self.path("simple")} backup"
    notify_fault "{self.path("simple")} fault"
    notify_stop "{self.path("simple")} stop"
    {group}
}}
"""
        for number, (interface, vip) in enumerate(VIPS.items(), 1):
            text += f"""vrrp_instance VI_{number} {{
    state BACKUP
    interface {interface}
    virtual_router_id {50 + number}
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        {vip}
    }}
    {instance}
}}
"""
        return text.replace("@DIR@", self.directory)

    def start(self, program, text):
        write(self.path("conf"), text)
        if program == "alibi":
            command = [ALIBI, "run", "-n", "-D", "--log", "stderr", "-f", self.path("conf"),
                       "--run-folder", self.path("run")]
        else:
            command = ["keepalived", "-n", "-l", "-D", "-f", self.path("conf"),
                       "-p", self.path("pid"), "-r", self.path("vrrp.pid"),
                       "-b", self.path("bfd.pid"), "-c", self.path("check.pid")]
        self.process = self.namespace.start(command)

    def vips(self):
        return {vip for interface, vip in VIPS.items()
                if vip in self.namespace.addresses(interface)}

    def wait(self, vips, timeout=12):
        wait_until(lambda: self.vips() == vips, timeout,
                   lambda: f"{sorted(vips)} on {self.namespace.label}, has {sorted(self.vips())}:\n"
                           + self.process.text())

    def lines(self):
        """What the FIFO has given so far."""
        try:
            self.heard += os.read(self.fifo, 65536).decode()
        except BlockingIOError:
            pass
        return self.heard.splitlines()

    def told(self):
        """What the group's scripts have been told so far."""
        with open(self.path("notified"), encoding="ascii") as file:
            return file.read().splitlines()

    def wait_told(self, count):
        wait_until(lambda: len(self.told()) >= count, 5, lambda: f"{count} calls, so far "
                   f"{self.told()}")
        return self.told()


class Groups(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="alibi-interop-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.lab = None

    def tearDown(self):
        result = self._outcome.result
        if result and any(test is self for test, _ in result.failures + result.errors):
            for host in (self.a, self.b):
                print(f"--- {host.namespace.label}:\n", host.process and host.process.text(),
                      "\n", host.lines(), host.told(), file=sys.stderr)
        self.empty()

    def empty(self):
        if not self.lab:
            return
        self.lab.close()
        for host in (self.a, self.b):
            os.close(host.fifo)
            shutil.rmtree(host.directory)
        self.lab = None

    def build(self):
        self.empty()
        self.lab = Lab().__enter__()
        spaces = self.lab.segment(["a", "b"])
        switch = self.lab.switch
        switch.ip("link", "add", "name", "br1", "type", "bridge", "forward_delay", "0",
                  "mcast_snooping", "0")
        switch.ip("link", "set", "br1", "up")
        for space in spaces:
            switch.ip("link", "add", "name", space.label + "1", "type", "veth", "peer", "name",
                      "eth1", "netns", space.name)
            switch.ip("link", "set", "dev", space.label + "1", "master", "br1", "up")
            space.ip("link", "set", "eth1", "up")
        for space in spaces:
            wait_until(lambda s=space: "LOWER_UP" in s.ip("link", "show", "eth1"), 5, "carrier")
        self.a, self.b = (Host(s, n, self.directory) for n, s in enumerate(spaces, 1))

    def story(self, first, second, fault, repair, *, blocks="", group="", instance="",
              prepare=lambda host: None, other="", shortest=8, peer_first=False):
        """a, preferred, runs `first`, b `second`. a suffers, and recovers."""
        self.build()
        prepare(self.a)

        def start_peer():
            self.b.start(second, self.b.text(100, other))
            wait_until(lambda: 'GROUP "VG" BACKUP 0' in self.b.lines(), 10, "b is backup")
        if peer_first:
            start_peer()
        self.a.start(first, self.a.text(150, blocks, group, instance))
        self.a.wait(BOTH)
        if not peer_first:
            start_peer()
        self.b.wait(set())
        fault(self.a)
        self.a.wait(set(), 6)
        self.b.wait(BOTH)
        repair(self.a)
        self.a.wait(BOTH)
        self.b.wait(set(), 6)
        self.a.wait_told(shortest)
        self.b.wait_told(6)
        self.assertEqual(self.a.process.stop(), 0)
        self.b.wait(BOTH)
        self.assertEqual(self.b.process.stop(), 0)
        return [(host.lines(), host.told()) for host in (self.a, self.b)]

    def both_ways(self, fault, repair, **more):
        """Each program once in each role: scripts and FIFOs are told the same."""
        ours = self.story("alibi", "keepalived", fault, repair, **more)
        theirs = self.story("keepalived", "alibi", fault, repair, **more)
        for mine, its in zip(ours, theirs):
            for told, it_told in zip(mine, its):
                # keepalived starts scripts side by side, and its order of members varies.
                self.assertEqual(sorted(told), sorted(it_told))

    def cut(self, host):
        self.lab.switch.ip("link", "set", "dev", host.namespace.label, "down")

    def mend(self, host):
        self.lab.switch.ip("link", "set", "dev", host.namespace.label, "up")

    def test_one_link_is_cut(self):
        self.both_ways(self.cut, self.mend)

    def test_script_of_the_group(self):
        block = ("vrrp_script chk {\n    script \"/usr/bin/test ! -e @DIR@/broken\"\n"
                 "    interval 1\n}\n")
        self.both_ways(lambda host: write(host.path("broken"), ""),
                       lambda host: os.unlink(host.path("broken")),
                       blocks=block, group=lines("track_script", "chk"))

    def test_interface_of_the_group(self):
        def prepare(host):
            host.namespace.ip("link", "add", "uplink", "type", "veth", "peer", "name", "other")
            for end in ("uplink", "other"):
                host.namespace.ip("link", "set", end, "up")
        self.both_ways(lambda host: host.namespace.ip("link", "set", "other", "down"),
                       lambda host: host.namespace.ip("link", "set", "other", "up"),
                       group=lines("track_interface", "uplink"), prepare=prepare)

    def test_weights_of_the_group(self):
        # With a weight it lowers the priority of all members, and changes of it go to the FIFO.
        block = ("vrrp_script chk {\n    script \"/usr/bin/test ! -e @DIR@/broken\"\n"
                 "    interval 1\n    weight -60\n}\n")
        self.both_ways(lambda host: write(host.path("broken"), ""),
                       lambda host: os.unlink(host.path("broken")),
                       blocks=block, group=lines("track_script", "chk")
                       + "    sync_group_tracking_weight\n    notify_priority_changes\n",
                       shortest=6)

    def test_file_of_the_group(self):
        block = "track_file maintenance {\n    file @DIR@/maintenance\n    weight 0\n}\n"
        self.both_ways(lambda host: write(host.path("maintenance"), "1\n"),
                       lambda host: write(host.path("maintenance"), "0\n"),
                       blocks=block, group=lines("track_file", "maintenance"),
                       prepare=lambda host: write(host.path("maintenance"), "0\n"))

    def test_process_of_the_group(self):
        # keepalived counts no process in a namespace: alibi alone.
        name = f"alibi-g-{os.getpid() % 10000}"
        running = []

        def run(host):
            running.append(host.namespace.start([host.path(name), "300"]))

        def prepare(host):
            shutil.copy(shutil.which("sleep"), host.path(name))
            run(host)
        block = f"vrrp_track_process watched {{\n    process {name}\n}}\n"
        self.story("alibi", "keepalived", lambda host: running[-1].stop(), run,
                   blocks=block, group=lines("track_process", "watched"), prepare=prepare)

    def test_bfd_session_of_the_group(self):
        block = ("bfd_instance router {\n    neighbor_ip 10.77.0.%d\n    source_ip 10.77.0.%d\n"
                 "    min_rx 50\n    min_tx 50\n    multiplier 3\n}\n")

        def table(host, text):
            host.namespace.exec("nft", text)
        # Both know the session; that it ends is a fault for the one that is preferred alone.
        self.story("alibi", "keepalived",
                   lambda host: table(host, "add table ip t; add chain ip t o { type filter hook "
                                      "output priority 0; }; add rule ip t o udp dport 3784 drop; "
                                      "add chain ip t i { type filter hook input priority 0; }; "
                                      "add rule ip t i udp dport 3784 drop"),
                   lambda host: table(host, "delete table ip t"),
                   blocks=block % (2, 1), group=lines("track_bfd", "router"), peer_first=True,
                   other=block % (1, 2) + "vrrp_instance OTHER {\n    interface eth0\n"
                   "    virtual_router_id 99\n    priority 100\n    virtual_ipaddress {\n"
                   "        10.77.0.199\n    }\n    track_bfd {\n        router\n    }\n}\n")

    def test_mails_of_the_group(self):
        def prepare(host):
            self.sink = host.namespace.start(["/usr/bin/python3", SINK, "127.0.0.1", "2525",
                                              host.directory])
            self.sink.expect("ready")
        mail = ("global_defs {\n    notification_email {\n        ops@example.org\n    }\n"
                "    notification_email_from lb@example.org\n"
                "    smtp_server 127.0.0.1 2525\n}\n")
        subjects = {}
        for first, second in (("alibi", "keepalived"), ("keepalived", "alibi")):
            def repaired(host, program=first):
                self.mend(host)
                host.wait(BOTH)
                wait_until(lambda: len(self.subjects(host)) >= 5, 8,
                           lambda: f"mails, so far {self.subjects(host)}")
                subjects[program] = self.subjects(host)
            self.story(first, second, self.cut, repaired, blocks=mail, group="smtp_alert",
                       prepare=prepare)
        self.assertEqual(subjects["alibi"], subjects["keepalived"])
        self.assertIn("[a] VRRP Group VG - Entering FAULT state", subjects["alibi"])

    @staticmethod
    def subjects(host):
        found = []
        for name in os.listdir(host.directory):
            if name.endswith(".eml"):
                with open(host.path(name), "rb") as file:
                    mail = email.message_from_binary_file(file, policy=email.policy.default)
                found.append(mail["Subject"])
        return sorted(found)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
