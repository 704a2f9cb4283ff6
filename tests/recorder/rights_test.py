# SPDX-License-Identifier: Apache-2.0
"""alibi record as users who may do little: what they may is recorded, the rest is named. And what
happens in namespaces nobody watches is counted, not kept."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from netns import Lab  # noqa: E402

ALIBI = os.path.abspath(os.environ.get("ALIBI", sys.argv[1]))
del sys.argv[1]

SEND = """
import socket, time
sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
while True:
    sender.sendto(bytes([0x31, 77, 100, 1, 0, 1, 0, 0]), ("10.77.0.2", 0))
    time.sleep(0.05)
"""


class Rights(unittest.TestCase):
    def setUp(self):
        self.lab = Lab().__enter__()
        self.addCleanup(self.lab.close)
        self.a, self.b = self.lab.segment(["a", "b"])

    def record(self, capabilities, *arguments):
        """(exit code, output, complaints) of one second as nobody with those capabilities alone."""
        wanted = "-all" + "".join(f",+{name}" for name in capabilities)
        # The program is opened here: nobody may not enter its folder.
        program = os.open(ALIBI, os.O_RDONLY)
        done = subprocess.run(
            ["ip", "netns", "exec", self.a.name, "setpriv", "--reuid=nobody", "--regid=nogroup",
             "--clear-groups", f"--inh-caps={wanted}", f"--ambient-caps={wanted}",
             f"--bounding-set={wanted}", f"/proc/self/fd/{program}", "record", "-i", "eth0",
             "--for", "1", *arguments],
            text=True, capture_output=True, check=False, pass_fds=[program], cwd="/")
        os.close(program)
        return done.returncode, done.stdout, done.stderr

    def test_nothing_is_allowed(self):
        code, _, complaint = self.record([])
        self.assertEqual(code, 1, complaint)
        self.assertIn("nothing can be recorded by this user", complaint)
        for name in ("CAP_NET_RAW", "CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE", "CAP_SYS_ADMIN"):
            self.assertIn(name, complaint)

    def test_packets_alone(self):
        code, said, complaint = self.record(["net_raw"])
        self.assertEqual(code, 0, complaint)
        self.assertIn("absent sched, signal", said)
        self.assertIn("CAP_BPF", said)
        self.assertIn("CAP_SYS_PTRACE", said)
        self.assertNotIn("absent tap", said)

    def test_probes_alone(self):
        code, said, complaint = self.record(["bpf", "perfmon"])
        self.assertEqual(code, 0, complaint)
        self.assertIn("absent tap eth0", said)
        self.assertIn("CAP_NET_RAW", said)
        self.assertNotIn("CAP_BPF", said)

    def test_drops_that_concern_nobody_are_passed_over(self):
        """Nobody receives protocol 112 at b: the kernel drops it there, and says why."""
        self.a.add_address("10.77.0.1/24")
        self.b.add_address("10.77.0.2/24")
        self.a.start([sys.executable, "-c", SEND])
        for tap, kept in (("L=lo", False), (f"B=eth0@{self.b.name}", True)):
            done = subprocess.run([ALIBI, "record", "--tap", tap, "--for", "2", "--json"],
                                  text=True, capture_output=True, check=True)
            drops = [s for s in json.loads(done.stdout)["sources"] if s["source"] == "drops"]
            self.assertGreater(drops[0]["received"], 0)
            self.assertEqual(drops[0]["kept"] > 0, kept, drops)
            if not kept:  # else there may be drops of others on this machine
                self.assertGreater(drops[0]["passed_over"], 0, drops)

    def test_explain_needs_no_rights(self):
        with tempfile.TemporaryDirectory() as folder:
            case = os.path.join(folder, "x.case")
            subprocess.run([ALIBI, "record", "-i", "lo", "--for", "1", "-w", case], check=True,
                           capture_output=True)
            os.chmod(folder, 0o755)
            os.chmod(case, 0o644)
            program = os.open(ALIBI, os.O_RDONLY)
            done = subprocess.run(
                ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                 f"/proc/self/fd/{program}", "explain", "--json", case],
                text=True, capture_output=True, check=False, pass_fds=[program], cwd="/")
            os.close(program)
        self.assertEqual(done.returncode, 0, done.stderr)
        for source in json.loads(done.stdout)["sources"]:
            self.assertEqual(source["received"],
                             source["kept"] + source["lost"] + source["passed_over"], source)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main(verbosity=2)
