# SPDX-License-Identifier: Apache-2.0
"""A live pair of one kind, keepalived or alibi run, with a client that probes the address.

Master `a` (priority 150) has control groups, a loop file system and a syslog reader of its own, so
that each of them can be stalled; `b` (100) and the client are left alone. The client asks by ARP
and by TCP every 20 ms; which MAC answered says who. tcpdump at b's interface sees every advert."""
import json
import os
import shutil
import signal
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "support"))
from groups import Groups, read_text  # noqa: E402
from netns import Lab, run, wait_until  # noqa: E402
from wire import Prober, read_adverts  # noqa: E402

VIP = "10.77.0.100"
PRELUDE = r"""
mount --make-rprivate /
mkdir -p "$DIR/dev" && mount -t tmpfs -o mode=755 dev "$DIR/dev"
for node in null zero full random urandom tty; do
  touch "$DIR/dev/$node"; mount --bind "/dev/$node" "$DIR/dev/$node"
done
mkdir "$DIR/dev/shm" "$DIR/dev/pts"
mount --rbind "$DIR/dev" /dev
mount -t tmpfs run /run
busybox syslogd -n -O "$DIR/messages" >/dev/null 2>&1 &
echo $! > "$DIR/syslogd.pid"
until [ -S /dev/log ]; do sleep 0.02; done
mount -t tmpfs tmp /tmp  # dumps go there
touch "$DIR/ready"
until [ -e "$DIR/go" ]; do sleep 0.02; done  # it is put into its control groups meanwhile
exec "$@"
"""
AUTHENTICATION = """authentication {
        auth_type PASS
        auth_pass secret
    }"""


def config(priority, extra_instance="", definitions="", scripts="", instances="", interval=1):
    return f"""global_defs {{
    router_id bench
    script_user root
    vrrp_garp_master_refresh 1
    {definitions}
}}
{scripts}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    version {2 if interval == int(interval) else 3}
    virtual_router_id 77
    priority {priority}
    advert_int {interval}
    {AUTHENTICATION if interval == int(interval) else ""}
    virtual_ipaddress {{
        {VIP}
    }}
    {extra_instance}
}}
{instances}
"""


def command(kind, alibi, path, directory, options=()):
    if kind == "alibi":
        return [alibi, "run", "-n", "-D", "--log", "syslog", "-f", path, *options]
    return ["keepalived", "-n", "-D", "-P", "-f", path, "-p", f"{directory}/parent.pid",
            "-r", f"{directory}/vrrp.pid", *options]


