#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""alibi lab: builds, faults and takes down labs of its own names; each test looks for leftovers of
them in namespaces, mounts, loop devices, control groups, processes and files."""
import fcntl
import glob
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

ALIBI = sys.argv.pop(1)


def alibi(*words, check=True):
    done = subprocess.run([ALIBI, "lab", *words], capture_output=True, text=True, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(f"alibi lab {' '.join(words)}: {done.returncode} {done.stderr}")
    return done


def await_true(condition, limit, what):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {limit} s for {what}")
        time.sleep(0.05)


def mounts():
    return pathlib.Path("/proc/self/mounts").read_text().splitlines()


def processes(name):
    """Processes in the control groups of a lab, and inits of its hosts."""
    found = set()
    for procs in glob.glob(f"/sys/fs/cgroup/**/alibi-lab/{name}/**/cgroup.procs", recursive=True):
        found.update(pathlib.Path(procs).read_text().split())
    for cmdline in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            words = pathlib.Path(cmdline).read_bytes().split(b"\0")
        except OSError:
            continue
        if words[1:5] == [b"lab", b"host-init", b"--lab", name.encode()]:
            found.add(cmdline.split("/")[2])
    return found


def traces(name):
    """Everything on this machine that belongs to the lab `name`."""
    # Hosts have no '-' in their names: "alibi-a-b-host" is of lab "a-b", not "a".
    found = [f"netns {n}" for n in glob.glob(f"/run/netns/alibi-{name}-*")
             if "-" not in n.removeprefix(f"/run/netns/alibi-{name}-")]
    found += [f"mount {m}" for m in mounts()
              if re.search(rf"/alibi-{name}-[a-z0-9]+ ", m) or f"/lab-{name}/" in m]
    found += [f"loop {device}" for device in loops_of(name)]
    found += [f"cgroup {g}" for g in glob.glob(f"/sys/fs/cgroup/**/alibi-lab/{name}",
                                               recursive=True)]
    found += [f"process {p}" for p in processes(name)]
    found += [f"file {f}" for f in (f"/run/alibi-lab/{name}", f"/var/lib/alibi-lab/lab-{name}")
              if os.path.exists(f)]
    return found


def loops_of(name):
    """Loop devices that carry the tag of a lab: lo_file_name of struct loop_info64."""
    found = []
    for path in glob.glob("/sys/block/loop*/loop"):
        device = path.split("/")[3]
        status = bytearray(232)
        try:
            with open(f"/dev/{device}", "rb") as loop:
                fcntl.ioctl(loop, 0x4C05, status)  # LOOP_GET_STATUS64
        except OSError:
            continue  # detached meanwhile
        if status[56:120].startswith(f"alibi-lab/{name}/".encode()):
            found.append(device)
    return found


@unittest.skipIf(os.geteuid() != 0, "a lab needs root")
class LabTest(unittest.TestCase):
    def setUp(self):
        self.names = []

    def name(self, suffix):
        self.names.append(f"t{os.getpid()}{suffix}")
        return self.names[-1]

    def tearDown(self):
        for name in self.names:
            alibi("down", "--name", name, check=False)
            self.assertEqual(traces(name), [])

    def assert_gone(self, name):
        self.assertEqual(traces(name), [])

    def test_up_and_down_leave_nothing(self):
        name = self.name("a")
        before = set(mounts())
        begin = time.monotonic()
        alibi("up", "--name", name)
        self.assertLess(time.monotonic() - begin, 30)  # 5 s on an idle machine
        self.assertGreater(len(traces(name)), 20)
        self.assertEqual(len(alibi("taps", "--name", name).stdout.split()), 17)
        page = alibi("exec", "--name", name, "client", "--", "busybox", "wget", "-q", "-O", "-",
                     "http://192.168.205.7/")
        self.assertRegex(page.stdout, "web0[12]")
        await_true(lambda: "Entering MASTER" in alibi("mails", "--name", name).stdout, 10,
                   "the mail of the new master")
        alibi("down", "--name", name)
        self.assert_gone(name)
        self.assertEqual({m for m in set(mounts()) - before
                          if "alibi" in m and "netns" not in m}, set())
        alibi("down", "--name", name)  # once more is no error

    def test_down_after_sigkill_with_a_frozen_disk(self):
        name = self.name("b")
        alibi("up", "--name", name, "--log", "file")
        fault = subprocess.Popen([ALIBI, "lab", "fault", "disk.stall", "--name", name, "--for",
                                  "60"], stdout=subprocess.PIPE, text=True)
        self.assertIn("frozen", fault.stdout.readline())
        time.sleep(1.5)  # the keeper is to be stuck in a write; no sign of that can be awaited
        fault.send_signal(signal.SIGKILL)
        fault.wait()
        fault.stdout.close()
        alibi("down", "--name", name)
        self.assert_gone(name)

    def test_sigkill_of_a_run(self):
        name = self.name("c")
        run = subprocess.Popen([ALIBI, "lab", "run", "process.stop", "--name", name],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        await_true(lambda: len(glob.glob(f"/run/netns/alibi-{name}-*")) >= 5 or
                   run.poll() is not None, 30, "half of the hosts")
        run.send_signal(signal.SIGKILL)
        run.wait()
        # Its hosts die with it, without anybody's help.
        await_true(lambda: not processes(name), 5, "the hosts to end")
        alibi("down", "--name", name)
        self.assert_gone(name)

    def test_interrupted_up_takes_down_what_it_built(self):
        name = self.name("g")
        up = subprocess.Popen([ALIBI, "lab", "up", "--name", name], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
        await_true(lambda: len(loops_of(name)) >= 2 or up.poll() is not None, 30, "two disks")
        up.send_signal(signal.SIGTERM)
        self.assertIn("interrupted", up.communicate(timeout=30)[1])
        self.assertEqual(up.returncode, 1)
        self.assert_gone(name)

    def test_inits_killed_with_a_frozen_disk(self):
        """The last mount of a frozen file system is gone: it still has to be found and thawed."""
        name = self.name("d")
        alibi("up", "--name", name)
        self.assertEqual(len(loops_of(name)), 4)
        fault = subprocess.Popen([ALIBI, "lab", "fault", "log.disk", "--name", name, "--for", "60"],
                                 stdout=subprocess.PIPE, text=True)
        self.assertIn("frozen", fault.stdout.readline())
        fault.send_signal(signal.SIGKILL)
        fault.wait()
        fault.stdout.close()
        for pid in processes(name):
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        alibi("down", "--name", name)
        self.assert_gone(name)

    def assert_path_has_all_taps(self, name):
        """alibi path, which knows nothing of labs, finds A to Q in order, and what is between."""
        known = re.findall(r"=(\S+?@\S+?):", alibi("taps", "--name", name).stdout)
        self.assertEqual(len(known), 17)
        ends = [f"alibi-{name}-loadbalancer0{i}/eth0" for i in (1, 2)]
        done = subprocess.run([ALIBI, "path", "--json", *ends], capture_output=True, text=True,
                              check=True, timeout=30)
        found = iter(f"{hop['interface']}@{hop['netns']}" for hop in json.loads(done.stdout)["hops"])
        self.assertEqual([tap for tap in known if tap not in found], [])

    def test_two_labs_side_by_side(self):
        one, two = self.name("e"), self.name("e-f")  # one name begins with the other
        alibi("up", "--name", one)
        alibi("up", "--name", two)
        alibi("fault", "admin.stop", "--name", one, "--for", "2")
        healthy = [line.split(":")[0] for line in alibi("status").stdout.splitlines()
                   if ": healthy" in line]
        self.assertIn(one, healthy)
        self.assertIn(two, healthy)
        alibi("down", "--name", one)
        self.assert_gone(one)
        self.assertIn(f"{two}: healthy", alibi("status").stdout)
        self.assert_path_has_all_taps(two)
        alibi("down", "--name", two)
        self.assert_gone(two)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("a lab needs root: skipped")
        sys.exit(77)
    unittest.main()
