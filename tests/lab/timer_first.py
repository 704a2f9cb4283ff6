# SPDX-License-Identifier: Apache-2.0
"""A backup (VRRP version 3, IPv4) as simple programs are: when it wakes, it looks at its timer first
and reads what has arrived afterwards. Held for longer than its master-down interval it takes over
from a living master, and yields as soon as it has read. keepalived 2.2 and FRR 8.4 read first.

    timer_first.py INTERFACE ADDRESS VRID PRIORITY VIP      (prints "backup" and "master")
"""
import select
import socket
import struct
import sys
import time

GROUP = "224.0.0.18"
VRRP = 112


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def advert(address, vrid, priority, vip):
    """RFC 9568 section 5.1, one address, every second."""
    def body(sum_):
        return struct.pack("!BBBBHH4s", 0x31, vrid, priority, 1, 100, sum_, socket.inet_aton(vip))
    pseudo = socket.inet_aton(address) + socket.inet_aton(GROUP) + struct.pack("!BBH", 0, VRRP, 12)
    return body(checksum(pseudo + body(0)))


def main():
    interface, address, vrid, priority, vip = sys.argv[1:]
    vrid, priority = int(vrid), int(priority)
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, VRRP)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    raw.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                   socket.inet_aton(GROUP) + socket.inet_aton(address))
    raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    raw.setblocking(False)
    down = 3 + (256 - priority) / 256
    state, due = "backup", time.monotonic() + down
    print(state, flush=True)
    while True:
        select.select([raw], [], [], max(0, due - time.monotonic()))
        if time.monotonic() >= due:
            if state == "backup":
                state = "master"
                print(state, flush=True)
            raw.sendto(advert(address, vrid, priority, vip), (GROUP, 0))
            due = time.monotonic() + 1
        try:
            packet = raw.recv(2048)
        except BlockingIOError:
            continue
        message = packet[(packet[0] & 15) * 4:]
        if len(message) < 8 or message[1] != vrid or message[2] <= priority:
            continue
        if state == "master":
            state = "backup"
            print(state, flush=True)
        due = time.monotonic() + down


if __name__ == "__main__":
    main()
