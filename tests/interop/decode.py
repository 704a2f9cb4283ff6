# SPDX-License-Identifier: Apache-2.0
"""What tcpdump and tshark think of the packets of one sender."""
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from netns import wait_until  # noqa: E402

INTERESTING = "ip proto 112 or ip6 proto 112 or arp or (icmp6 and ip6[40] == 136)"
COMPLAINT = re.compile(
    r"\bbad\b|invalid|wrong|incorrect|\[\||truncated|unknown|unsupported|missing", re.IGNORECASE)


class Record:
    """Everything that passes a namespace's interface, into a file."""

    def __init__(self, namespace, path, device="eth0"):
        self.path = path
        self.process = namespace.start(["tcpdump", "-i", device, "-U", "--immediate-mode", "-B",
                                        "4096", "-Z", "root", "-w", path, INTERESTING])
        self.process.expect("listening on", 20)

    def close(self):
        self.process.signal(signal.SIGINT)
        self.process.popen.wait(10)
        wait_until(lambda: self.process.find(r"packets captured"), 5, "tcpdump's summary")
        dropped = self.process.find(r"(\d+) packets dropped by kernel")
        assert dropped and dropped[1] == "0", self.process.text()
        return self.path


def tshark(path, expression, *fields):
    command = ["tshark", "-n", "-r", path, "-o", "ip.check_checksum:TRUE", "-Y", expression,
               "-T", "fields"]
    for field in fields or ("frame.number",):
        command += ["-e", field]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def complaints(path, mac):
    """Of both programs about the frames from `mac`, as text. That an address moved from one MAC to
    another is what VRRP is for, and tshark's warning of it is not counted."""
    found = []
    shown = subprocess.run(["tcpdump", "-n", "-vvv", "-r", path, "ether", "src", mac],
                           text=True, capture_output=True, check=True).stdout
    found += ["tcpdump: " + line for line in shown.splitlines() if COMPLAINT.search(line)]
    bad = (f"eth.src == {mac} && !arp.duplicate-address-detected && (_ws.malformed || _ws.short || "
           "_ws.expert.severity >= 0x600000 || ip.checksum.status == 0 || "
           "vrrp.checksum.status == 0)")
    found += ["tshark: frame " + " ".join(row) for row in
              tshark(path, bad, "frame.number", "_ws.col.Info", "_ws.expert.message")]
    return found


def counts(path, mac):
    """How many adverts and gratuitous ARP from `mac` tshark recognises, with good checksums."""
    return {
        "adverts": len(tshark(path, f"eth.src == {mac} && vrrp && vrrp.checksum.status == 1 && "
                                    "(ipv6 || ip.checksum.status == 1)")),
        "all adverts": len(tshark(path, f"eth.src == {mac} && vrrp")),
        "gratuitous": len(tshark(path, f"eth.src == {mac} && arp.isgratuitous")),
    }


def corrupted(path, mac):
    """A copy with the priority in the last advert from `mac` changed, to see that complaints()
    would notice."""
    copy = path + ".bad"
    with open(path, "rb") as source:
        data = bytearray(source.read())
    sender = bytes.fromhex(mac.replace(":", ""))
    at, last = 24, None
    while at + 16 <= len(data):
        frame = at + 16
        if data[frame + 6:frame + 14] == sender + b"\x08\x00" and data[frame + 23] == 112:
            last = frame
        at = frame + int.from_bytes(data[at + 8:at + 12], sys.byteorder)
    data[last + 14 + 20 + 2] ^= 0x55
    with open(copy, "wb") as out:
        out.write(data)
    return copy