def copy_uncached(program, directory):
    """A copy whose pages are in no cache, so that they are charged to who runs it."""
    path = shutil.copy(shutil.which(program), directory)
    with open(path, "rb") as copy:
        os.fsync(copy.fileno())
        os.posix_fadvise(copy.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return path


class LoopDisk:
    """An ext4 of its own for the master's log."""

    def __init__(self, directory, megabytes=24):
        self.image = os.path.join(directory, "disk")
        self.mount = os.path.join(directory, "logs")
        os.mkdir(self.mount)
        run("truncate", "-s", f"{megabytes}M", self.image)
        run("mkfs.ext4", "-q", "-F", self.image)
        run("mount", "-o", "loop", self.image, self.mount)

    def freeze(self, frozen):
        run("fsfreeze", "-f" if frozen else "-u", self.mount, check=False)

    def close(self):
        self.freeze(False)
        run("umount", "-l", self.mount, check=False)


class Pair:
    """Options: config (text of a priority), interfaces, instances (on all of them), wrap (words of
    the master's command), daemon_options (kind -> words), own_program (a copy for the master)."""

    def __init__(self, kind, alibi, **options):
        self.kind = kind
        self.alibi = alibi
        self.options = options
        self.directory = tempfile.mkdtemp(prefix="alibi-bench-", dir="/var/tmp")
        self.lab = Lab().__enter__()
        self.close_last = []
        self.capture_file = os.path.join(self.directory, "adverts.pcap")

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):  # the Lab's own would leave the disk behind
            signal.signal(number, lambda n, _: sys.exit(128 + n))
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _build(self):
        self.disk = LoopDisk(self.directory)
        self.close_last.append(self.disk)
        self.groups = Groups("a")
        self.close_last.append(self.groups)
        self._network()
        for node in (self.a, self.b):  # a service behind the address
            server = node.start(["python3", "-c", "import socket\ns=socket.create_server(('',80))\n"
                                 "print('up', flush=True)\nwhile 1: s.accept()[0].close()"])
            server.expect("up")
        self.tcpdump = self.b.start(["tcpdump", "-i", "eth0", "-U", "--immediate-mode", "-B",
                                     "8192", "-s", "128", "-Z", "root", "-w", self.capture_file,
                                     "ip proto 112"])
        self.tcpdump.expect("listening on", 20)
        self.start("a", 150, disk=True)
        self.start("b", 100, disk=False)
        count = self.options.get("instances", 1)
        wait_until(lambda: self.runs("a") and self.master_addresses() >= count, 40, "a master")
        wait_until(lambda: self.runs("b") and VIP not in self.b.addresses() and
                   self.log("b").count("Entering BACKUP STATE") >= count, 20, "b backup")
        self.prober = Prober(self.client.name, VIP)
        self.prober.start()
        self.prober.ready.wait(5)

    def _network(self):
        self.a, self.b, self.client = self.lab.segment(["a", "b", "client"])
        for node, address in ((self.a, 1), (self.b, 2), (self.client, 9)):
            node.add_address(f"10.77.0.{address}/24")
        for number in range(1, self.options.get("interfaces", 1)):  # a VRID is free once on each
            self.a.ip("link", "add", f"eth{number}", "type", "veth", "peer", "name",
                      f"eth{number}", "netns", self.b.name)
            for node, address in ((self.a, 1), (self.b, 2)):
                node.add_address(f"10.{77 + number}.0.{address}/24", f"eth{number}")
                node.ip("link", "set", f"eth{number}", "up")
        self.macs = {name: json.loads(node.ip("-j", "link", "show", "eth0"))[0]["address"]
                     for name, node in (("a", self.a), ("b", self.b))}

    def master_addresses(self):
        """How many addresses a has beside its own."""
        numbers = range(self.options.get("interfaces", 1))
        return sum(len([x for x in self.a.addresses(f"eth{n}") if ":" not in x]) - 1
                   for n in numbers)

    def start(self, name, priority, disk):
        node = getattr(self, name)
        directory = os.path.join(self.directory, name)
        os.makedirs(directory, exist_ok=True)
        path = os.path.join(directory, "keepalived.conf")
        text = self.options.get("config", config)(priority)
        with open(path, "w", encoding="ascii") as out:
            out.write(text.replace("@DIR@", directory)
                      .replace("@DISK@", self.disk.mount if disk else directory))
        words = command(self.kind, self.alibi, path, directory,
                        self.options.get("daemon_options", {}).get(self.kind, ()))
        if disk and self.options.get("own_program"):
            words[0] = copy_uncached(words[0], directory)
        if disk and "wrap" in self.options:
            words = self.options["wrap"](self, words)
        process = node.start(["env", f"DIR={directory}", "unshare", "-m", "bash", "-c", PRELUDE,
                              "bash", *words], collect="ALIBI_BENCH_DEBUG" in os.environ)
        wait_until(lambda: os.path.exists(os.path.join(directory, "ready")), 10, "the node's /dev")
        if disk:
            self.groups.adopt(process.pid)
            if process.pid not in self.groups.pids():
                raise AssertionError("the master is not in its control group")
        with open(os.path.join(directory, "go"), "w", encoding="ascii"):
            pass
        setattr(self, "daemon_" + name, process)

    def runs(self, name):
        """True; AssertionError when it has ended (a program in /tmp is not seen by the nodes)."""
        process = getattr(self, "daemon_" + name)
        if process.popen.poll() is not None:
            raise AssertionError(f"{name} ended: {' '.join(process.command)}")
        return True

    def log(self, name):
        return read_text(os.path.join(self.directory, name, "messages"))

    def syslog_reader(self):
        return int(read_text(os.path.join(self.directory, "a", "syslogd.pid")))

    def family(self):
        """(pid, comm) of a's daemon and all below it."""
        found, todo = [], [self.daemon_a.pid]
        while todo:
            pid = todo.pop()
            name = read_text(f"/proc/{pid}/comm").strip()
            if name:
                found.append((pid, name))
            tasks = os.listdir(f"/proc/{pid}/task") if os.path.isdir(f"/proc/{pid}/task") else ()
            for task in tasks:
                todo += [int(p) for p in read_text(f"/proc/{pid}/task/{task}/children").split()]
        return found

    def daemons(self):
        """The pids of its processes without syslogd and scripts."""
        return [pid for pid, name in self.family() if name.startswith(("alibi", "keepalived"))]

    def vrrp_pid(self):
        wanted = "alibi-keeper" if self.kind == "alibi" else "keepalived"
        for pid, name in self.family():
            if name == wanted and pid != self.daemon_a.pid:
                return pid
        raise AssertionError(f"no process {wanted} of a")

    def adverts(self):
        """(unix time, last octet of the source, VRID, priority) of everything captured so far."""
        return list(read_adverts(self.capture_file))

    def close(self):
        if hasattr(self, "prober"):
            self.prober.close()
        if hasattr(self, "disk"):
            self.disk.freeze(False)
        if hasattr(self, "groups"):
            self.groups.write("freezer", "freezer.state", "THAWED")
        self.lab.close()
        for closing in reversed(self.close_last):
            closing.close()
        shutil.rmtree(self.directory, ignore_errors=True)
