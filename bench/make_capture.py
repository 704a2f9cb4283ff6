#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes captures of a load balancer's interface: a heartbeat a second hidden among other traffic.

write(path, size, ...) makes a second of traffic once and writes it again and again with new stamps,
so that gigabytes take seconds. Two mixes of packet sizes: bulk() and imix(), both TCP over IPv4 and
IPv6 for the most part, with VLAN tags, UDP (DNS, QUIC), VXLAN and ARP between. Of 60 adverts one is
late and two are missing, so that there are gaps to find.
"""
import itertools
import random
import struct
import sys

SECOND = 10**9
BEGIN = 1_700_000_000 * SECOND


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, source, destination, body, number=0, ttl=64):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), number & 0xFFFF, 0, ttl, protocol,
                       0, bytes(source), bytes(destination))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def ethernet(kind, body, destination="020000000002"):
    return bytes.fromhex(destination) + bytes.fromhex("020000000001") + kind + body


def advert(number, vrid=205, priority=101, host=1):
    """VRRPv2 (RFC 3768 section 5), 60 octets with the padding of Ethernet."""
    vrrp = struct.pack("!BBBBBBH4s8s", 0x21, vrid, priority, 1, 0, 1, 0, bytes([10, 0, 0, 100]),
                       bytes(8))
    vrrp = vrrp[:6] + struct.pack("!H", checksum(vrrp)) + vrrp[8:]
    packet = ipv4(112, [10, 0, 0, host], [224, 0, 0, 18], vrrp, number, 255)
    return ethernet(b"\x08\x00", packet, "01005e000012").ljust(60, b"\0")


def tcp(rng, size):
    segment = struct.pack("!HHIIHHHH", 443, rng.randrange(65536), 0, 0, 0x8010, 500, 0, 0)
    body = segment + bytes(12) + rng.randbytes(size)
    if rng.random() < 0.15:
        addresses = bytes.fromhex("20010db8000000000000000000000001") * 2
        return ethernet(b"\x86\xdd",
                        struct.pack("!IHBB", 0x60000000, len(body), 6, 64) + addresses + body)
    packet = ipv4(6, [10, 0, 0, 10], [198, 51, 100, rng.randrange(256)], body)
    if rng.random() < 0.05:
        return ethernet(b"\x81\x00", b"\x00\x64\x08\x00" + packet)
    return ethernet(b"\x08\x00", packet)


def bulk(rng):
    """A frame of other traffic where much is downloaded: every second one is of full size."""
    dice = rng.random()
    server, client = [10, 0, 0, 10], [198, 51, 100, rng.randrange(256)]
    if dice < 0.80:
        return tcp(rng, rng.choices([1448, 0, rng.randrange(1, 1448)], [0.52, 0.33, 0.15])[0])
    if dice < 0.97:  # UDP: DNS, QUIC
        size = rng.choice([60, 120, 1250])
        return ethernet(b"\x08\x00", ipv4(17, server, client, struct.pack(
            "!HHHH", 5000, rng.choice([53, 443, 123]), size + 8, 0) + rng.randbytes(size)))
    if dice < 0.99:  # VXLAN with TCP in it
        inner = ethernet(b"\x08\x00", ipv4(6, server, client, bytes(20) + rng.randbytes(400)))
        return ethernet(b"\x08\x00", ipv4(17, server, client, struct.pack(
            "!HHHHII", 5000, 4789, len(inner) + 16, 0, 0x08000000, 0x100) + inner))
    return ethernet(b"\x08\x06", bytes.fromhex("0001080006040001") + bytes(20)).ljust(60, b"\0")


def imix(rng):
    """Simple IMIX, as forwarding devices are measured: 7 frames of 64 octets, 4 of 594, 1 of 1518,
    without their check sequence; one in fifty as in bulk()."""
    if rng.random() < 0.02:
        return bulk(rng)
    return tcp(rng, rng.choices([0, 524, 1448], [7, 4, 1])[0])


def adverts(seconds, interval=SECOND, seed=7):
    """(time, frame) of a master's adverts: 0.2 ms of jitter, some late, some missing."""
    rng = random.Random(seed)
    out, at = [], BEGIN
    for i in range(int(seconds * SECOND / interval)):
        due = at + rng.randrange(-200_000, 200_000)
        if i % 60 == 20:
            due += 7 * interval // 10  # late
        if i % 60 not in (40, 41):  # 41: two in a row
            out.append((due, advert(i)))
        at += interval
    return out


