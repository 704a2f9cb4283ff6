# SPDX-License-Identifier: Apache-2.0
"""Who answers for the address, and since when another node advertises: a pair of nodes and a client
that asks without pause, all that passes node a's interface on record. The record is taken in front
of the fence for what comes in and behind it for what goes out, by one clock."""
import json
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "interop"))
from nodes import VIP, Node, Pair, config, wait_until  # noqa: E402,F401
from peers import Keepalived, mac  # noqa: E402

PROBER = os.path.join(os.path.dirname(__file__), "prober.py")
CLIENT = "10.77.0.9"
LINE = re.compile(r"^(\d+\.\d+) ([0-9a-f:]{17}) > [0-9a-f:]{17}, .*?length \d+: (.*)$")


class Asked(Pair):
    """Pair with a third node, the client. `peer`: what node b runs, "alibi" or "keepalived"."""

    def __init__(self, *texts, peer="alibi", options=()):
        nodes = [f"10.77.0.{i}/24" for i in range(1, len(texts) + 1)]
        super().__init__(*texts, config(1), addresses=(*nodes, CLIENT + "/24"))
        self.peer = peer
        self.options = options

    def _build(self):
        super()._build()
        self.client = self.nodes.pop()
        if self.peer == "keepalived":
            node = self.nodes[1]
            self.nodes[1] = Keepalived(node.namespace, self.directory, self.texts[1])
        self.macs = [mac(node.namespace) for node in self.nodes]

    @property
    def a(self):
        return self.nodes[0]

    @property
    def b(self):
        return self.nodes[1]

    def elect(self):
        self.a.start(*self.options).wait_vip()
        if len(self.nodes) > 1:
            self.b.start()
            self.b.process.expect(r"Entering BACKUP STATE")
        return self.nodes

    def ask(self, seconds=120):
        """Returns when the record and the client run."""
        self.tcpdump = self.a.namespace.start(
            ["tcpdump", "-tt", "-n", "-e", "-l", "-B", "8192", "-i", "eth0",
             f"ip proto 112 or arp or src host {VIP}"])
        self.tcpdump.expect("listening on", 20)
        self.prober = self.client.namespace.start(
            [sys.executable, PROBER, "eth0", CLIENT, VIP, str(seconds), *self.macs])
        self.prober.expect("asking")

    def asked(self):
        """Ends the asking; what the client counted."""
        self.prober.signal(signal.SIGTERM)
        counted = json.loads(self.prober.expect(r"^\{.*\}$", 20)[0])
        time.sleep(0.2)
        self.tcpdump.stop()
        return counted

    def frames(self):
        """(unix time, source MAC, text) of all that passed node a."""
        matches = (LINE.match(line) for _, line in list(self.tcpdump.lines))
        return [(float(m[1]), m[2], m[3]) for m in matches if m]

    def adverts(self, source, since=0.0):
        """Times of the adverts of `source` at node a, resignations aside."""
        return [at for at, _, text in self.frames()
                if at >= since and f"{source} > " in text and "VRRPv" in text
                and "prio 0," not in text]

    def answers(self, begin, end):
        """What node a sent for the address between the two moments."""
        return [(at, text) for at, who, text in self.frames()
                if begin < at < end and who == self.macs[0]
                and (f"{VIP} is-at" in text or f"tell {VIP}" in text or f"{VIP} > " in text
                     or f"{VIP}." in text)]

    def b_is_master(self, timeout=12):
        wait_until(lambda: VIP in self.b.namespace.addresses(), timeout,
                   lambda: "b master: " + self.b.process.text())

    def cut_adverts(self, from_label, to_label):
        """One way, in the switch; everything else still passes."""
        switch = self.lab.switch
        switch.exec("nft", "add", "table", "bridge", "cut")
        switch.exec("nft", "add chain bridge cut forward { type filter hook forward priority 0; }")
        switch.exec("nft", "add", "rule", "bridge", "cut", "forward", "iifname", from_label,
                    "oifname", to_label, "ip", "protocol", "112", "drop")

    def flood(self, priority, count, vlan=0):
        """`count` adverts of the client's, as fast as they go; `vlan`: with that tag."""
        code = f"""
import socket, struct, sys
sys.path.insert(0, {os.path.dirname(PROBER)!r})
from prober import checksum
body = struct.pack("!BBBBBBH4s8s", 0x21, 77, {priority}, 1, 1, 1, 0,
                   socket.inet_aton("{VIP}"), b"secret")
body = body[:6] + struct.pack("!H", checksum(body)) + body[8:]
ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0xc0, 20 + len(body), 0, 0, 255, 112, 0,
                 socket.inet_aton("{CLIENT}"), socket.inet_aton("224.0.0.18"))
ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
tag = struct.pack("!HH", 0x8100, {vlan}) if {vlan} else b""
frame = bytes.fromhex("01005e000012") + s.getsockname()[4] + tag + b"\\x08\\x00" + ip + body
for _ in range({count}):
    s.send(frame)
"""
        self.client.namespace.exec(sys.executable, "-c", code)
