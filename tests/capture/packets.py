# SPDX-License-Identifier: Apache-2.0
"""Packets byte by byte, right ones and wrong ones, and captures made of them."""
import socket
import struct

A, B = "02:00:00:00:00:01", "02:00:00:00:00:02"
GROUP, GROUP_MAC = "224.0.0.18", "01:00:5e:00:00:12"
VIRTUAL, VIRTUAL6 = "00:00:5e:00:01:33", "00:00:5e:00:02:33"
NOBODY, ALL = "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo(source, destination, protocol, length):
    return ip(source) + ip(destination) + struct.pack("!IBBBB", length, 0, 0, 0, protocol)


def ethernet(kind, body, to=B, sender=A, vlan=None):
    tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
    return mac(to) + mac(sender) + tag + struct.pack("!H", kind) + body


def ipv4(protocol, body, source="10.0.0.1", to="10.0.0.2", ttl=64, tos=0, fragment=0, error=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(body), 7, fragment, ttl, protocol, 0,
                       ip(source), ip(to))
    return head[:10] + struct.pack("!H", checksum(head) ^ error) + head[12:] + body


def ipv6(protocol, body, source="fe80::1", to="fe80::2", hops=64, klass=0, label=0):
    return struct.pack("!IHBB", 6 << 28 | klass << 20 | label, len(body), protocol, hops) + \
        ip(source) + ip(to) + body


def vrrp2(vrid=51, priority=100, addresses=("10.0.0.100",), auth=0, password=b"", error=0, kind=1,
          version=2):
    body = struct.pack("!BBBBBBH", version << 4 | kind, vrid, priority, len(addresses), auth, 1,
                       0) + b"".join(map(ip, addresses)) + password.ljust(8, b"\0")
    return body[:6] + struct.pack("!H", checksum(body) ^ error) + body[8:]


def vrrp3(addresses=("10.0.0.100",), interval=100, source="10.0.0.1", to=GROUP, error=0,
          with_pseudo=True):
    body = struct.pack("!BBBBHH", 0x31, 51, 100, len(addresses), interval, 0) + \
        b"".join(map(ip, addresses))
    front = pseudo(source, to, 112, len(body)) if with_pseudo else b""
    return body[:6] + struct.pack("!H", checksum(front + body) ^ error) + body[8:]


def arp(operation, sender, sender_ip, target, target_ip):
    return struct.pack("!HHBBH", 1, 0x800, 6, 4, operation) + mac(sender) + ip(sender_ip) + \
        mac(target) + ip(target_ip)


def udp(source, to, body, error=0, none=False, six=False):
    ends = ("fe80::1", "fe80::2") if six else ("10.0.0.1", "10.0.0.2")
    head = struct.pack("!HHHH", source, to, 8 + len(body), 0)
    total = 0 if none else checksum(pseudo(*ends, 17, 8 + len(body)) + head + body) ^ error
    return head[:6] + struct.pack("!H", total) + body


