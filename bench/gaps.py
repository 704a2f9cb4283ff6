#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Late heartbeats out of big captures in the page cache: alibi gaps beside `dd`, tcpdump with grep,
and tshark, one after the other in one run. gaps.py ALIBI [GIGABYTES] [--table].

Each round runs all but tshark once; figures are the fastest of the rounds, which others' work on the
machine disturbs least. tshark would take minutes: it runs once, over a twentieth of the same mix, and
its CPU time counts, scaled to the number of packets.
The gaps must be the same to the nanosecond. Files go to /var/tmp and away again.
"""
import json
import os
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import make_capture as mc
import tables

ROUNDS = 5
TSHARK_SHARE = 20
LATE_NS = 1_500_000_000


def seconds(command):
    begin = time.monotonic()
    subprocess.run(command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=True)
    return time.monotonic() - begin


def tcpdump_gaps(path):
    out = subprocess.run(["tcpdump", "-n", "-ttt", "--time-stamp-precision=nano", "-r", path,
                          "vrrp"], capture_output=True, text=True, check=True).stdout
    found = [list(map(int, m)) for m in re.findall(r"^ *(\d+):(\d+):(\d+)\.(\d+)", out, re.M)]
    deltas = [((h * 60 + m) * 60 + s) * mc.SECOND + ns for h, m, s, ns in found]
    return [delta for delta in deltas if delta > LATE_NS]


# A child's ru_maxrss counts what its parent had at the fork: it has to have a small one.
MEASURED = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


def alibi_gaps(alibi, path):
    """(gaps in ns, packets, most memory in KiB)."""
    done = subprocess.run([sys.executable, "-c", MEASURED, alibi, "gaps", "--longer-than", "1.5",
                           "--json", path], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"gaps: alibi failed on {path}")
    report, memory = json.loads(done.stdout), int(done.stderr.split()[-1])
    gaps = [gap["length_ns"] for stream in report["streams"] for gap in stream["gaps"]]
    return gaps, sum(tap["written"] for tap in report["taps"]), memory


def tshark_cpu(alibi, path):
    """CPU seconds a packet."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds(f"tshark -n -r {shlex.quote(path)} -Y vrrp")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent / alibi_gaps(alibi, path)[1]


def case(alibi, name, path, tshark_a_packet):
    quoted = shlex.quote(path)
    commands = {"dd": f"dd if={quoted} of=/dev/null bs=1M",
                "alibi": f"{shlex.quote(alibi)} gaps {quoted}",
                "explain": f"{shlex.quote(alibi)} explain {quoted}",
                # Gaps over a second and a half, as an operator greps for them.
                "tcpdump": f"tcpdump -n -ttt -r {quoted} vrrp | grep -cE '00:00:(01\\.[5-9]|0[2-9])'; true"}
    rounds = {kind: [] for kind in commands}
    seconds(commands["dd"])  # into the page cache
    for _ in range(ROUNDS):
        for kind, command in commands.items():
            rounds[kind].append(seconds(command))
    taken = {kind: min(times) for kind, times in rounds.items()}
    gaps, packets, memory = alibi_gaps(alibi, path)
    if tshark_a_packet:
        taken["tshark"] = tshark_a_packet * packets
    row = {"bench": "gaps", "case": name, "bytes": os.path.getsize(path), "packets": packets,
           "seconds": {kind: round(value, 3) for kind, value in taken.items()},
           "median": {kind: round(statistics.median(times), 3) for kind, times in rounds.items()},
           "of_dd": round(taken["dd"] / taken["alibi"], 2),
           "times_tcpdump": round(taken["tcpdump"] / taken["alibi"], 2),
           "times_tshark": round(taken["tshark"] / taken["alibi"]) if tshark_a_packet else None,
           "gaps": len(gaps), "same_gaps": gaps == tcpdump_gaps(path), "rss_kb": memory}
    print(json.dumps(row), flush=True)
    return row


def main():
    arguments = [a for a in sys.argv[1:] if a != "--table"]
    alibi = arguments[0]
    size = int(float(arguments[1] if len(arguments) > 1 else 5) * 1e9)
    cases = [("pcap, IMIX", dict(mix=mc.imix), size), ("pcap, bulk", dict(mix=mc.bulk), size),
             ("pcapng, IMIX, unfiltered", dict(mix=mc.imix, kind=mc.Pcapng), size // 5),
             ("pcap, heartbeats only", dict(only_heartbeats=True), size // 20)]
    rows = []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        path = os.path.join(folder, "capture")
        for name, how, octets in cases:
            tshark_a_packet = None
            if octets == size:
                mc.write(path, octets // TSHARK_SHARE, **how)
                tshark_a_packet = tshark_cpu(alibi, path)
            mc.write(path, octets, **how)
            rows.append(case(alibi, name, path, tshark_a_packet))
            os.unlink(path)
    if "--table" in sys.argv:
        print(tables.text(rows))
    if not all(row["same_gaps"] for row in rows):
        raise SystemExit("gaps: not the gaps that tcpdump shows")


if __name__ == "__main__":
    main()