class Pcap:
    """Nanosecond pcap, little-endian."""
    head = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)

    @staticmethod
    def record(at, frame):
        return struct.pack("<IIII", at // SECOND, at % SECOND, len(frame), len(frame)) + frame

    @classmethod
    def seconds(cls, frames, count):
        """(begin, records) of each second. Only the stamps' seconds differ: all of them are replaced at
        once, by way of a number that stands nowhere else."""
        step = SECOND // len(frames)
        for mark in range(0x7A000001, 1 << 31):
            marked = struct.pack("<I", mark)
            first = b"".join(cls.record(mark * SECOND + i * step, frame)
                             for i, frame in enumerate(frames))
            if first.count(marked) == len(frames):
                break
        for begin in range(BEGIN, BEGIN + count * SECOND, SECOND):
            yield begin, first.replace(marked, struct.pack("<I", begin // SECOND))


class Pcapng:
    """pcapng with nanoseconds; the direction of each packet is an option, as dumpcap has it."""
    head = (struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28) +
            struct.pack("<IIHHIHHBxxxHHI", 1, 32, 1, 0, 65535, 9, 1, 9, 0, 0, 32))

    @staticmethod
    def record(at, frame):
        data = frame + bytes(-len(frame) % 4) + struct.pack("<HHIHH", 2, 4, 1, 0, 0)
        size = len(data) + 32
        return struct.pack("<IIIIIII", 6, size, 0, at >> 32, at & 0xFFFFFFFF, len(frame),
                           len(frame)) + data + struct.pack("<I", size)

    @classmethod
    def seconds(cls, frames, count):
        step = SECOND // len(frames)
        for begin in range(BEGIN, BEGIN + count * SECOND, SECOND):
            yield begin, b"".join(cls.record(begin + i * step, frame)
                                  for i, frame in enumerate(frames))


def write(path, size, kind=Pcap, only_heartbeats=False, mix=bulk, a_second=10_000, seed=1):
    """A file of about `size` octets, with so many other frames a second. Returns its adverts."""
    rng = random.Random(seed)
    frames = [mix(rng) for _ in range(a_second)]
    ends = [0, *itertools.accumulate(len(kind.record(0, frame)) for frame in frames)]
    second = ends[-1]
    if only_heartbeats:
        frames, second = [], len(kind.record(0, advert(0))) * 1000
    seconds = max(2, size // second)
    beats = adverts(seconds, SECOND // 1000 if only_heartbeats else SECOND)
    with open(path, "wb", buffering=4 << 20) as f:
        f.write(kind.head)
        if only_heartbeats:
            for at, frame in beats:
                f.write(kind.record(at, frame))
            return beats
        todo = beats[::-1]
        for start, records in kind.seconds(frames, seconds):
            done = 0
            while todo and todo[-1][0] < start + SECOND:
                at, frame = todo.pop()
                # Behind the records that are earlier.
                earlier = max(0, -((start - at) // (SECOND // len(frames))))
                end = ends[min(earlier, len(frames))]
                f.write(records[done:end] + kind.record(at, frame))
                done = end
            f.write(records[done:])
    return beats


if __name__ == "__main__":
    write(sys.argv[1], int(float(sys.argv[2]) * 1e9),
          Pcapng if sys.argv[1].endswith("ng") else Pcap, len(sys.argv) > 3)
