# SPDX-License-Identifier: Apache-2.0
"""Configurations and consoles of the pairs that bench/stalls.py stalls."""
import fcntl
import os
import socket

from pair import Pair, config

F_SETPIPE_SZ = 1031


def many_instances(count, interval):
    """`count` more instances, 250 on an interface; none has an address that the client asks for."""
    return "\n".join(
        f"""vrrp_instance X{i} {{
    state BACKUP
    interface eth{i // 250}
    version 3
    virtual_router_id {1 + i % 250 if 1 + i % 250 != 77 else 251}
    priority @PRIORITY@
    advert_int {interval}
    virtual_ipaddress {{
        10.{177 + i // 250}.0.{1 + i % 250}
    }}
}}""" for i in range(count))


def with_many(count, interval):
    """`count` instances in all, at that interval."""
    return lambda priority: config(priority, interval=interval, instances=many_instances(
        count - 1, interval).replace("@PRIORITY@", str(priority)))


def with_script(words, timeout="", fall=30):
    script = f"""vrrp_script chk {{
    script "{words}"
    interval 1
    {timeout}
    weight 0
    fall {fall}
    rise 1
}}
"""
    return lambda priority: config(priority, extra_instance="track_script {\n chk\n }",
                                   scripts=script)


def console_to(target):
    def wrap(pair, words):
        words = [*words, "-l"] if pair.kind == "keepalived" else \
            [w if w != "syslog" else "stderr" for w in words]
        return ["bash", "-c", f'exec "$@" >> {target(pair)} 2>&1', "bash", *words]
    return wrap


def on_disk(pair):
    return f"{pair.disk.mount}/console"


class FullPipe:
    """A console of one page that is read, until fill() makes it full and drain() empties it."""

    def __init__(self, path):
        self.path = path
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self.fd, F_SETPIPE_SZ, 4096)

    def empty(self):
        try:
            while os.read(self.fd, 65536):
                pass
        except BlockingIOError:
            pass

    def fill(self):
        self.empty()
        written = 0
        try:
            while True:
                written += os.write(self.fd, b"\n")
        except BlockingIOError:
            return written

    def close(self):
        self.empty()
        os.close(self.fd)


def full_pipe(pair):
    pair.console = FullPipe(os.path.join(pair.directory, "console"))
    pair.close_last.append(pair.console)
    return pair.console.path


def fill_syslog(pair):
    """Lines into the node's /dev/log, until its queue takes no more. Returns how many."""
    path = f"/proc/{pair.daemon_a.pid}/root/dev/log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as log:
        log.connect(path)
        for count in range(100000):
            try:
                log.send(b"<30>bench: a line that nobody reads")
            except BlockingIOError:
                return count
    raise AssertionError("a syslog queue without an end")


class ScriptPair(Pair):
    """With `check`, which ignores SIGTERM and hangs while the file `hang` is there."""

    def _build(self):
        for name in ("a", "b"):
            directory = os.path.join(self.directory, name)
            os.makedirs(directory, exist_ok=True)
            path = os.path.join(directory, "check")
            with open(path, "w", encoding="ascii") as out:
                out.write("#!/bin/bash\ntrap '' TERM\n"
                          f"while [ -e {directory}/hang ]; do sleep 0.2; done\nexit 0\n")
            os.chmod(path, 0o755)
        super()._build()
