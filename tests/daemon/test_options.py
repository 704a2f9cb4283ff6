# SPDX-License-Identifier: Apache-2.0
"""Options of global_defs that change what is left on disk, how long the end may take, and what a
reload says; where keepalived 2.2.7 knows the option, it is asked first."""
import ctypes
import os
import pwd
import shutil
import signal
import stat
import tempfile
import time
import unittest

from nodes import ALIBI, VIP, Pair, config, wait_until
from test_reload import instance, reload, rewrite
from test_tooling import start_private

PTRACE_ATTACH = 16
ALONE = [ALIBI, "run", "-n", "--log", "stderr"]
KEEPALIVED = ["keepalived", "-n", "-l", "-D"]


def below(process, path):
    return f"/proc/{process.pid}/root{path}"


def named(process, folder):
    """Dump files and their modes; keepalived's parent writes one of its own."""
    found = {}
    for name in os.listdir(below(process, folder)):
        about = os.stat(below(process, folder + "/" + name))
        if stat.S_ISREG(about.st_mode) and name.startswith("keepalived."):
            found[name] = about.st_mode & 0o777
    return found


class DumpNames(unittest.TestCase):
    def setUp(self):
        # Not in /tmp, which the programs have for themselves.
        self.directory = tempfile.mkdtemp(prefix="alibi-test-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, self.directory)

    def dumped(self, node, command, text):
        """The dump files of a program with this configuration, alone in its /tmp and /run."""
        path = os.path.join(self.directory, "keepalived.conf")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        process = start_private(node.namespace, [*command, "-f", path])
        wait_until(node.has_vip, 10, process.text)
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2):
            process.signal(number)

        def all_three():
            found = named(process, "/tmp")
            return found if len(found) == 3 else None
        found = wait_until(all_three, 5, "three dump files")
        self.process = process
        return found

    def compared(self, definitions, before=""):
        with Pair(config(110)) as pair:
            node, = pair.nodes
            text = before + config(110, definitions=definitions)
            theirs = self.dumped(node, KEEPALIVED, text)
            self.process.stop()
            wait_until(lambda: not node.has_vip(), 5, "the address off")
            ours = self.dumped(node, ALONE, text)
            self.assertEqual(ours, theirs)
            self.runs = sorted(os.listdir(below(self.process, "/run/alibi")))
        return ours

    def test_umask(self):
        for umask in ("022", "IRGRP | IWGRP | IROTH", "0"):
            with self.subTest(umask):
                found = self.compared("umask " + umask)
                self.assertEqual(sorted(found), ["keepalived.data", "keepalived.json", "keepalived.stats"])

    def test_instance_in_the_names_of_dumps_and_of_the_run_folder(self):
        found = self.compared("data_use_instance", "instance two\n")
        self.assertEqual(sorted(found), ["keepalived.json", "keepalived.stats", "keepalived.two.data"])
        self.assertEqual(self.runs, ["two"])

    def test_instance_without_data_use_instance(self):
        self.assertIn("keepalived.data", self.compared("", "instance two\n"))


class WaitTime(unittest.TestCase):
    def test_child_wait_time(self):
        """A keeper that cannot end: held by a debugger."""
        for seconds in (1, 4):
            with Pair("child_wait_time %d\n" % seconds + config(110)) as pair, \
                    self.subTest(seconds):
                node, = pair.elect()
                keeper = node.child("alibi-keeper")
                self.assertEqual(ctypes.CDLL(None).ptrace(PTRACE_ATTACH, keeper, 0, 0), 0)
                begin = time.monotonic()
                node.process.popen.terminate()

                def gone():
                    try:
                        pid, status = os.waitpid(keeper, os.WNOHANG)
                    except ChildProcessError:
                        return True
                    return pid == keeper and not os.WIFSTOPPED(status)
                wait_until(gone, 10, "the keeper killed")
                self.assertAlmostEqual(time.monotonic() - begin, seconds, delta=0.7)
                self.assertEqual(node.process.stop(), 0)
                node.process.expect("alibi-keeper does not end: killed")
                self.assertFalse(node.has_vip())


