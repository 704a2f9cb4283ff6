# SPDX-License-Identifier: Apache-2.0
"""What tools for keepalived meet: FIFOs, notify scripts, signals and dump files (held against
keepalived's own in the same situation), pid files, and the status socket under load."""
import json
import os
import re
import signal
import shutil
import subprocess
import tempfile
import time
import unittest

from nodes import ALIBI, Pair, config, wait_until

PRIVATE = "mount -t tmpfs none /tmp && mount -t tmpfs none /run && exec \"$@\""


def start_private(namespace, command):
    """A program with a /tmp and a /run of its own, seen by others below /proc/PID/root."""
    return namespace.start(["unshare", "-m", "--propagation", "private", "sh", "-c", PRIVATE, "sh",
                            *command])


def dump(process, number, name):
    """The file NAME that the process writes to its /tmp when it gets signal NUMBER, anew."""
    path = f"/proc/{process.pid}/root/tmp/{name}"
    if os.path.exists(path):
        os.unlink(path)
    process.signal(number)

    def whole():
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return None
    time.sleep(0.3)  # keepalived's file is seen before it is whole
    return wait_until(whole, 5, f"{name} of {process.command}")


def keys_of(text):
    """The lines of a dump without their values: what a parser goes by."""
    found = []
    for line in text.splitlines():
        found.append(re.sub(r"( = |: ).*| \(\d+\):", lambda m: m[1] or " (N):", line))
    return found


def section(text, title):
    """The lines below "------< TITLE >------"."""
    return text.split(f"------< {title} >------\n")[1].split("------<")[0]


class Fifos(unittest.TestCase):
    def reader(self, path):
        wait_until(lambda: os.path.exists(path), 10, path)
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    @staticmethod
    def lines(fd, count):
        got = b""

        def enough():
            nonlocal got
            try:
                got += os.read(fd, 65536)
            except BlockingIOError:
                pass
            return got.count(b"\n") >= count
        wait_until(enough, 10, lambda: f"{count} lines in the FIFO, so far {got}")
        return got.decode().splitlines()

    def test_lines_are_keepalived_s(self):
        fifo = "vrrp_notify_fifo @DIR@/fifo\n notify_fifo @DIR@/all nobody nogroup"
        with Pair(config(110, definitions=fifo)) as pair:
            node, = pair.nodes
            node.start("--fifo-reasons")
            plain = self.reader(pair.path("fifo"))
            other = self.reader(pair.path("all"))
            node.wait_vip()
            about = os.stat(pair.path("fifo"))
            self.assertEqual((about.st_mode & 0o777, about.st_uid), (0o600, 0))
            self.assertNotEqual(os.stat(pair.path("all")).st_uid, 0)
            expected = ['INSTANCE "VI_1" BACKUP 110 start_up', 'INSTANCE "VI_1" MASTER 110 start_up']
            self.assertEqual(self.lines(plain, 2), expected)
            self.assertEqual(self.lines(other, 2), expected)
            self.assertEqual(node.process.stop(), 0)
            self.assertEqual(self.lines(plain, 1), ['INSTANCE "VI_1" STOP 110 shut_down'])
            os.close(plain)
            os.close(other)
            self.assertFalse(os.path.exists(pair.path("fifo")))  # made by us, removed by us

    def test_script_gets_the_path_and_the_lines(self):
        fifo = "vrrp_notify_fifo @DIR@/fifo\n vrrp_notify_fifo_script @DIR@/reader"
        with Pair(config(110, definitions=fifo)) as pair:
            with open(pair.path("reader"), "w", encoding="ascii") as out:
                out.write(f'#!/bin/sh\nexec cat "$1" > {pair.path("got")}\n')
            os.chmod(pair.path("reader"), 0o755)
            node, = pair.elect()

            def got():
                with open(pair.path("got"), encoding="ascii") as file:
                    return 'INSTANCE "VI_1" MASTER 110' in file.read()
            wait_until(got, 5, "the line in the script's file")
            self.assertEqual(node.process.stop(), 0)

    def test_full_fifo_is_counted_and_slows_nobody(self):
        fifo = "vrrp_notify_fifo @DIR@/fifo"
        with Pair(config(110, definitions=fifo)) as pair:
            os.mkfifo(pair.path("fifo"))
            full = os.open(pair.path("fifo"), os.O_RDWR | os.O_NONBLOCK)
            try:
                while True:
                    os.write(full, b"x" * 4096)
            except BlockingIOError:
                pass
            node, = pair.elect()
            node.process.expect(r"notify FIFO .*fifo is full.*INSTANCE \"VI_1\" BACKUP 110")
            status = json.loads(node.status("--json")[0])
            self.assertEqual(status["queues"]["dropped"]["fifo"], 2)
            os.close(full)


