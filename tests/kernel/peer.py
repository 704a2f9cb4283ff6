# SPDX-License-Identifier: Apache-2.0
"""The backup router on the other machine: hears the guest's VRRP adverts on a datagram socket that
carries its frames, and takes over (VRRP version 2, RFC 3768) when it hears none for three intervals
and the skew time. It has a lower priority and withdraws when the guest's is heard again."""
import os
import socket
import struct
import threading
import time

PRIORITY = 100
MASTER_DOWN = 3 + (256 - PRIORITY) / 256
SOURCE, GROUP, ADDRESS = (socket.inet_aton(a) for a in ("10.1.0.2", "224.0.0.18", "10.1.0.100"))
VRID = 51


def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def advert(number):
    """An Ethernet frame with our advert; NUMBER is its IP identification."""
    vrrp = bytes([0x21, VRID, PRIORITY, 1, 0, 1, 0, 0]) + ADDRESS + bytes(8)
    vrrp = vrrp[:6] + struct.pack("!H", checksum(vrrp)) + vrrp[8:]
    head = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(vrrp), number & 0xFFFF, 0, 255, 112, 0)
    head += SOURCE + GROUP
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return bytes.fromhex("01005e000012" "5254000000aa" "0800") + head + vrrp


def is_masters(frame):
    """An advert of a higher priority than ours."""
    return (len(frame) >= 42 and frame[12:14] == b"\x08\x00" and frame[23] == 112 and
            frame[30:34] == GROUP and frame[35] == VRID and frame[36] > PRIORITY)


class Peer(threading.Thread):
    """Answers on PEER_PATH what comes from GUEST_PATH, until `end`; begins once it has heard the
    master."""

    def __init__(self, guest_path, peer_path):
        super().__init__(daemon=True)
        self.guest_path, self.peer_path = guest_path, peer_path
        self.ended = threading.Event()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(peer_path)
        self.socket.settimeout(0.05)

    def run(self):
        heard, next_advert, number = None, 0, 0
        while not self.ended.is_set():
            try:
                if is_masters(self.socket.recv(65536)):
                    heard = time.monotonic()
            except TimeoutError:
                pass
            now = time.monotonic()
            if heard is None or now - heard < MASTER_DOWN or now < next_advert:
                continue
            next_advert, number = now + 1, number + 1
            try:
                self.socket.sendto(advert(number), socket.MSG_DONTWAIT, self.guest_path)
            except OSError:  # the guest has ended, or its queue is full
                continue

    def end(self):
        self.ended.set()
        self.join()
        self.socket.close()
        os.unlink(self.peer_path)
