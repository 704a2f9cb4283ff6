# SPDX-License-Identifier: Apache-2.0
"""alibi path on networks that the kernel made: the hops are where packets pass, in order."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from netns import Lab, run, wait_until  # noqa: E402

ALIBI = os.path.abspath(sys.argv.pop(1))


def alibi(*arguments, code=0):
    done = subprocess.run([ALIBI, "path", *arguments], text=True, capture_output=True, check=False)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout if code == 0 else done.stderr


def hops(*arguments):
    return json.loads(alibi("--json", *arguments))["hops"]


def shown(found):
    return [(hop["netns"].rsplit("-", 1)[-1], hop["interface"]) for hop in found]


def counted(netns, interface):
    """Packets that passed an interface, in either direction."""
    about, = json.loads(run("ip", "-n", netns, "-j", "-s", "link", "show", interface))
    return sum(about["stats64"][way]["packets"] for way in ("rx", "tx"))


class Tunnels(unittest.TestCase):
    """vm1 - bridge - VXLAN - physical bridge - VXLAN - bridge - vm2, and a port beside."""

    def setUp(self):
        self.lab = Lab().__enter__()
        self.addCleanup(self.lab.close)
        self.n1, self.n2, self.vm1, self.vm2 = self.lab.segment(["n1", "n2", "vm1", "vm2"])
        for here, vm, number, other in ((self.n1, self.vm1, 1, 2), (self.n2, self.vm2, 2, 1)):
            vm.ip("link", "del", "eth0")  # off the common segment, which is for the nodes alone
            here.add_address(f"192.0.2.{number}/24")
            here.ip("link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0")
            here.ip("link", "set", "br0", "up")
            here.ip("link", "add", "tap0", "type", "veth", "peer", "name", "eth0", "netns", vm.name)
            here.ip("link", "add", "vx", "type", "vxlan", "id", "7", "local", f"192.0.2.{number}",
                    "remote", f"192.0.2.{other}", "dstport", "4789", "dev", "eth0")
            here.ip("link", "add", "beside", "type", "veth", "peer", "name", "nowhere")
            for port in ("tap0", "vx", "beside"):
                here.ip("link", "set", port, "master", "br0")
                here.ip("link", "set", port, "up")
            vm.ip("link", "set", "eth0", "up")
            vm.add_address(f"10.9.0.{number}/24")

    def test_hops_are_where_the_packets_pass(self):
        found = hops(f"{self.vm1.name}/eth0", "10.9.0.2")
        inner = [h for h in shown(found) if h[0] in ("vm1", "n1", "n2", "vm2")]
        self.assertEqual(inner, [("vm1", "eth0"), ("n1", "tap0"), ("n1", "vx"), ("n1", "eth0"),
                                 ("n2", "eth0"), ("n2", "vx"), ("n2", "tap0"), ("vm2", "eth0")])
        self.assertEqual([h["label"] for h in found[:3]], ["A", "B", "C"])
        self.assertEqual([h["inside_tunnel"] for h in found if h["netns"] == self.n1.name],
                         [False, False, True])
        places = [(h["netns"], h["interface"]) for h in found]
        self.vm1.exec("ping", "-c", "1", "-w", "5", "10.9.0.2")
        before = [counted(*place) for place in places]
        self.vm1.exec("ping", "-c", "20", "-i", "0.01", "-w", "10", "10.9.0.2")
        for place, packets in zip(places, before):
            self.assertGreaterEqual(counted(*place) - packets, 40, place)

    def test_taps_are_options_of_record(self):
        taps = alibi("--taps", f"{self.vm1.name}/eth0", f"{self.vm2.name}/eth0").split()
        self.assertEqual(taps[:2], ["--tap", f"A=eth0@{self.vm1.name}:{self.vm1.name}"])
        recorder = subprocess.Popen([ALIBI, "record", *taps], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE, text=True)
        try:
            self.assertIn(f"recording {len(taps) // 2} taps", recorder.stderr.readline())
        finally:
            recorder.terminate()
            recorder.communicate(timeout=20)

    def test_capture_takes_the_whole_path(self):
        ends = f"{self.vm1.name}/eth0", f"{self.vm2.name}/eth0"
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "path.pcapng")
            capture = subprocess.Popen([ALIBI, "capture", "--path", *ends, "-w", file, "icmp", "or",
                                        "udp", "port", "4789"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            try:
                self.assertIn("listening on", capture.stderr.readline())
                self.vm1.exec("ping", "-c", "5", "-i", "0.1", "-w", "5", "10.9.0.2")
            finally:
                capture.send_signal(signal.SIGINT)
                capture.communicate(timeout=20)
            echoes = run("tshark", "-n", "-r", file, "-Y", "icmp.type == 8", "-T", "fields", "-e",
                         "frame.interface_name").split()
        found = {(h["netns"], h["interface"]) for h in hops(*ends)}
        for netns, interface in found:
            self.assertEqual(echoes.count(f"netns:{netns}/{interface}"), 5, interface)

    def test_without_the_bridge_port_there_is_no_path(self):
        self.n2.ip("link", "set", "vx", "nomaster")
        error = alibi(f"{self.vm1.name}/eth0", "10.9.0.2", code=3)
        self.assertIn("no way from", error)
        self.assertIn("vx in " + self.n2.name, error)

    def test_facts_say_the_same_as_the_kernel(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as out:
            out.write(alibi("--facts"))
        facts = out.name
        self.addCleanup(os.unlink, facts)
        ends = f"{self.vm1.name}/eth0", "10.9.0.2"
        self.assertEqual(hops("--facts-of", facts, "--", *ends), hops(*ends))
        self.assertIn("a second file of host", alibi("--facts-of", facts, facts, "--", *ends,
                                                     code=1))

    def test_what_is_down_is_noted(self):
        self.n1.ip("link", "set", "vx", "down")
        self.assertIn(f"note: vx in {self.n1.name} is down",
                      alibi(f"{self.vm1.name}/eth0", "10.9.0.2"))


class OpenVswitch(unittest.TestCase):
    """A real switch, its data path in user space: br-int and br-tun joined by patch ports."""

    def setUp(self):
        self.lab = Lab().__enter__()
        self.addCleanup(self.lab.close)
        self.folder = tempfile.mkdtemp(prefix="alibi-ovs-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.socket = os.path.join(self.folder, "db.sock")
        self.node = self.lab.namespace("n")
        self.machines = [self.lab.namespace(f"vm{i}") for i in (1, 2)]
        for number, machine in enumerate(self.machines, 1):
            self.node.ip("link", "add", f"tap{number}", "type", "veth", "peer", "name", "eth0",
                         "netns", machine.name)
            self.node.ip("link", "set", f"tap{number}", "up")
            machine.ip("link", "set", "eth0", "up")
            machine.add_address(f"10.9.0.{number}/24")
        self.switch()

    def switch(self):
        place = {"OVS_RUNDIR": self.folder, "OVS_DBDIR": self.folder, "OVS_LOGDIR": self.folder}
        env = ["env", *(f"{name}={value}" for name, value in place.items())]
        database = os.path.join(self.folder, "conf.db")
        run("ovsdb-tool", "create", database, "/usr/share/openvswitch/vswitch.ovsschema")
        self.node.start([*env, "ovsdb-server", database, f"--remote=punix:{self.socket}"])
        wait_until(lambda: os.path.exists(self.socket), 10, "database")
        self.vsctl("--no-wait", "init")
        self.node.start([*env, "ovs-vswitchd", f"unix:{self.socket}"])
        for bridge in ("br-int", "br-tun"):
            self.vsctl("add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev")
        self.vsctl("add-port", "br-int", "tap1")
        self.vsctl("add-port", "br-tun", "tap2")
        for bridge, port, peer in (("br-int", "patch-tun", "patch-int"),
                                   ("br-tun", "patch-int", "patch-tun")):
            self.vsctl("add-port", bridge, port, "--", "set", "interface", port, "type=patch",
                       f"options:peer={peer}")

    def vsctl(self, *arguments):
        return run("ovs-vsctl", f"--db=unix:{self.socket}", "--timeout=20", *arguments)

    def test_patch_ports_are_part_of_the_path_and_no_taps(self):
        ends = f"{self.machines[0].name}/eth0", "10.9.0.2"
        wait_until(lambda: "1 received" in self.machines[0].exec(
            "ping", "-c", "1", "-w", "2", "10.9.0.2", check=False), 15, "a ping")
        found = hops("--ovsdb", self.socket, *ends)
        self.assertEqual(shown(found), [("vm1", "eth0"), ("n", "tap1"), ("n", "patch-tun"),
                                        ("n", "patch-int"), ("n", "tap2"), ("vm2", "eth0")])
        self.assertEqual([hop["capturable"] for hop in found],
                         [True, True, False, False, True, True])
        self.assertNotIn("patch", alibi("--ovsdb", self.socket, "--taps", *ends))
        self.vsctl("set", "port", "tap1", "tag=3")
        self.vsctl("set", "port", "patch-tun", "tag=4")
        self.assertIn("no way from", alibi("--ovsdb", self.socket, *ends, code=3))


class Ends(unittest.TestCase):
    def test_macvlan_of_another_namespace(self):
        with Lab() as lab:
            a, b = lab.segment(["a", "b"])
            a.ip("link", "add", "mv0", "link", "eth0", "type", "macvlan", "mode", "bridge")
            a.ip("link", "set", "mv0", "netns", b.name)
            found = hops(f"{b.name}/mv0", f"{a.name}/eth0")
            self.assertEqual(shown(found), [("b", "mv0"), ("a", "eth0")])
            self.assertEqual(found[1]["by"], "macvlan mv0")

    def test_tap_names_its_holder(self):
        with Lab() as lab:
            a, b = lab.segment(["a", "b"])
            program = ("import fcntl, struct, time\n"
                       "tun = open('/dev/net/tun', 'r+b', buffering=0)\n"
                       "fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH', b'tap9', 0x1002))\n"
                       "print('ready', flush=True)\n"
                       "time.sleep(60)\n")
            a.start(["python3", "-c", program]).expect("ready")
            a.ip("link", "add", "br0", "type", "bridge")
            for port in ("tap9", "eth0"):
                a.ip("link", "set", port, "master", "br0")
            text = alibi(f"{a.name}/tap9", f"{b.name}/eth0")
            self.assertRegex(text, r"held by python3 \(pid \d+\)")

    def test_words_that_are_no_place(self):
        with Lab() as lab:
            a, _ = lab.segment(["a", "b"])
            self.assertIn("no interface and no address", alibi("nosuch0", "lo", code=2))
            self.assertIn("name the two ends", alibi(f"{a.name}/eth0", code=2))
            self.assertIn("cannot read", alibi("--facts-of", "/nonexistent", "--", "a", "b",
                                               code=1))


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("namespaces need root: skipped")
        sys.exit(77)
    unittest.main()
