#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""flood.py INTERFACE RATE SECONDS [SIZE]: numbered frames through a packet socket, RATE a second (0:
as many as it can). Every tenth is a VRRP advertisement, the others UDP. Each carries its number in
the IP header (id) and at its end. Prints JSON: how many were sent, in how many seconds, and how
many the interface refused."""
import ctypes
import json
import socket
import struct
import sys
import time

BATCH = 64
SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint), ("iov", ctypes.c_void_p),
                ("iovlen", ctypes.c_size_t), ("control", ctypes.c_void_p),
                ("controllen", ctypes.c_size_t), ("flags", ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("header", Msghdr), ("len", ctypes.c_uint)]


def frame(number, size):
    """Ethernet, IPv4, and a VRRP message (every tenth) or a datagram; its number at the end."""
    heartbeat = number % 10 == 0
    payload = struct.pack("!BBBBBBH4s", 0x21, 51, 100, 1, 0, 1, 0, bytes(4)) if heartbeat else \
        struct.pack("!HHHH", 40000, 40001, size - 34, 0)
    payload = payload.ljust(size - 38, b"\0") + struct.pack("!I", number)
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), number & 0xffff, 0, 255,
                         112 if heartbeat else 17, 0, bytes([10, 0, 0, 1]),
                         bytes([224, 0, 0, 18]))
    return bytes.fromhex("01005e00001200005e0001330800") + header + payload


def main():
    interface, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    size = int(sys.argv[4]) if len(sys.argv) > 4 else 128
    libc = ctypes.CDLL(None, use_errno=True)
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    out.bind((interface, 0))
    out.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
    batch = BATCH if rate == 0 or rate >= 20000 else 1
    buffers = [ctypes.create_string_buffer(frame(i, size), size) for i in range(batch)]
    views = [memoryview(b).cast("B") for b in buffers]
    iovecs = (Iovec * batch)(*[Iovec(ctypes.addressof(b), size) for b in buffers])
    messages = (Mmsghdr * batch)()
    for i in range(batch):
        messages[i].header.iov = ctypes.addressof(iovecs) + i * ctypes.sizeof(Iovec)
        messages[i].header.iovlen = 1
    number, refused = 0, 0
    begin = time.monotonic()
    numbered = rate == 0 or rate >= 20000  # at full speed only the last of a batch has its number
    while True:
        now = time.monotonic() - begin
        if now >= seconds:
            break
        if rate and number > now * rate:
            time.sleep(min(0.0005, number / rate - now) if numbered else number / rate - now)
            continue
        if not numbered:
            views[0][:] = frame(number, size)
        else:
            views[batch - 1][size - 4:] = struct.pack("!I", number & 0xffffffff)
        at = 0
        while at < batch:
            done = libc.sendmmsg(out.fileno(), ctypes.byref(messages, at * ctypes.sizeof(Mmsghdr)),
                                 batch - at, 0)
            refused += done <= 0
            at += max(0, done)
        number += batch
    print(json.dumps({"sent": number, "seconds": time.monotonic() - begin, "refused": refused}))


if __name__ == "__main__":
    main()
