# SPDX-License-Identifier: Apache-2.0
"""What an instance depends on besides scripts that fail: files, processes, interfaces, and scripts
of every kind of trouble. Each fault names its tracker."""
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from nodes import Pair, config, wait_until

FREEZER = "/sys/fs/cgroup/freezer"
PIDS = "/sys/fs/cgroup/pids"


def write(path, text):
    with open(path, "w", encoding="ascii") as out:
        out.write(text)


def line_time(process, pattern, since):
    """When the first line like this was read, monotonic."""
    process.expect(pattern, 6, since)
    return next(at for at, line in process.lines if at >= since and re.search(pattern, line))


def block(kind, name, lines):
    return f"{kind} {name} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def tracked(kind, *lines):
    return f"track_{kind} {{\n" + "".join(f"        {line}\n" for line in lines) + "    }\n"


class Files(unittest.TestCase):
    FILE = block("track_file", "maintenance", ["file @DIR@/sub/maintenance", "weight 1"])

    def pair(self, weight=""):
        return Pair(config(110, self.FILE, tracked("file", "maintenance " + weight)), config(100))

    def test_number_is_added_however_it_is_written(self):
        with self.pair() as pair:
            path = pair.path("sub/maintenance")
            os.mkdir(pair.path("sub"))
            write(path, "0\n")
            a, b = pair.elect()
            write(path, "-30\n")
            a.process.expect(r"Changing effective priority from 110 to 80", 5)
            b.wait_vip(timeout=6)
            a.process.expect(r"Entering BACKUP STATE.*file maintenance is -30", 5)
            write(path + ".new", "0\n")  # as an editor replaces it
            os.rename(path + ".new", path)
            a.wait_vip(timeout=8)
            shutil.rmtree(pair.path("sub"))  # and its folder: counts as 0
            a.process.expect(r"tracked file maintenance: .* is missing: counts as 0", 5)
            os.mkdir(pair.path("sub"))
            write(path, "  -40 days\n")
            b.wait_vip(timeout=8)
            a.process.expect(r"holds more than a number", 5)
            a.process.expect(r"Changing effective priority from 110 to 70", 5)
            with open(path, "w", encoding="ascii") as kept_open:
                kept_open.write("5\n")
                kept_open.flush()
                a.process.expect(r"Changing effective priority from .* to 115", 5)

    def test_weight_0_is_a_fault_unless_it_says_0(self):
        with self.pair("weight 0") as pair:
            path = pair.path("sub/maintenance")
            os.mkdir(pair.path("sub"))
            a, b = pair.elect()  # no file is 0
            write(path, "1\n")
            a.process.expect(r"Entering FAULT STATE.*\[track_failed\]", 5)
            a.process.expect(r"Entering FAULT STATE.*file maintenance is 1", 5)
            b.wait_vip(timeout=5)
            os.unlink(path)
            a.wait_vip(timeout=10)

    def test_init_file_is_written_once(self):
        made = block("vrrp_track_file", "maintenance",
                     ["file @DIR@/maintenance", "weight 2", "init_file -7"])
        with Pair(config(110, made, tracked("file", "maintenance"))) as pair:
            a, = pair.nodes
            a.start()
            a.process.expect(r"Entering BACKUP STATE \(init\): started with priority 96", 8)
            with open(pair.path("maintenance"), encoding="ascii") as file:
                self.assertEqual(file.read(), "-7\n")
            self.assertEqual(a.process.stop(), 0)
            write(pair.path("maintenance"), "-3\n")  # is there: it stays
            a.start()
            a.process.expect(r"started with priority 104", 8)

    def test_what_falls_into_a_fault_keeps_its_priority(self):
        script = "notify @DIR@/told.sh"
        text = config(110, self.FILE, script + "\n    " + tracked("file", "maintenance weight 9"))
        with Pair(text) as pair:
            os.mkdir(pair.path("sub"))
            write(pair.path("sub/maintenance"), "1\n")
            write(pair.path("told.sh"), f"#!/bin/sh\necho $3 $4 >> {pair.path('told')}\n")
            os.chmod(pair.path("told.sh"), 0o755)
            a, = pair.nodes
            a.start()
            a.wait_vip()
            write(pair.path("sub/maintenance"), "-100\n")  # beyond -253: FAULT
            a.process.expect(r"Entering FAULT STATE.*file maintenance is -100", 5)
            write(pair.path("sub/maintenance"), "2\n")
            a.process.expect(r"Entering BACKUP STATE.*\[fault_cleared\]", 5)
            a.process.expect(r"Entering MASTER STATE.*\[fault_cleared\]", 8)
            told = ["BACKUP 119", "MASTER 119", "FAULT 119", "BACKUP 128", "MASTER 128"]

            def all_told():
                with open(pair.path("told"), encoding="ascii") as file:
                    return file.read().splitlines() == told
            wait_until(all_told, 5, f"notify scripts told {told}")

    def test_init_file_overwrites_and_reverse_subtracts(self):
        made = block("track_file", "maintenance",
                     ["file @DIR@/maintenance", "weight 1 reverse", "init_file 5 overwrite"])
        with Pair(config(110, made, tracked("file", "maintenance"))) as pair:
            write(pair.path("maintenance"), "50\n")
            a, = pair.nodes
            a.start()
            a.process.expect(r"Changing effective priority from 110 to 105", 8)
            with open(pair.path("maintenance"), encoding="ascii") as file:
                self.assertEqual(file.read(), "5\n")

    def test_restarted_keeper_and_tracker_go_on_with_what_is_known(self):
        with self.pair("weight 0") as pair:
            path = pair.path("sub/maintenance")
            os.mkdir(pair.path("sub"))
            write(path, "1\n")
            a, b = pair.nodes
            a.start()
            a.process.expect(r"Entering FAULT STATE", 8)
            b.start().wait_vip()
            since = time.monotonic()
            os.kill(a.child("alibi-keeper"), 9)
            a.process.expect(r"Entering FAULT STATE.*file maintenance is 1", 8, since)
            os.kill(a.child("alibi-tracker"), 9)
            time.sleep(2.5)  # the tracker is back; nothing must have changed meanwhile
            self.assertFalse(a.has_vip())
            write(path, "0\n")
            a.wait_vip(timeout=10)


