# SPDX-License-Identifier: Apache-2.0
"""What the wire and the client say: adverts of a capture file, the client's probes, and the figures
of a stall made of both. All times are the kernel's, of the packets, in unix seconds."""
import ctypes
import socket
import struct
import threading
import time

SO_TIMESTAMPNS = 35
# Classic BPF: TCP alone, so that a thousand adverts a second do not keep the prober busy.
TCP_ALONE = [(0x30, 0, 0, 23), (0x15, 0, 1, 6), (0x06, 0, 0, 128), (0x06, 0, 0, 0)]


class Prober(threading.Thread):
    """In the client's namespace: an ARP request and a TCP connect every 20 ms. `answers` holds
    (unix time, MAC) of every ARP reply and SYN-ACK, `connects` (unix time, worked)."""

    def __init__(self, namespace, address, period=0.02):
        super().__init__(daemon=True)
        self.namespace = namespace
        self.address = address
        self.packed = socket.inet_aton(address)
        self.period = period
        self.answers = []
        self.connects = []
        self.ended = threading.Event()
        self.ready = threading.Event()

    def run(self):
        # setns(2) moves this thread alone.
        with open(f"/run/netns/{self.namespace}", "rb") as netns:
            if ctypes.CDLL(None, use_errno=True).setns(netns.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        arp, ip = packet_socket(0x0806), packet_socket(0x0800, TCP_ALONE)
        mac = arp.getsockname()[4]
        request = (b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + mac +
                   socket.inet_aton("10.77.0.9") + b"\0" * 6 + self.packed)
        self.ready.set()
        pending = []
        while not self.ended.is_set():
            arp.send(request)
            tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            tcp.connect_ex((self.address, 80))
            pending.append((time.time(), tcp))
            time.sleep(self.period)
            self._collect(arp, lambda f: f[22:28] if f[20:22] == b"\0\2" and
                          f[28:32] == self.packed else None)
            self._collect(ip, lambda f: f[6:12] if f[26:30] == self.packed and
                          f[14 + (f[14] & 15) * 4 + 13] & 0x12 == 0x12 else None)
            pending = self._judge(pending)
        for closing in (arp, ip, *(tcp for _, tcp in pending)):
            closing.close()

    def _collect(self, packets, answerer):
        while True:
            try:
                frame, ancillary, _, _ = packets.recvmsg(128, 64)
            except BlockingIOError:
                return
            mac = answerer(frame)
            if mac:
                seconds, nanos = struct.unpack("qq", ancillary[0][2])
                self.answers.append((seconds + nanos / 1e9, mac.hex(":")))

    def _judge(self, pending):
        left = []
        for begun, tcp in pending:
            error = tcp.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            state = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
            if error == 0 and state not in (2, 7):  # neither SYN_SENT nor CLOSE: it was accepted
                self.connects.append((begun, True))
            elif error != 0 or time.time() - begun > 0.3:
                self.connects.append((begun, False))
            else:
                left.append((begun, tcp))
                continue
            tcp.close()
        return left

    def close(self):
        self.ended.set()
        self.join(5)


def packet_socket(protocol, instructions=()):
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    if instructions:
        code = b"".join(struct.pack("HBBI", *i) for i in instructions)
        buffer = ctypes.create_string_buffer(code)
        made.setsockopt(socket.SOL_SOCKET, 26,  # SO_ATTACH_FILTER
                        struct.pack("HL", len(instructions), ctypes.addressof(buffer)))
    made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    made.bind(("eth0", protocol))
    made.setblocking(False)
    return made


def read_adverts(path):
    """(unix time, last octet of the source, VRID, priority) of each advert in a plain pcap,
    microseconds, as tcpdump -w makes it; stops at the first half packet."""
    with open(path, "rb") as capture:
        data = capture.read()
    at = 24
    while at + 16 <= len(data):
        seconds, micros, length, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        if len(frame) < 42 or len(frame) < length:
            continue
        header = 14 + (frame[14] & 15) * 4
        yield seconds + micros / 1e6, frame[29], frame[header + 1], frame[header + 2]


def by_router(adverts):
    found = {}
    for advert in adverts:
        found.setdefault(advert[2], []).append(advert)
    return found


def latest_of_a(adverts, begin, end):
    """The longest time that a router of a was silent, with the time from its last advert to the
    end. A router that never spoke counts from the begin."""
    worst = 0.0
    for heard in by_router(adverts).values():
        ours = [begin - 1.5, *(x[0] for x in heard if x[1] == 1)]
        ours = ours[1:] if len(ours) > 1 and ours[1] < begin else ours
        gaps = [b - a for a, b in zip(ours, [*ours[1:], end]) if b >= begin]
        worst = max([worst, *gaps])
    return worst


def takeovers(adverts, begin):
    """Adverts of b where a was master before."""
    return [now for heard in by_router(adverts).values() for before, now in zip(heard, heard[1:])
            if now[1] == 2 and before[1] == 1 and now[0] >= begin and now[3] != 0]


def seconds_with_two(answers):
    """Time is cut into pieces of two probes; in a piece of two nodes they take turns at least twice
    (a plain take-over is one turn)."""
    pieces = {}
    for at, mac in sorted(answers):
        pieces.setdefault(int(at / 0.04), []).append(mac)
    return 0.04 * sum(1 for macs in pieces.values()
                      if sum(1 for x, y in zip(macs, macs[1:]) if x != y) >= 2)


def stale_answers(adverts, answers, begin, end, mac):
    """Answers of a, the old node, after b's first advert reached it (1 ms for the way) and before
    a's own next advert."""
    heard = by_router(adverts).get(77, [])
    found = 0
    for taken in takeovers(heard, begin):
        until = next((x[0] for x in heard if x[1] == 1 and x[0] > taken[0]), end)
        found += sum(1 for at, who in answers if who == mac and taken[0] + 0.001 < at < until)
    return found


def figures(pair, begin, end):
    """What the wire and the client say about [begin, end]. Adverts are those on eth0, of every
    virtual router there; the client asks for the address of router 77."""
    adverts = [x for x in pair.adverts() if begin - 1.5 <= x[0] <= end]
    answers = [x for x in pair.prober.answers if begin <= x[0] <= end]
    connects = [ok for at, ok in pair.prober.connects if begin <= at <= end]
    return {"failovers": len(takeovers(adverts, begin)),
            "latest_advert_s": round(latest_of_a(adverts, begin, end), 3),
            "two_answering_s": round(seconds_with_two(answers), 2),
            "answered_by_old": stale_answers(adverts, answers, begin, end, pair.macs["a"]),
            "availability": round(sum(connects) / max(len(connects), 1), 4)}