class Dumps(unittest.TestCase):
    """keepalived and alibi, one after the other, with one file in one namespace."""

    SIGNALS = {"keepalived.data": signal.SIGUSR1, "keepalived.stats": signal.SIGUSR2,
               "keepalived.json": signal.SIGRTMIN + 2}
    TEXT = config(110, scripts='vrrp_script chk {\n script "/usr/bin/true"\n interval 1\n weight 5\n}\n',
                  instance='track_script {\n chk\n }\n notify "/usr/bin/true all"\n'
                           'notify_master "/usr/bin/true master"\n'
                           "virtual_ipaddress_excluded {\n 10.77.0.101/24\n }")

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="alibi-test-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, self.directory)

    def dumps_of(self, node, command):
        process = start_private(node.namespace, [*command, "-f", self.file])
        node.wait_vip_of(process)
        found = {name: dump(process, number, name) for name, number in self.SIGNALS.items()}
        cleared = dump(process, signal.SIGRTMAX - 1, "keepalived.stats")
        found["after"] = dump(process, signal.SIGUSR2, "keepalived.stats")
        self.assertRegex(cleared, r"Sent: [1-9]")
        process.stop()
        node.wait_vip(False)
        return found

    def test_structure_is_keepalived_s(self):
        with Pair(self.TEXT) as pair:
            node, = pair.nodes
            self.file = os.path.join(self.directory, "keepalived.conf")
            shutil.copy(node.file, self.file)
            node.process = None
            node.wait_vip_of = lambda process: wait_until(node.has_vip, 10, process.text)
            theirs = self.dumps_of(node, ["keepalived", "-n", "-l"])
            ours = self.dumps_of(node, [ALIBI, "run", "-n", "--log", "stderr"])
        self.assertEqual(keys_of(ours["keepalived.stats"]), keys_of(theirs["keepalived.stats"]))
        for part in ("VRRP Topology", "VRRP Scripts"):
            their_keys = [key for key in keys_of(section(theirs["keepalived.data"], part))
                          if not re.match(r"   (fd_in|Password)", key)]
            self.assertEqual(keys_of(section(ours["keepalived.data"], part)), their_keys)
        missing = (set(keys_of(section(theirs["keepalived.data"], "Interfaces")))
                   - set(keys_of(section(ours["keepalived.data"], "Interfaces"))))
        self.assertTrue(all(re.match(r"   (Seen up|Delayed|Up deb|Down deb|Reset|Original|rp_filter)",
                                     key) for key in missing), missing)
        self.compare_json(json.loads(ours["keepalived.json"]), json.loads(theirs["keepalived.json"]))
        for text in (ours["after"], theirs["after"]):
            self.assertRegex(text, r"Became master: 0\n")

    def compare_json(self, ours, theirs):
        self.assertEqual(list(ours[0])[:2], list(theirs[0]))
        self.assertEqual(list(ours[0]["stats"]), list(theirs[0]["stats"]))
        expected = {key: value for key, value in theirs[0]["data"].items() if key != "auth_data"}
        self.assertEqual(list(ours[0]["data"]), list(expected))
        for key, value in expected.items():
            if key != "last_transition":
                self.assertEqual(ours[0]["data"][key], value, key)
        self.assertEqual(ours[0]["alibi"]["last_transition"]["to"], "MASTER")