class Processes(unittest.TestCase):
    def watch(self, lines, instance="watched"):
        return Pair(config(110, block("vrrp_track_process", "watched", lines),
                           tracked("process", instance)), config(100))

    def test_quorum_is_lost_and_gained(self):
        name = f"alibi-t-{os.getpid() % 10000}"
        with self.watch([f"process {name}", "quorum 2"]) as pair:
            shutil.copy(shutil.which("sleep"), pair.path(name))
            running = [subprocess.Popen([pair.path(name), "300"]) for _ in range(2)]
            try:
                a, b = pair.elect()
                running[0].kill()
                running.pop(0).wait()
                a.process.expect(r"Quorum lost for tracked process watched \(1 running\)", 5)
                a.process.expect(r"Entering FAULT STATE.*process watched: 1 running, 2 needed", 5)
                b.wait_vip(timeout=5)
                running.append(subprocess.Popen([pair.path(name), "301"]))
                a.process.expect(r"Quorum gained for tracked process watched", 5)
                a.wait_vip(timeout=10)
            finally:
                for process in running:
                    process.kill()
                    process.wait()

    def test_parameters_quorum_max_and_delays(self):
        name = f"alibi-u-{os.getpid() % 10000}"
        lines = [f"process @DIR@/{name} 30", "param_match initial", "quorum_max 1",
                 "terminate_delay 2", "weight -30"]
        with self.watch(lines) as pair:
            shutil.copy(shutil.which("sleep"), pair.path(name))
            running = [subprocess.Popen([pair.path(name), "300"]),
                       subprocess.Popen([pair.path(name), "400"])]  # another parameter
            try:
                a, _ = pair.elect()
                self.assertIsNone(a.process.find("Quorum lost"))
                running.append(subprocess.Popen([pair.path(name), "301"]))
                a.process.expect(r"Changing effective priority from 110 to 80", 5)
                killed = time.monotonic()
                running[2].kill()
                running.pop().wait()
                at = a.process.expect(r"Quorum gained", 8) and time.monotonic()
                self.assertGreater(at - killed, 1.8)
            finally:
                for process in running:
                    process.kill()
                    process.wait()

    def test_one_that_must_not_run(self):
        name = f"alibi-x-{os.getpid() % 10000}"
        with self.watch([f"process {name}", "quorum_max 0"]) as pair:
            shutil.copy(shutil.which("sleep"), pair.path(name))
            a, b = pair.elect()
            with subprocess.Popen([pair.path(name), "300"]) as process:
                a.process.expect(r"Entering FAULT STATE.*watched: 1 running, 0 needed, at most 0",
                                 5)
                b.wait_vip(timeout=5)
                process.kill()
            a.wait_vip(timeout=10)

    def test_command_line_and_delays(self):
        name = f"alibi-v-{os.getpid() % 10000}"
        path = "@DIR@/" + name
        blocks = (block("vrrp_track_process", "partly",
                        [f"process {path} 300", "param_match partial", "weight 10"])
                  + block("vrrp_track_process", "wholly",
                          [f"process {path}", "full_command", "weight 20"])
                  + block("vrrp_track_process", "slowly",
                          [f"process {path} 301 1", "fork_delay 1.5", "weight 40"])
                  + block("vrrp_track_process", "evenly",
                          [f"process {path} 301 2", "delay 1.5", "weight 80"]))
        with Pair(config(50, blocks, tracked("process", "partly", "wholly", "slowly",
                                             "evenly"))) as pair:
            shutil.copy(shutil.which("sleep"), pair.path(name))
            running = []

            def run(*parameters):
                running.append(subprocess.Popen([pair.path(name), *parameters]))
                return time.monotonic()

            def end():
                running[-1].kill()
                running.pop().wait()
                return time.monotonic()
            try:
                a, = pair.nodes
                a.start().wait_vip()
                steps = [
                    (lambda: run("300", "1"), 60, 0),  # partly
                    (end, 50, 0),
                    (lambda: run("301", "1"), 90, 1.3),  # slowly
                    (end, 50, 0),
                    (lambda: run("301", "2"), 130, 1.3),  # evenly
                    (end, 50, 1.3),
                ]
                for act, priority, delay in steps:
                    with self.subTest(priority=priority, delay=delay):
                        since = time.monotonic()
                        done = act()
                        at = line_time(a.process, rf"effective priority from \d+ to {priority}\b",
                                       since)
                        self.assertGreater(at - done, delay - 0.1)
                        self.assertLess(at - done, delay + 1.5)
                # wholly: no parameter at all.
                os.unlink(pair.path(name))
                shutil.copy(shutil.which("cat"), pair.path(name))
                since = time.monotonic()
                running.append(subprocess.Popen([pair.path(name)], stdin=subprocess.PIPE))
                line_time(a.process, r"effective priority from 50 to 70\b", since)
            finally:
                for process in running:
                    process.kill()
                    process.wait()


