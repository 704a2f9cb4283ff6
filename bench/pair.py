# SPDX-License-Identifier: Apache-2.0
"""A live pair of one kind, keepalived or alibi run, with a client that probes the address.

Master `a` (priority 150) has control groups, a loop file system and a syslog reader of its own, so
that each of them can be stalled; `b` (100) and the client are left alone. The client asks by ARP
and by TCP every 20 ms; which MAC answered says who. tcpdump at b's interface sees every advert."""
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "support"))
from netns import Lab, run, wait_until  # noqa: E402

VIP = "10.77.0.100"
GROUPS = "/sys/fs/cgroup"
PRELUDE = r"""
mount --make-rprivate /
mkdir -p "$DIR/dev" && mount -t tmpfs -o mode=755 dev "$DIR/dev"
for node in null zero full random urandom tty; do
  touch "$DIR/dev/$node"; mount --bind "/dev/$node" "$DIR/dev/$node"
done
mkdir "$DIR/dev/shm" "$DIR/dev/pts"
mount --rbind "$DIR/dev" /dev
mount -t tmpfs run /run
busybox syslogd -n -O "$LOGS/messages" >/dev/null 2>&1 &
echo $! > "$DIR/syslogd.pid"
until [ -S /dev/log ]; do sleep 0.02; done
mount -t tmpfs tmp /tmp  # dumps go there
for group in $CGROUPS; do echo $$ > "$group/cgroup.procs"; done
exec "$@"
"""


def config(priority, extra_instance="", definitions="", scripts="", instances=""):
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
    virtual_router_id 77
    priority {priority}
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass secret
    }}
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


class Groups:
    """One group in each of the v1 controllers that a stall may use."""

    def __init__(self, label):
        self.paths = {}
        for controller in ("cpu", "memory", "pids", "freezer"):
            path = f"{GROUPS}/{controller}/alibi-bench-{os.getpid()}-{label}"
            if os.path.isdir(f"{GROUPS}/{controller}"):
                os.makedirs(path, exist_ok=True)
                self.paths[controller] = path
        # Where the kernel has it, a group without real-time runtime may not use it.
        self.write("cpu", "cpu.rt_runtime_us", 200000)

    def write(self, controller, name, value):
        path = os.path.join(self.paths.get(controller, ""), name)
        if os.path.exists(path):
            try:
                with open(path, "w", encoding="ascii") as out:
                    out.write(str(value))
            except OSError as error:
                print(f"bench: {path}: {error}", file=sys.stderr)

    def pids(self, controller):
        try:
            with open(self.paths[controller] + "/cgroup.procs", encoding="ascii") as procs:
                return [int(pid) for pid in procs.read().split()]
        except OSError:
            return []

    def close(self):
        self.write("freezer", "freezer.state", "THAWED")
        for path in self.paths.values():
            for _ in range(50):
                try:
                    with open(path + "/cgroup.procs", encoding="ascii") as procs:
                        for pid in procs.read().split():
                            os.kill(int(pid), signal.SIGKILL)
                    os.rmdir(path)
                    break
                except (OSError, ProcessLookupError):
                    time.sleep(0.1)


