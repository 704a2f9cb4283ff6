# SPDX-License-Identifier: Apache-2.0
"""What a real keepalived tracks decides what it is said to have acted on: links that it does and does
not track go down beside other reasons, reloads change something or nothing. Each scene must name its
reason or say unknown, and never the bystander."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(__file__)
sys.path.insert(0, os.path.join(HERE, "..", "support"))
sys.path.insert(0, os.path.join(HERE, "..", "interop"))
from netns import Lab, wait_until  # noqa: E402
from peers import Keepalived  # noqa: E402

ALIBI = os.environ.get("ALIBI_BUILT", "build/release/alibi")
VIP = "10.78.0.100"


def config(priority, instance="", before=""):
    return f"""
global_defs {{
    script_user root
    enable_script_security
}}
{before}
vrrp_instance VI {{
    state BACKUP
    interface eth0
    virtual_router_id 78
    priority {priority}
    advert_int 1
    {instance}
    virtual_ipaddress {{
        {VIP}
    }}
}}
"""


def write(path, text):
    with open(path, "w", encoding="ascii") as out:
        out.write(text)


class Tracked(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        self.lab = Lab()
        self.lab.__enter__()
        self.addCleanup(self.lab.close)
        folder = tempfile.TemporaryDirectory(prefix="alibi-tracked-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)
        self.a, self.b = self.lab.segment(["a", "b"])
        for number, node in enumerate((self.a, self.b), 1):
            node.add_address(f"10.78.0.{number}/24")
        for link in ("eth1", "eth2"):
            self.a.ip("link", "add", link, "type", "veth", "peer", "name", link + "p")
            for end in (link, link + "p"):
                self.a.ip("link", "set", "dev", end, "up")
        self.number = os.path.join(self.folder, "number")
        write(self.number, "0\n")

    def down(self, link):
        self.a.ip("link", "set", "dev", link, "down")

    def verdict(self, text, fault, start=None):
        """The first failure after `fault`: its cause and all that is said."""
        first = start or Keepalived(self.a, self.folder, text)
        first.start(".")
        backup = Keepalived(self.b, self.folder, config(100)).start(".")
        wait_until(lambda: first.is_master(VIP) and not backup.is_master(VIP), 20, "the first master")
        case = os.path.join(self.folder, "case")
        recorder = self.lab.start([ALIBI, "record", "-w", case,
                                   "--tap", f"A=eth0@{self.a.name}:a",
                                   "--tap", f"Q=eth0@{self.b.name}:b"])
        recorder.expect("recording ", 20)
        time.sleep(4)  # intervals before the fault
        fault(first)
        recorder.expect("incident 1 ", 20)
        time.sleep(1.5)
        recorder.signal(signal.SIGINT)
        recorder.popen.wait(20)
        shown = subprocess.run([ALIBI, "explain", "--json", case], text=True, check=True,
                               capture_output=True).stdout
        incident = [i for i in json.loads(shown)["incidents"] if i["failure"]][0]
        print(incident["cause"], incident["exonerated"], flush=True)
        return incident["cause"]["code"], " ".join(incident["cause"]["missing"]), \
            " ".join(incident["exonerated"]), " ".join(incident["cause"]["evidence"])

    def file(self, weight):
        return f"track_file f {{\n file {self.number}\n weight {weight}\n}}\n"

    def test_untracked_link_beside_a_tracked_file(self):
        def fault(_):
            self.down("eth2")
            write(self.number, "1\n")
        text = config(110, "track_file {\n f\n}\ntrack_interface {\n eth1\n}", self.file(0))
        code, missing, cleared, _ = self.verdict(text, fault)
        self.assertEqual(code, "unknown")
        self.assertIn("the link eth2,", cleared)
        self.assertIn("track_file f without weight", missing)

    def test_untracked_link_beside_a_stop(self):
        def fault(first):
            self.down("eth2")
            first.process.signal(signal.SIGTERM)
        code, _, cleared, _ = self.verdict(config(110), fault)
        self.assertEqual(code, "admin.stopped")
        self.assertIn("the link eth2,", cleared)

    def test_tracked_link(self):
        code, _, cleared, said = self.verdict(config(110, "track_interface {\n eth1\n}"),
                                              lambda _: self.down("eth1"))
        self.assertEqual(code, "host.net.link_down")
        self.assertIn("track_interface eth1 without weight", said)

    def test_tracked_link_with_its_weight(self):
        code, _, _, said = self.verdict(config(90, "track_interface {\n eth1 weight 30\n}"),
                                        lambda _: self.down("eth1"))
        self.assertEqual(code, "host.net.link_down")
        self.assertIn("with weight 30", said)

    def test_tracked_link_whose_weight_is_not_the_step(self):
        def fault(_):
            self.down("eth1")
            write(self.number, "-30\n")
        text = config(100, "track_file {\n f\n}\ntrack_interface {\n eth1 weight 5\n}", self.file(1))
        self.assertEqual(self.verdict(text, fault)[0], "unknown")

    def test_reload_that_changes_nothing_beside_a_tracked_file(self):
        def fault(first):
            first.process.signal(signal.SIGHUP)
            time.sleep(0.3)
            write(self.number, "-30\n")
        text = config(110, "track_file {\n f\n}", self.file(1))
        code, _, _, _ = self.verdict(text, fault)
        self.assertEqual(code, "unknown")

    def test_reload_that_lowers_the_priority(self):
        def fault(first):
            write(first.file, config(80))
            first.process.signal(signal.SIGHUP)
        code, _, _, said = self.verdict(config(110), fault)
        self.assertEqual(code, "admin.reloaded")
        self.assertIn("was 110 and is 80", said)

    def test_a_file_that_was_changed_and_not_read_leaves_it_open(self):
        def fault(_):
            self.down("eth1")
        text = config(110, "track_interface {\n eth1\n}")
        first = Keepalived(self.a, self.folder, text)
        start = first.start

        def start_and_change(*arguments):
            start(*arguments)
            time.sleep(0.5)
            write(first.file, text + "# later\n")
        first.start = start_and_change
        code, missing, _, _ = self.verdict(text, fault, first)
        self.assertEqual(code, "unknown")
        self.assertIn("was changed after it had been read", missing)

    def test_files_are_those_of_the_daemons_own_mounts(self):
        """Relative name, and where the recorder is there is another file of that name."""
        hidden = os.path.join(self.folder, "hidden")
        os.mkdir(hidden)
        write(os.path.join(hidden, "k.conf"), config(110, "track_interface {\n eth1\n}"))
        shown = os.path.join(self.folder, "shown")
        os.mkdir(shown)
        write(os.path.join(shown, "k.conf"), config(110))

        class Mounted(Keepalived):
            def start(self, first=None):
                script = (f"mount --bind {hidden} {shown} && cd {shown} && exec keepalived -n -l -D -P "
                          f"-f k.conf -p {self.pid_file('parent')} -r {self.pid_file('vrrp')}")
                self.process = self.namespace.start(["unshare", "-m", "sh", "-c", script])
                self.process.expect(r"Entering BACKUP STATE", 15)
                return self
        code, _, _, said = self.verdict(None, lambda _: self.down("eth1"),
                                        Mounted(self.a, self.folder, ""))
        self.assertEqual(code, "host.net.link_down")
        self.assertIn("k.conf", said)


if __name__ == "__main__":
    unittest.main()
