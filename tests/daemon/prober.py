# SPDX-License-Identifier: Apache-2.0
"""Asks for an IPv4 address every 10 ms: by ARP (to all), and by ICMP echo and TCP SYN in frames to
each of the given MAC addresses, whoever ARP says has it. On SIGTERM, or after SECONDS, prints who
answered how often as one line of JSON.

    prober.py INTERFACE SOURCE TARGET SECONDS MAC...
"""
import json
import select
import signal
import socket
import struct
import sys
import time

PERIOD = 0.010


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Prober:
    def __init__(self, interface, source, target, macs):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((interface, 0))
        self.socket.setblocking(False)
        self.mac = self.socket.getsockname()[4]
        self.source = socket.inet_aton(source)
        self.target = socket.inet_aton(target)
        self.macs = [bytes.fromhex(mac.replace(":", "")) for mac in macs]
        self.sent = 0
        self.answers = {kind: {} for kind in ("arp", "icmp", "tcp")}

    def ip(self, protocol, payload):
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0,
                             self.source, self.target)
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        return header + payload

    def echo(self):
        body = struct.pack("!BBHHH", 8, 0, 0, 0xa11b, self.sent & 0xffff)
        return self.ip(1, body[:2] + struct.pack("!H", checksum(body)) + body[4:])

    def syn(self):
        body = struct.pack("!HHIIBBHHH", 20000 + self.sent % 40000, 9, 1, 0, 0x50, 2, 1024, 0, 0)
        pseudo = self.source + self.target + struct.pack("!BBH", 0, 6, len(body))
        return self.ip(6, body[:16] + struct.pack("!H", checksum(pseudo + body)) + body[18:])

    def ask(self):
        self.sent += 1
        arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, self.mac, self.source, b"\0" * 6,
                          self.target)
        self.socket.send(b"\xff" * 6 + self.mac + b"\x08\x06" + arp)
        for mac in self.macs:
            for packet in (self.echo(), self.syn()):
                self.socket.send(mac + self.mac + b"\x08\x00" + packet)

    def listen(self):
        while True:
            try:
                frame = self.socket.recv(2048)
            except BlockingIOError:
                return
            kind = None
            if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\x02":
                kind = "arp" if frame[28:32] == self.target else None
            elif frame[12:14] == b"\x08\x00" and frame[26:30] == self.target:
                kind = {1: "icmp", 6: "tcp"}.get(frame[23])
            if kind:
                mac = frame[6:12].hex(":")
                self.answers[kind][mac] = self.answers[kind].get(mac, 0) + 1

    def run(self, seconds):
        stopped = []
        signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
        print("asking", flush=True)
        due = time.monotonic()
        end = due + seconds
        while not stopped and due < end:
            self.ask()
            due = max(due + PERIOD, time.monotonic() - PERIOD)
            while True:
                wait = due - time.monotonic()
                if wait <= 0 or stopped:
                    break
                select.select([self.socket], [], [], wait)
                self.listen()
        time.sleep(0.3)
        self.listen()
        print(json.dumps({"sent": self.sent, "answers": self.answers}), flush=True)


if __name__ == "__main__":
    Prober(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[5:]).run(float(sys.argv[4]))