class Status(unittest.TestCase):
    def test_people_programs_and_exit_codes(self):
        scripts = 'vrrp_script chk {\n script "test -e @DIR@/good"\n interval 1\n weight 0\n}\n'
        with Pair(config(110, scripts, "track_script {\n chk\n }")) as pair:
            node, = pair.nodes
            self.assertEqual(node.status()[1], 1)  # nobody answers
            open(pair.path("good"), "w", encoding="ascii").close()
            node.start().wait_vip()
            text, code = node.status()
            self.assertEqual(code, 0, text)
            self.assertRegex(text, r"VI_1 \(eth0, virtual_router_id 77\): MASTER for \d")
            self.assertIn("[start_up]", text)
            self.assertIn("script chk: up", text)
            os.unlink(pair.path("good"))
            node.process.expect("Entering FAULT STATE")
            text, code = node.status("--json")
            self.assertEqual(code, 3)
            instance = json.loads(text)["instances"][0]
            self.assertEqual(instance["faults"], ["track_failed"])
            self.assertEqual(instance["last_transition"]["reason"], "track_failed")
            self.assertEqual(instance["trackers"][0]["faults"], True)
            self.assertIn('alibi_state{instance="VI_1",interface="eth0",vrid="77",state="FAULT"} 1',
                          node.status("--metrics")[0])
            mode = os.stat(os.path.join(node.run_folder, "alibi.sock")).st_mode
            self.assertEqual(mode & 0o777, 0o600)
            with open(os.path.join(node.run_folder, "alibi.pid"), encoding="ascii") as file:
                self.assertEqual(int(file.read()), node.process.pid)
            with open(os.path.join(node.run_folder, "keeper.pid"), encoding="ascii") as file:
                self.assertEqual(int(file.read()), node.child("alibi-keeper"))
            self.assertEqual(node.process.stop(), 0)
            self.assertEqual(os.listdir(node.run_folder), [])

    def test_asked_all_the_time_by_many_it_stays_master(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.elect()
            path = os.path.join(a.run_folder, "alibi.sock")
            script = ("import socket,sys,time\nend=time.monotonic()+6\nn=0\n"
                      "while time.monotonic()<end:\n"
                      " s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
                      " s.sendall(b'{\"get\":\"status\"}\\n'); r=b''\n"
                      " while True:\n  c=s.recv(65536)\n  if not c: break\n  r+=c\n"
                      " assert b'MASTER' in r; n+=1; time.sleep(0.01)\nprint(n)\n")
            # One that asks and never reads, one that never asks, and three that do as they should.
            idle = [subprocess.Popen(["/usr/bin/python3", "-c", "import socket,sys,time\n"
                                      "s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
                                      f"s.sendall({text!r}); time.sleep(6)", path])
                    for text in (b"{\"get\":\"status\"}\n", b"")]
            polls = [subprocess.Popen(["/usr/bin/python3", "-c", script, path], text=True,
                                      stdout=subprocess.PIPE) for _ in range(3)]
            for poll in polls:
                self.assertGreater(int(poll.communicate(timeout=30)[0]), 50)
            for one in idle:
                one.wait(30)
            self.assertTrue(a.has_vip())
            self.assertIsNone(b.process.find("Entering MASTER"))
            self.assertIsNone(a.process.find("timer expired"))

    def test_a_stopped_keeper_is_not_well(self):
        with Pair(config(110)) as pair:
            a = pair.nodes[0].start()
            a.wait_vip()
            self.assertEqual(a.status()[1], 0)
            keeper = a.child("alibi-keeper")
            os.kill(keeper, signal.SIGSTOP)
            try:
                wait_until(lambda: a.status()[1] == 3, 8, "a status that is not well")
                self.assertRegex(a.status()[0], r"OVERDUE +by [0-9.]+ s: its keeper does not run")
            finally:
                os.kill(keeper, signal.SIGCONT)
            wait_until(lambda: a.status()[1] == 0, 8, "a status that is well again")

    def test_second_daemon_on_the_same_network_waits_and_then_refuses(self):
        with Pair(config(110), config(100)) as pair:
            a = pair.nodes[0]
            a.start().wait_vip()
            a.process.expect("Entering MASTER STATE")  # the address is there before the line is
            since = time.monotonic()
            second = a.namespace.start([ALIBI, "run", "-n", "--log", "stderr", "-f", a.file,
                                        "--run-folder", a.run_folder])
            second.expect("runs here already .*waiting for its end", 5)
            second.expect("runs here already .*end it first, or give", 15)
            self.assertEqual(second.popen.wait(10), 1)
            self.assertIsNone(a.process.find("removed from the interface|Entering", since))
            self.assertTrue(a.has_vip())
            third = a.namespace.start([ALIBI, "run", "-n", "--log", "stderr", "-f", a.file,
                                       "--run-folder", a.run_folder])
            third.expect("waiting for its end", 5)
            self.assertEqual(a.process.stop(), 0)
            third.expect("Entering MASTER STATE", 12)
            self.assertIn("MASTER", a.status()[0])
            self.assertEqual(third.stop(), 0)

    def test_second_daemon_leaves_the_first_its_socket(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.nodes
            b.run_folder = a.run_folder
            a.start().wait_vip()
            b.start().process.expect("is served by another alibi")
            b.process.expect("no pid file: .*another alibi")
            b.process.stop()
            self.assertIn("MASTER", a.status()[0])


class Teller(unittest.TestCase):
    def test_stopped_or_killed_it_delays_nothing_and_is_not_missed(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.elect()
            teller = a.child("alibi-teller")
            os.kill(teller, signal.SIGSTOP)
            for _ in range(50):
                a.process.signal(signal.SIGUSR2)
                time.sleep(0.1)
            self.assertTrue(a.has_vip())
            os.kill(teller, signal.SIGKILL)
            a.process.expect("alibi-teller .* was killed by signal 9")
            wait_until(lambda: a.status()[1] == 0, 10, "a new teller's status")
            status = json.loads(a.status("--json")[0])
            restarts = {p["name"]: p["restarts"] for p in status["processes"]}
            self.assertEqual((restarts["teller"], restarts["keeper"]), (1, 0))
            self.assertEqual(status["instances"][0]["counters"]["transitions"], 2)
            self.assertTrue(a.has_vip())
            self.assertIsNone(b.process.find("Entering MASTER"))

    def test_log_that_is_not_read_holds_up_no_script(self):
        notify = 'notify "@DIR@/notify"'
        with Pair(config(110, instance=notify)) as pair:
            with open(pair.path("notify"), "w", encoding="ascii") as out:
                out.write(f'#!/bin/sh\necho "$3 $ALIBI_REASON" >> {pair.path("got")}\n')
            os.chmod(pair.path("notify"), 0o755)
            node, = pair.nodes
            reader, writer = os.pipe()
            os.set_blocking(writer, False)
            try:
                while True:
                    os.write(writer, b"x" * 4096)
            except BlockingIOError:
                pass
            os.set_blocking(writer, True)
            process = subprocess.Popen(
                ["ip", "netns", "exec", node.namespace.name, ALIBI, "run", "-D", "--log", "stderr",
                 "-f", node.file, "--run-folder", node.run_folder], stderr=writer)
            try:
                def master():
                    if not os.path.exists(pair.path("got")):
                        return False
                    with open(pair.path("got"), encoding="ascii") as file:
                        return file.read().splitlines()[-1:] == ["MASTER start_up"]
                wait_until(master, 15, "notify scripts although nobody reads the log")
                self.assertEqual(node.status()[1], 0)
            finally:
                process.terminate()
                code = process.wait(25)
                os.close(reader)
                os.close(writer)
            self.assertEqual(code, 0)


class StartStop(unittest.TestCase):
    def test_startup_and_shutdown_scripts(self):
        definitions = ('startup_script "@DIR@/hook startup"\n shutdown_script "@DIR@/hook slow"\n'
                       "shutdown_script_timeout 1")
        with Pair(config(110, definitions=definitions)) as pair:
            with open(pair.path("hook"), "w", encoding="ascii") as out:
                out.write(f'#!/bin/sh\necho "$1" >> {pair.path("got")}\n'
                          'ip -o addr show dev eth0 | grep -c 10.77.0.100 '
                          f'>> {pair.path("got")}\n[ $1 = slow ] && sleep 60\nexit 0\n')
            os.chmod(pair.path("hook"), 0o755)
            node, = pair.elect()
            begin = time.monotonic()
            self.assertEqual(node.process.stop(), 0)
            self.assertLess(time.monotonic() - begin, 8)
            with open(pair.path("got"), encoding="ascii") as file:
                self.assertEqual(file.read().split(), ["startup", "0", "slow", "0"])
            node.process.expect(r"shutdown_script ended after its 1 s were over")


if __name__ == "__main__":
    unittest.main()