class Prober(threading.Thread):
    """In the client's namespace: an ARP request and a TCP connect every 20 ms. `answers` holds
    (unix time, MAC) of every ARP reply, `connects` (unix time, worked)."""

    def __init__(self, namespace, period=0.02):
        super().__init__(daemon=True)
        self.namespace = namespace
        self.period = period
        self.answers = []
        self.connects = []
        self.ended = threading.Event()
        self.ready = threading.Event()

    def run(self):
        # setns(2) moves this thread alone.
        with open(f"/run/netns/{self.namespace}", "rb") as netns:
            import ctypes
            if ctypes.CDLL(None, use_errno=True).setns(netns.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        arp = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
        arp.bind(("eth0", 0x0806))
        arp.setblocking(False)
        mac = arp.getsockname()[4]
        request = (b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + mac +
                   socket.inet_aton("10.77.0.9") + b"\0" * 6 + socket.inet_aton(VIP))
        self.ready.set()
        pending = []
        while not self.ended.is_set():
            arp.send(request)
            tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            tcp.connect_ex((VIP, 80))
            pending.append((time.time(), tcp))
            time.sleep(self.period)
            self._collect(arp)
            pending = self._judge(pending)
        arp.close()

    def _collect(self, arp):
        while True:
            try:
                frame = arp.recv(128)
            except BlockingIOError:
                return
            if frame[20:22] == b"\0\2" and frame[28:32] == socket.inet_aton(VIP):
                self.answers.append((time.time(), frame[22:28].hex(":")))

    def _judge(self, pending):
        left = []
        for begun, tcp in pending:
            error = tcp.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            state = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
            if error == 0 and state not in (2, 7):  # neither SYN_SENT nor CLOSE: it was accepted
                self.connects.append((begun, True))
            elif error != 0 or time.time() - begun > 0.3:
                self.connects.append((begun, False))
            else:
                left.append((begun, tcp))
                continue
            tcp.close()
        return left

    def close(self):
        self.ended.set()
        self.join(5)


class Pair:
    def __init__(self, kind, alibi, **options):
        self.kind = kind
        self.alibi = alibi
        self.options = options
        self.directory = tempfile.mkdtemp(prefix="alibi-bench-", dir="/var/tmp")
        self.lab = Lab().__enter__()
        self.close_last = []
        self.capture_file = os.path.join(self.directory, "adverts.pcap")

    def __enter__(self):
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
        for node in (self.a, self.b):  # a service behind the address
            server = node.start(["python3", "-c", "import socket\ns=socket.create_server(('',80))\n"
                                 "print('up', flush=True)\nwhile 1: s.accept()[0].close()"])
            server.expect("up")
        self.tcpdump = self.b.start(["tcpdump", "-i", "eth0", "-U", "--immediate-mode", "-B", "8192",
                                     "-s", "128", "-Z", "root", "-w", self.capture_file,
                                     "ip proto 112"])
        self.tcpdump.expect("listening on", 20)
        self.start("b", 100, disk=False)
        wait_until(lambda: VIP in self.b.addresses(), 20, "b master")
        self.start("a", 150, disk=True)
        wait_until(lambda: VIP in self.a.addresses() and VIP not in self.b.addresses(), 20,
                   "a master")
        self.prober = Prober(self.client.name)
        self.prober.start()
        self.prober.ready.wait(5)

    def start(self, name, priority, disk):
        node = getattr(self, name)
        directory = os.path.join(self.directory, name)
        os.makedirs(directory, exist_ok=True)
        path = os.path.join(directory, "keepalived.conf")
        text = self.options.get("config", config)(priority)
        with open(path, "w", encoding="ascii") as out:
            out.write(text.replace("@DIR@", directory))
        words = command(self.kind, self.alibi, path, directory,
                        self.options.get("daemon_options", {}).get(self.kind, ()))
        if disk and "wrap" in self.options:
            words = self.options["wrap"](self, words)
        environment = {"DIR": directory, "LOGS": self.disk.mount if disk else directory,
                       "CGROUPS": " ".join(self.groups.paths.values()) if disk else ""}
        settings = [f"{key}={value}" for key, value in environment.items()]
        process = node.start(["env", *settings, "unshare", "-m", "bash", "-c", PRELUDE, "bash",
                              *words], collect="ALIBI_BENCH_DEBUG" in os.environ)
        setattr(self, "daemon_" + name, process)

    def syslog_reader(self):
        with open(os.path.join(self.directory, "a", "syslogd.pid"), encoding="ascii") as pid:
            return int(pid.read())

    def child(self, comm):
        """The pid of a's process of that name (comm)."""
        todo = [self.daemon_a.pid]
        while todo:
            pid = todo.pop()
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as name:
                    if name.read().strip() == comm and pid != self.daemon_a.pid:
                        return pid
                with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
                    todo += [int(p) for p in children.read().split()]
            except FileNotFoundError:
                continue
        raise AssertionError(f"no process {comm} of a")

    def vrrp_pid(self):
        return self.child("alibi-keeper" if self.kind == "alibi" else "keepalived")

    def adverts(self):
        """(unix time, last octet of the source, VRID, priority) of everything captured so far."""
        return list(read_adverts(self.capture_file))

    def close(self):
        if hasattr(self, "prober"):
            self.prober.close()
        for closing in self.close_last:
            if isinstance(closing, LoopDisk):
                closing.freeze(False)
        self.groups.write("freezer", "freezer.state", "THAWED") if hasattr(self, "groups") else None
        self.lab.close()
        for closing in reversed(self.close_last):
            closing.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def read_adverts(path):
    """A plain pcap, microseconds, as tcpdump -w makes it; stops at the first half packet."""
    with open(path, "rb") as capture:
        data = capture.read()
    at = 24
    while at + 16 <= len(data):
        seconds, micros, length, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        if len(frame) < 42 or len(frame) < length:
            continue
        header = 14 + (frame[14] & 15) * 4
        yield seconds + micros / 1e6, frame[29], frame[header + 1], frame[header + 2]


def figures(pair, begin, end):
    """What the wire and the client say about [begin, end]."""
    adverts = [x for x in pair.adverts() if begin - 1.5 <= x[0] <= end and x[2] == 77]
    ours = [x for x in adverts if x[1] == 1]
    gaps = [b[0] - a[0] for a, b in zip(ours, ours[1:]) if b[0] >= begin]
    # A fail-over: an advert of b that was not master before.
    takeovers = sum(1 for before, now in zip(adverts, adverts[1:])
                    if now[1] == 2 and before[1] == 1 and now[0] >= begin and now[3] != 0)
    answers = [x for x in pair.prober.answers if begin <= x[0] <= end]
    both = 0.0
    last = {}
    for at, mac in answers:
        last[mac] = at
        other = pair.macs["b" if mac == pair.macs["a"] else "a"]
        # Two nodes answered the same question, or two of them 20 ms apart.
        if at - last.get(other, 0) < 0.03:
            both += 0.02
    first_b = next((x[0] for x in adverts if x[1] == 2 and x[0] >= begin and x[3] != 0), None)
    stale = sum(1 for at, mac in answers if first_b and mac == pair.macs["a"] and
                first_b + 0.001 < at < next((x[0] for x in ours if x[0] > first_b), end))
    connects = [ok for at, ok in pair.prober.connects if begin <= at <= end]
    return {"failovers": takeovers, "latest_advert_s": round(max(gaps, default=end - begin), 3),
            "two_answering_s": round(both / 2, 2), "answered_by_old": stale,
            "availability": round(sum(connects) / max(len(connects), 1), 4)}
