#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reading a capture: alibi explain against tcpdump and tshark on the same file in the same run."""
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile

ALIBI = sys.argv[1]
FRAMES = 400_000
EVERY = 200  # one heartbeat in so many frames


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, source, destination, body):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 255, protocol, 0,
                       bytes(source), bytes(destination))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return bytes.fromhex("01005e000012020000000001") + b"\x08\x00" + head + body


def write_capture(path):
    vrrp = struct.pack("!BBBBBBH4s8s", 0x21, 205, 101, 1, 0, 1, 0, bytes([10, 0, 0, 100]), bytes(8))
    vrrp = vrrp[:6] + struct.pack("!H", checksum(vrrp)) + vrrp[8:]
    beat = ipv4(112, [10, 0, 0, 1], [224, 0, 0, 18], vrrp)
    other = ipv4(17, [10, 0, 0, 1], [10, 0, 0, 9], struct.pack("!HHHH", 5000, 5001, 508, 0) +
                 bytes(500))
    with open(path, "wb", buffering=1 << 20) as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
        for i in range(FRAMES):
            frame = beat if i % EVERY == 0 else other
            at = 1_700_000_000_000_000_000 + i * (1_000_000_000 // EVERY)
            f.write(struct.pack("<IIII", at // 10**9, at % 10**9, len(frame), len(frame)) + frame)


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 3)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "big.pcap")
        write_capture(path)
        dd = cpu_seconds(["dd", f"if={path}", "of=/dev/null", "bs=1M"])
        seconds = {"dd": dd, "alibi explain": cpu_seconds([ALIBI, "explain", path]),
                   "tcpdump": cpu_seconds(["tcpdump", "-n", "-ttt", "-r", path, "vrrp"]),
                   "tshark": cpu_seconds(["tshark", "-r", path, "-Y", "vrrp"])}
        print(json.dumps({"bench": "read a capture", "bytes": os.path.getsize(path),
                          "cpu_s": seconds,
                          "tcpdump/alibi": round(seconds["tcpdump"] / seconds["alibi explain"], 2),
                          "tshark/alibi": round(seconds["tshark"] / seconds["alibi explain"], 1)}),
              flush=True)


if __name__ == "__main__":
    main()