class Interfaces(unittest.TestCase):
    @staticmethod
    def add(namespace, name):
        namespace.ip("link", "add", name, "type", "veth", "peer", "name", name + "p")
        for end in (name, name + "p"):
            namespace.ip("link", "set", end, "up")

    def test_any_interface_with_weight_and_without(self):
        lines = tracked("interface", "veth0 weight -30", "veth1")
        with Pair(config(110, instance=lines), config(100)) as pair:
            a, b = pair.nodes
            for name in ("veth0", "veth1"):
                self.add(a.namespace, name)
            pair.elect()
            a.namespace.ip("link", "set", "veth0", "down")
            a.process.expect(r"Changing effective priority from 110 to 80", 5)
            b.wait_vip(timeout=6)
            a.process.expect(r"interface veth0 is down", 5)
            a.namespace.ip("link", "set", "veth0", "up")
            a.wait_vip(timeout=8)
            a.namespace.ip("link", "del", "veth1")
            a.process.expect(r"Entering FAULT STATE.*interface veth1 is down", 5)
            b.wait_vip(timeout=5)
            self.add(a.namespace, "veth1")
            a.wait_vip(timeout=10)

    def test_dont_track_primary(self):
        with Pair(config(110, instance="dont_track_primary")) as pair:
            a, = pair.elect()
            pair.lab.switch.ip("link", "set", "dev", "a", "down")
            a.process.expect(r"Netlink reports eth0 down", 5)
            time.sleep(1.5)
            self.assertTrue(a.has_vip())
            self.assertIsNone(a.process.find("Entering FAULT"))

    def test_track_src_ip(self):
        lines = "mcast_src_ip 10.77.0.1\n    track_src_ip"
        with Pair(config(110, instance=lines), config(100)) as pair:
            a, b = pair.elect()
            a.namespace.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
            a.process.expect(r"Entering FAULT STATE.*\[no_source_address\]", 5)
            b.wait_vip(timeout=6)
            a.namespace.add_address("10.77.0.1/24")
            a.wait_vip(timeout=10)

    def test_short_loss_of_the_link_does_not_count(self):
        delays = block("interface_up_down_delays", "", ["eth0 1.5 0.5"])
        with Pair(config(110, delays), config(100)) as pair:
            a, b = pair.elect()
            pair.lab.switch.ip("link", "set", "dev", "a", "down")
            time.sleep(0.5)
            pair.lab.switch.ip("link", "set", "dev", "a", "up")
            time.sleep(1.5)
            self.assertTrue(a.has_vip())
            self.assertIsNone(a.process.find("Entering FAULT"))
            down = time.monotonic()
            pair.lab.switch.ip("link", "set", "dev", "a", "down")
            a.process.expect(r"Entering FAULT STATE", 5, down)
            self.assertGreater(time.monotonic() - down, 1.4)
            b.wait_vip(timeout=6)