class ReadOnly(unittest.TestCase):
    """Many containers have a /proc/sys that nobody may write to. keepalived goes on, with a line in
    its log."""

    def start(self, node, command):
        read_only = "mount -t proc none /proc && mount -o bind,ro /proc/sys /proc/sys && exec \"$@\""
        node.process = node.namespace.start(["unshare", "-m", "--propagation", "private", "sh", "-c",
                                             read_only, "sh", *command, "-f", node.file])
        wait_until(lambda: VIP in node.namespace.ip("addr"), 10, node.process.text)

    def test_virtual_mac(self):
        with Pair(config(110, instance="use_vmac", definitions="disable_local_igmp")) as pair:
            node, = pair.nodes
            node.namespace.exec("sysctl", "-q", "-w", "net.ipv4.conf.all.rp_filter=1")
            self.start(node, [*KEEPALIVED, "-P", "-p", pair.path("parent.pid"),
                              "-r", pair.path("vrrp.pid")])
            node.process.stop()
            self.start(node, [*ALONE, "--run-folder", node.run_folder])
            for name in ("conf/default/rp_filter|conf/eth0/rp_filter|conf/lo/rp_filter|"
                         "conf/all/rp_filter", "igmp_link_local_mcast_reports"):
                node.process.expect(f"cannot write '[01]' to /proc/sys/net/ipv4/({name}).*"
                                    "Read-only file system: going on without it")
            capture = node.namespace.capture()
            begin = time.time()
            wait_until(lambda: len(capture.adverts(begin)) >= 3, 8, "adverts")
            self.assertEqual(node.process.stop(), 0)
            self.assertNotIn("vrrp.77", node.namespace.ip("link", "show"))


class Names(unittest.TestCase):
    def names(self, node, process):
        """Of the parent, and of its children."""
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
            pids = [process.pid, *map(int, file.read().split())]
        found = []
        for pid in pids:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                found.append(file.read().strip())
        return found[0], set(found[1:])

    def test_processes_are_called_as_keepalived_s(self):
        bfd = "bfd_instance away {\n neighbor_ip 10.77.0.9\n weight 10\n}"
        track = "track_bfd {\n away\n}"
        # The teller has the name of all: keepalived has no such process.
        for definitions, extra, *tracked in (
                ("process_name lb", set()),
                ("process_name lb\n vrrp_process_name lb_vrrp", {"lb"}),
                ("process_name lb\n vrrp_process_name lb_vrrp\nbfd_process_name lb_bfd", {"lb"},
                 bfd, track)):
            text = config(110, *tracked, definitions=definitions)
            with Pair(text) as pair, self.subTest(definitions):
                node, = pair.nodes
                node.process = start_pids(node, pair, KEEPALIVED)
                node.wait_vip()
                parent, children = self.names(node, node.process)
                node.process.stop()
                node.start("--no-record").wait_vip()
                self.assertEqual(self.names(node, node.process), (parent, children | extra))


class Surroundings(unittest.TestCase):
    """What keepalived 2.2.7 does not know yet."""

    def test_folders_of_iproute2(self):
        definitions = "iproute_etc_dir @DIR@/etc\n iproute_usr_dir @DIR@/usr"
        routes = ("virtual_routes {\n 198.51.100.0/24 dev eth0 table ours\n"
                  "198.51.101.0/24 dev eth0 table theirs\n }")
        with Pair(config(110, definitions=definitions, instance=routes)) as pair:
            for folder, line in (("etc", "777 ours"), ("usr", "888 theirs\n999 ours")):
                os.mkdir(pair.path(folder))
                with open(pair.path(folder + "/rt_tables"), "w", encoding="ascii") as out:
                    out.write(line + "\n")
            node, = pair.elect()
            for table, network in (("777", "198.51.100"), ("888", "198.51.101")):
                self.assertIn(network, node.namespace.ip("route", "show", "table", table))

    def test_supplementary_groups_of_scripts(self):
        users = [user.pw_name for user in pwd.getpwall()
                 if user.pw_uid != 0 and len(os.getgrouplist(user.pw_name, user.pw_gid)) > 1]
        if not users:
            self.skipTest("no user is in several groups")
        notify = f'notify_master "/bin/sh -c \'id -G > @DIR@/groups\'" {users[0]}'
        with Pair(config(110, definitions="set_supplementary_groups", instance=notify)) as pair:
            os.chmod(pair.directory, 0o777)
            node, = pair.elect()
            path = pair.path("groups")
            wait_until(lambda: os.path.exists(path) and os.path.getsize(path), 5, "the script")
            user = pwd.getpwnam(users[0])
            with open(path, encoding="ascii") as file:
                self.assertEqual({int(word) for word in file.read().split()},
                                 set(os.getgrouplist(user.pw_name, user.pw_gid)))