def tcp(flags, body=b"", options=b"", error=0):
    head = struct.pack("!HHIIBBHHH", 40000, 40080, 1000, 0, (5 + len(options) // 4) << 4, flags,
                       64240, 0, 0) + options
    total = checksum(pseudo("10.0.0.1", "10.0.0.2", 6, len(head) + len(body)) + head + body) ^ error
    return head[:16] + struct.pack("!H", total) + head[18:] + body


def icmp(kind, code, rest):
    body = struct.pack("!BBH", kind, code, 0) + rest
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def icmp6(kind, rest, to="fe80::2", error=0):
    body = struct.pack("!BBH", kind, 0, 0) + rest
    total = checksum(pseudo("fe80::1", to, 58, len(body)) + body) ^ error
    return body[:2] + struct.pack("!H", total) + body[4:]


def group4(body, **more):
    return ethernet(0x800, ipv4(112, body, to=GROUP, **{"ttl": 255, **more}), GROUP_MAC, VIRTUAL)


def group6(body, **more):
    return ethernet(0x86DD, ipv6(112, body, to="ff02::12", **{"hops": 255, **more}),
                    "33:33:00:00:00:12", VIRTUAL6)


def adverts():
    """VRRP as it should be, and every way in which it is not."""
    six = {"source": "fe80::1", "to": "ff02::12"}
    whole = group4(vrrp2())
    return [
        group4(vrrp2(), tos=0xC0), group4(vrrp2(auth=1, password=b"secret")),
        group4(vrrp2(auth=1, password=b"a\x01b\xffc")), group4(vrrp2(auth=2)),
        group4(vrrp2(auth=7)), group4(vrrp2(error=0x100)), group4(vrrp2(priority=0), ttl=254),
        group4(vrrp2(kind=2)), group4(vrrp2(version=4)),
        group4(vrrp2(addresses=[f"10.0.0.{i}" for i in range(20)])), group4(vrrp2(addresses=[])),
        group4(vrrp3()), group4(vrrp3(error=0x100)), group4(vrrp3(with_pseudo=False)),
        group4(vrrp3(("10.0.0.1", "10.0.0.3"), 4095)),
        whole[:-8], whole[:-14], whole[:-18], group4(vrrp2(), error=0x1111) + bytes(6),
        ethernet(0x800, ipv4(112, vrrp2(), ttl=255)),
        ethernet(0x800, ipv4(112, vrrp2(), to=GROUP, ttl=255), GROUP_MAC, VIRTUAL, vlan=100),
        ethernet(0x800, ipv4(112, vrrp2(), to=GROUP, ttl=255), GROUP_MAC, VIRTUAL, vlan=0xB065),
        group6(vrrp3(("fe80::100",), **six)),
        group6(vrrp3(("fe80::100", "2001:db8::1"), error=0x100, **six), klass=0xC0, label=0x12345),
        group6(vrrp3(("fe80::100",), **six), hops=254),
        group4(vrrp2(), fragment=0x2000), group4(vrrp2(), fragment=5),
        group4(vrrp2(), fragment=0x4000, tos=3), group4(vrrp2(), ttl=0, tos=1),
    ]


def listeners():
    """Multicast listeners: a hop-by-hop header in front, version 1 and version 2."""
    alert = struct.pack("!BBBBHBB", 58, 0, 5, 2, 0, 1, 0)

    def frame(kind, rest, to):
        return ethernet(0x86DD, ipv6(0, alert + icmp6(kind, rest, to=to), to=to, hops=1),
                        "33:33:00:00:00:16")

    record = struct.pack("!BBH", 4, 0, 0) + ip("ff02::12")
    sources = struct.pack("!BBH", 6, 0, 2) + ip("ff02::12") + ip("fe80::1") + ip("fe80::3")
    return [
        frame(143, struct.pack("!HH", 0, 1) + record, "ff02::16"),
        frame(143, struct.pack("!HH", 0, 2) + record + sources, "ff02::16"),
        *(frame(kind, struct.pack("!HH", 1000, 0) + ip("ff02::12"), "ff02::12")
          for kind in (130, 131, 132)),
    ]


def arps():
    def to_all(body):
        return ethernet(0x806, body, ALL)

    ask = arp(1, A, "10.0.0.1", NOBODY, "10.0.0.2")
    return [
        to_all(ask), to_all(ask + bytes(18)), ethernet(0x806, arp(1, A, "10.0.0.1", B, "10.0.0.2")),
        to_all(arp(1, A, "10.0.0.1", ALL, "10.0.0.1")),
        to_all(arp(1, A, "10.0.0.1", NOBODY, "10.0.0.1")),
        to_all(arp(1, A, "0.0.0.0", NOBODY, "10.0.0.1")),
        *(ethernet(0x806, arp(op, A, "10.0.0.1", B, "10.0.0.2")) for op in (2, 3, 4, 8, 9, 77)),
        to_all(arp(2, A, "10.0.0.1", ALL, "10.0.0.1")), to_all(ask[:20]), to_all(ask[:6]),
        to_all(struct.pack("!HHBBH", 6, 0x800, 6, 4, 1) + ask[8:]),
        to_all(struct.pack("!HHBBH", 1, 0x86DD, 6, 16, 1) + b"\1" * 44),
        ethernet(0x806, ask, ALL, vlan=5),
    ]


def others():
    """What else is printed as tcpdump prints it."""
    inner = ipv4(112, vrrp2())
    stamps = bytes([1, 1, 8, 10, 0, 0, 0, 6, 0, 0, 0, 5])
    syn = bytes([2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 5, 0, 0, 0, 0, 1, 3, 3, 7])
    to4 = [
        *(icmp(kind, 0, struct.pack("!HH", 77, 1) + b"x" * 56) for kind in (8, 0)),
        icmp(3, 1, bytes(4) + inner), icmp(3, 2, bytes(4) + inner), icmp(3, 13, bytes(4) + inner),
        icmp(11, 0, bytes(4) + inner),
    ]
    solicited = bytes(4) + ip("fe80::2") + bytes([1, 1]) + mac(A)
    advert = struct.pack("!I", 0xE0000000) + ip("fe80::1") + bytes([2, 1]) + mac(A)
    to6 = [*(icmp6(kind, struct.pack("!HH", 7, 1) + b"y" * 16) for kind in (128, 129)),
           icmp6(135, solicited), icmp6(136, advert), icmp6(136, advert, error=1),
           icmp6(133, bytes(4))]
    return [
        *(ethernet(0x800, ipv4(1, body)) for body in to4),
        *(ethernet(0x800, ipv4(17, udp(40000, 40001, b"hello", **how)))
          for how in ({}, {"none": True}, {"error": 0x101})),
        ethernet(0x800, ipv4(6, tcp(2, options=syn))), ethernet(0x800, ipv4(6, tcp(2, error=1))),
        ethernet(0x800, ipv4(6, tcp(4))), ethernet(0x800, ipv4(6, tcp(0x29, b"x" * 9, stamps))),
        *(ethernet(0x86DD, ipv6(58, body, hops=255)) for body in to6),
        ethernet(0x86DD, ipv6(17, udp(40000, 40001, b"hi", six=True))),
        ethernet(0x800, ipv4(47, struct.pack("!HH", 0, 0x800) + ipv4(112, vrrp2(), to=GROUP))),
        ethernet(0x9999, b"abcdefghijklmnopqrst"), b"\1\2\3",
    ]


def write_pcap(path, frames, link_type=1, original=0):
    """Of a frame shorter than `original` octets the rest was not captured."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type))
        for i, frame in enumerate(frames):
            file.write(struct.pack("<IIII", 1700000000 + i, i * 1000 % 1000000, len(frame),
                                   max(len(frame), original)) + frame)


def read_pcapng(path):
    """Enhanced packet blocks as (interface, dropped before, comment, octets), and the interface
    statistics blocks as (interface, received, dropped)."""
    data = open(path, "rb").read()
    packets, statistics, at = [], [], 0

    def options(body):
        found = {}
        while len(body) >= 4:
            code, length = struct.unpack("<HH", body[:4])
            if code == 0:
                break
            found[code] = body[4:4 + length]
            body = body[4 + (length + 3) // 4 * 4:]
        return found

    while at < len(data):
        kind, length = struct.unpack("<II", data[at:at + 8])
        body = data[at + 8:at + length - 4]
        if kind == 6:
            interface, _, _, captured, _ = struct.unpack("<IIIII", body[:20])
            more = options(body[20 + (captured + 3) // 4 * 4:])
            packets.append((interface, int.from_bytes(more.get(4, b""), "little"),
                            more.get(1, b"").decode(), body[20:20 + captured]))
        elif kind == 5:
            more = options(body[12:])
            statistics.append((struct.unpack("<I", body[:4])[0],
                               int.from_bytes(more[4], "little"),
                               int.from_bytes(more[5], "little")))
        at += length
    return packets, statistics