class ScriptTrouble(unittest.TestCase):
    @staticmethod
    def script(lines):
        return block("vrrp_script", "chk", lines)

    def test_what_a_failing_script_printed_is_in_the_reason(self):
        text = self.script(['script "@DIR@/check"', "interval 1"])
        with Pair(config(110, text, tracked("script", "chk")), config(100)) as pair:
            write(pair.path("check"), "#!/bin/sh\n"
                  "[ -e %s ] && exit 0\necho 'backend unreachable'\n"
                  "yes | head -c 300000 >&2\nexit 3\n" % pair.path("healthy"))
            os.chmod(pair.path("check"), 0o755)
            write(pair.path("healthy"), "")
            a, b = pair.elect()
            os.unlink(pair.path("healthy"))
            a.process.expect(r"VRRP_Script\(chk\) failed \(exited with status 3\): "
                             r"backend unreachable / y / y", 8)
            a.process.expect(r"Entering FAULT STATE.*backend unreachable", 5)
            b.wait_vip(timeout=5)

    def test_reverse_rise_fall_and_init_fail(self):
        text = self.script(['script "test -e @DIR@/x"', "interval 0.5", "rise 3", "init_fail",
                            "weight 20 reverse"])
        with Pair(config(110, text, tracked("script", "chk"))) as pair:
            write(pair.path("x"), "")
            a, = pair.nodes
            begin = time.monotonic()
            a.start()
            a.process.expect(r"Changing effective priority from 110 to 90", 8)
            self.assertGreater(time.monotonic() - begin, 0.9)  # three runs, not one

    def test_script_that_others_may_write_is_not_run_as_root(self):
        text = self.script(['script "@DIR@/open/check"', "interval 1"])
        with Pair(config(110, text, tracked("script", "chk"),
                         definitions="enable_script_security")) as pair:
            os.mkdir(pair.path("open"))
            write(pair.path("open/check"), f"#!/bin/sh\ntouch {pair.path('ran')}\nexit 1\n")
            os.chmod(pair.path("open/check"), 0o755)
            os.chmod(pair.path("open"), 0o777)
            a, = pair.nodes
            a.start().wait_vip()  # as in keepalived: it is not tracked
            a.process.expect(r"script chk is not run and not tracked: .*/open may be written by "
                             r"everybody", 3)
            self.assertFalse(os.path.exists(pair.path("ran")))

    def test_scripts_run_as_their_user(self):
        text = self.script(['script "@DIR@/who"', "interval 1", "user nobody"])
        with Pair(config(110, text, tracked("script", "chk"))) as pair:
            os.chmod(pair.directory, 0o777)
            write(pair.path("who"), f"#!/bin/sh\nid -un > {pair.path('user')}\n")
            os.chmod(pair.path("who"), 0o755)
            a, = pair.nodes
            a.start().wait_vip()
            with open(pair.path("user"), encoding="ascii") as file:
                self.assertEqual(file.read().strip(), "nobody")

    def test_reloads_do_not_begin_rise_and_fall_anew(self):
        text = self.script(['script "@DIR@/check"', "interval 1", "fall 8", "weight -30"])
        with Pair(config(110, text, tracked("script", "chk"))) as pair:
            write(pair.path("check"), "#!/bin/sh\necho >> %s\n[ ! -e %s ]\n"
                  % (pair.path("runs"), pair.path("broken")))
            os.chmod(pair.path("check"), 0o755)
            a, = pair.elect()
            write(pair.path("broken"), "")
            begin = time.monotonic()
            runs = os.path.getsize(pair.path("runs"))
            while not a.process.find(r"Changing effective priority from 110 to 80", begin):
                self.assertLess(time.monotonic() - begin, 25)
                asked = time.monotonic()
                a.process.signal(signal.SIGHUP)
                a.process.expect(r"Reload complete", 20, asked)
                time.sleep(0.5)
            # Eight failures, of which a reload may have ended one or two in the middle.
            self.assertGreaterEqual(os.path.getsize(pair.path("runs")) - runs, 8)
            self.assertLess(os.path.getsize(pair.path("runs")) - runs, 14)
            # What has failed is still so.
            asked = time.monotonic()
            a.process.signal(signal.SIGHUP)
            a.process.expect(r"Reload complete", 20, asked)
            time.sleep(1.5)
            self.assertIsNone(a.process.find(r"Changing effective priority", asked))

    def test_hanging_script_skips_its_own_runs_only(self):
        text = (self.script(['script "@DIR@/hang"', "interval 1", "timeout 1", "weight -1"])
                + block("vrrp_script", "quick", ['script "@DIR@/quick"', "interval 0.3",
                                                 "weight 1"]))
        with Pair(config(110, text, tracked("script", "chk", "quick"))) as pair:
            write(pair.path("hang"), "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 60; done\n")
            write(pair.path("quick"), f"#!/bin/sh\ndate +%s.%N >> {pair.path('runs')}\n")
            for name in ("hang", "quick"):
                os.chmod(pair.path(name), 0o755)
            a, = pair.nodes
            a.start()
            a.process.expect(r"VRRP_Script\(chk\) timed_out after 1\.\d+ s", 8)
            a.process.expect(r"script chk: \d+ runs skipped so far", 10)

            def runs():
                with open(pair.path("runs"), encoding="ascii") as file:
                    return [float(line) for line in file]
            wait_until(lambda: len(runs()) >= 10, 10, "runs of the other script")
            gaps = [b - a for a, b in zip(runs(), runs()[1:])]
            self.assertLess(max(gaps), 1.0)
            begin = time.monotonic()
            self.assertEqual(a.process.stop(), 0)
            self.assertLess(time.monotonic() - begin, 6)

    @unittest.skipUnless(os.path.isdir(FREEZER), "no freezer cgroup (version 1)")
    def test_process_that_no_signal_ends_delays_nothing(self):
        text = (self.script(['script "@DIR@/stuck"', "interval 3", "timeout 3", "fall 3",
                             "weight -1"])
                + block("vrrp_script", "quick", ['script "@DIR@/quick"', "interval 0.3",
                                                 "weight 1"]))
        group = os.path.join(FREEZER, f"alibi-test-{os.getpid()}")
        os.mkdir(group)
        try:
            with Pair(config(110, text, tracked("script", "chk", "quick"))) as pair:
                write(pair.path("stuck"), f"#!/bin/sh\n[ -e {pair.path('ran')} ] || "
                                          f"exec touch {pair.path('ran')}\n"
                                          f"echo $$ > {pair.path('pid')}\nexec sleep 600\n")
                write(pair.path("quick"), f"#!/bin/sh\necho >> {pair.path('runs')}\n")
                for name in ("stuck", "quick"):
                    os.chmod(pair.path(name), 0o755)
                a, = pair.nodes
                a.start()
                wait_until(lambda: os.path.exists(pair.path("pid"))
                           and os.path.getsize(pair.path("pid")), 8, "the script")
                # Frozen, it sleeps where SIGKILL does not reach it, as on a dead disk.
                with open(pair.path("pid"), encoding="ascii") as pid:
                    write(os.path.join(group, "tasks"), pid.read())
                write(os.path.join(group, "freezer.state"), "FROZEN")
                a.process.expect(r"Script `chk` timed out after 3", 8)
                a.process.expect(r"script chk: process \d+ does not end, killed or not \(state \w",
                                 15)
                # It fails for as long as it is there, and not once.
                a.process.expect(r"Changing effective priority from 111 to 110", 15)
                size = os.path.getsize(pair.path("runs"))
                wait_until(lambda: os.path.getsize(pair.path("runs")) > size + 3, 5, "more runs")
                begin = time.monotonic()
                self.assertEqual(a.process.stop(), 0)
                self.assertLess(time.monotonic() - begin, 8)
        finally:
            write(os.path.join(group, "freezer.state"), "THAWED")

            def empty():
                with open(os.path.join(group, "tasks"), encoding="ascii") as tasks:
                    return not tasks.read()
            wait_until(empty, 5, "the script's end")
            os.rmdir(group)

    @unittest.skipUnless(os.path.isdir(PIDS), "no pids cgroup (version 1)")
    def test_script_that_cannot_be_started_says_nothing(self):
        text = self.script(['script "test -e @DIR@/healthy"', "interval 0.3", "fall 2"])
        group = os.path.join(PIDS, f"alibi-test-{os.getpid()}")
        os.mkdir(group)
        try:
            with Pair(config(110, text, tracked("script", "chk")), config(100)) as pair:
                write(pair.path("healthy"), "")
                a, _ = pair.elect()
                write(os.path.join(group, "cgroup.procs"), str(a.child("alibi-tracker")))
                write(os.path.join(group, "pids.max"), "0")  # out of processes, as by a fork bomb
                a.process.expect(r"script chk: cannot fork to run test: .*; 8 runs missed, "
                                 r"its state stays", 8)
                self.assertIsNone(a.process.find("Entering FAULT STATE"))
                write(os.path.join(group, "pids.max"), "max")
                a.process.expect(r"script chk runs again, after \d+ runs", 3)
                os.unlink(pair.path("healthy"))
                a.process.expect(r"Entering FAULT STATE.*script chk failed", 3)
        finally:
            os.rmdir(group)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