class ReloadOptions(unittest.TestCase):
    def test_reload_check_config(self):
        """A word that nobody knows: keepalived goes on without it, or refuses the reload."""
        for option, accepted in (("", True), ("reload_check_config @DIR@/check", False)):
            with Pair(config(110, definitions=option)) as pair, self.subTest(option):
                node, = pair.elect()
                with open(node.file, encoding="utf-8") as file:
                    text = file.read()
                rewrite(node, text.replace("advert_int 1", "advert_int 1\n    no_such_word 1"))
                reload(node, "Reload complete" if accepted else "Reload failed")
                if option:
                    with open(pair.path("check"), encoding="utf-8") as file:
                        self.assertIn("no_such_word", file.read())
                    rewrite(node, text)
                    reload(node)

    def fifo_lines(self, pair, node, text_after):
        """What is written to the FIFO during a reload."""
        path = pair.path("fifo")
        wait_until(node.has_vip, 10, lambda: node.process.text())
        readers = {}
        got = ""

        def read(seconds):
            """Both programs may make the FIFO anew."""
            nonlocal got
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(0.02)
                if os.path.exists(path) and os.stat(path).st_ino not in readers:
                    readers[os.stat(path).st_ino] = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
                for fifo in readers.values():
                    try:
                        got += os.read(fifo, 65536).decode()
                    except BlockingIOError:
                        pass
        read(1)
        got = ""
        if text_after:
            rewrite(node, text_after)
        node.process.signal(signal.SIGHUP)
        read(6)
        for fifo in readers.values():
            os.close(fifo)
        return got.splitlines()

    def both(self, text, after=None):
        """Of keepalived and of us."""
        found = []
        for command in (KEEPALIVED, None):
            with Pair(text) as pair:
                node, = pair.nodes
                if command:
                    node.process = start_pids(node, pair, command)
                else:
                    node.start()
                found.append(self.fifo_lines(pair, node,
                                             after and after.replace("@DIR@", pair.directory)))
        return found

    FIFO = "vrrp_notify_fifo @DIR@/fifo"

    def test_states_in_the_fifo_after_a_reload(self):
        option = self.FIFO + "\n    fifo_write_vrrp_states_on_reload"
        # keepalived 2.2.7 takes the option, and writes nothing all the same.
        ours = self.both(config(110, definitions=option))[1]
        self.assertEqual(ours, ['INSTANCE "VI_1" MASTER 110'])
        self.assertEqual(self.both(config(110, definitions=self.FIFO))[1], [])

    def test_deleted_instance(self):
        for option, word in (("notify_deleted", "DELETED"), ("", "FAULT")):
            with self.subTest(option):
                one = config(110, definitions=self.FIFO)
                other = instance("VI_2", 78, 90, "10.77.0.101", extra=option)
                theirs, ours = self.both(one + other, one)
                self.assertEqual(ours, theirs)
                self.assertEqual([line.split()[:3] for line in ours],
                                 [["INSTANCE", '"VI_2"', word]])


def start_pids(node, pair, command):
    return node.namespace.start([*command, "-P", "-f", node.file, "-p", pair.path("parent.pid"),
                                 "-r", pair.path("vrrp.pid")])


if __name__ == "__main__":
    unittest.main()
