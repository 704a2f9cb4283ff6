# SPDX-License-Identifier: Apache-2.0
"""A guest of QEMU without KVM: its console, and what a hypervisor may do to it."""
import json
import os
import signal
import socket
import subprocess
import threading
import time


class Guest:
    """Boots KERNEL with ARCHIVE as its root; ended by `with`, whatever happens. `network` is the
    pair of datagram sockets (the guest's, the peer's) that carries the frames of its eth0; its ttyS1
    is the stream socket `line_path`, what it writes to ttyS2 comes into the file `files_path`."""

    def __init__(self, directory, kernel, archive, append, timeout):
        self.network = (os.path.join(directory, "guest.net"), os.path.join(directory, "peer.net"))
        self.monitor_path = os.path.join(directory, "qmp")
        self.line_path = os.path.join(directory, "line")
        self.files_path = os.path.join(directory, "files")
        guest, peer = self.network
        self.command = [
            "qemu-system-x86_64", "-machine", "pc", "-accel", "tcg,thread=multi",
            "-cpu", "max", "-smp", "2",
            "-m", "1024", "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio",
            "-serial", f"unix:{self.line_path},server=on,wait=off",
            "-serial", f"file:{self.files_path}",
            "-qmp", f"unix:{self.monitor_path},server=on,wait=off",
            "-netdev", f"dgram,id=n0,local.type=unix,local.path={guest},remote.type=unix,"
                       f"remote.path={peer}",
            "-device", "virtio-net-pci,netdev=n0,romfile=", "-kernel", kernel, "-initrd", archive,
            "-append", "console=ttyS0 quiet no_timer_check panic=-1 tsc=unstable " + append]
        self.timeout = timeout

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True, errors="replace")
        self.limit = threading.Timer(self.timeout, self.process.kill)  # a silent console has no line
        self.limit.start()
        return self

    def __exit__(self, *_):
        self.limit.cancel()
        self.process.kill()
        self.process.wait()

    def console(self):
        return self.process.stdout

    def pause(self, seconds):
        """The whole of QEMU is stopped: as a hypervisor that finds no time for the guest, whose
        clocks go on."""
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def halt(self, seconds):
        """QMP `stop`, `cont`: the guest's CPUs and all its clocks but the battery's stand still."""
        self.tell("stop")
        time.sleep(seconds)
        self.tell("cont")

    def cpu_threads(self):
        """The thread that runs each virtual CPU (thread=multi), in the order of the CPUs."""
        cpus = self.tell("query-cpus-fast")
        return [cpu["thread-id"] for cpu in sorted(cpus, key=lambda cpu: cpu["cpu-index"])]

    def line(self):
        """The other end of its ttyS1."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.line_path)
        return connection

    def tell(self, command):
        """One QMP command; what it returned."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(30)
            monitor.connect(self.monitor_path)
            stream = monitor.makefile("rw", encoding="utf-8")
            json.loads(stream.readline())  # the greeting
            for name in ("qmp_capabilities", command):
                stream.write(json.dumps({"execute": name}) + "\n")
                stream.flush()
                while "return" not in (answer := json.loads(stream.readline())):
                    if "error" in answer:
                        raise RuntimeError(f"QMP {name}: {answer['error']}")
            return answer["return"]
