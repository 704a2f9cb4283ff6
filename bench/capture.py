#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live capture beside tcpdump and dumpcap, in namespaces that it makes (as root).

  capture.py ALIBI rates    loss and CPU at rising rates, writing to disk, with and without filter
  capture.py ALIBI stalls   the capturer stopped for 20 s and 60 s, one and ten adverts a second;
                            then a tiny ring, each loss counted and placed

One JSON line a case. The sender and the capturer have a CPU each.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
sys.path.insert(0, str(ROOT / "tests/capture"))
import packets
from netns import Lab, wait_until

ALIBI = sys.argv[1]
FLOOD = str(pathlib.Path(__file__).with_name("flood.py"))
RATES = [25_000, 50_000, 100_000, 200_000, 0]  # 0: as many as the sender can
SECONDS = float(os.environ.get("SECONDS_A_RATE", "2"))
SIZES = [int(size) for size in os.environ.get("SIZES", "1400 128").split()]
ROUNDS = int(os.environ.get("ROUNDS", "3"))
STALLS = [(20, 1), (20, 10), (60, 1), (60, 10)]


def commands(path, words):
    return {"alibi": [ALIBI, "capture", "-i", "eth0", "-w", path, *words],
            "tcpdump": ["tcpdump", "-i", "eth0", "-w", path, *words],
            "dumpcap": ["dumpcap", "-q", "-P", "-i", "eth0", "-w", path,
                        *(["-f", " ".join(words)] if words else [])]}


class Cable:
    """Two namespaces and a veth between them."""

    def __init__(self, lab):
        self.a, self.b = lab.namespace("a"), lab.namespace("b")
        self.a.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns",
                  self.b.name)
        for end in (self.a, self.b):
            end.ip("link", "set", "eth0", "up")
        for end in (self.a, self.b):
            wait_until(lambda e=end: "LOWER_UP" in e.ip("link", "show", "eth0"), 5, "carrier")

    def flood(self, rate, seconds, size, pin=True):
        pinned = ["taskset", "-c", "0"] if pin else []
        done = subprocess.run(["ip", "netns", "exec", self.a.name, *pinned, sys.executable, FLOOD,
                               "eth0", str(rate), str(seconds), str(size)],
                              text=True, capture_output=True, check=True)
        return json.loads(done.stdout)

    def start(self, command, pin=True):
        pinned = ["taskset", "-c", "1"] if pin else []
        process = subprocess.Popen(["ip", "netns", "exec", self.b.name, *pinned, *command],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        # dumpcap says where it writes to only once it captures.
        while True:
            line = process.stderr.readline()
            if not line or "listening on" in line or line.startswith("File:"):
                return process


def frames_in(path, expression="udp or vrrp"):
    """Counted by the peer: capinfos would count what the kernel sends by itself, too."""
    shown = subprocess.run(["tcpdump", "--count", "-n", "-r", path, expression], text=True,
                           capture_output=True, check=False)
    return int(shown.stdout.split()[0])


def finish(process):
    """SIGINT; CPU seconds and what it said of losses."""
    process.send_signal(signal.SIGINT)
    text = process.stderr.read()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return round(usage.ru_utime + usage.ru_stime, 3), text


def one_rate(lab_cable, tool, rate, size, words, folder):
    path = os.path.join(folder, "capture.pcap")
    process = lab_cable.start(commands(path, words)[tool])
    sender = lab_cable.flood(rate, SECONDS, size)
    time.sleep(1.3)
    cpu, _ = finish(process)
    expected = exact_share(sender["sent"], rate) if words else sender["sent"]
    kept = frames_in(path)
    os.unlink(path)
    return {"offered_per_s": round(sender["sent"] / sender["seconds"]), "expected": expected,
            "lost": max(0, expected - kept), "cpu_s": cpu}


def exact_share(sent, rate):
    """How many of the frames are adverts: flood.py repeats a batch of 64, of which 7 are."""
    assert rate == 0 or rate >= 20000
    full, rest = divmod(sent, 64)
    return full * 7 + len(range(0, rest, 10))


def best_of(rows, size, words, free):
    """The highest rate offered at which no run of its case lost anything, by tool; the limit is what
    the sender got out flat out while alibi captured."""
    mine = [r for r in rows if r["octets"] == size and r["filter"] == words]
    best, flat_out = {}, {}
    for row in mine:
        offered = max(row["offered_per_s"])
        if row["lost"] == 0:
            best[row["tool"]] = max(best.get(row["tool"], 0), offered)
        if row["asked_per_s"] == "flat out":
            flat_out[row["tool"]] = offered
    ours, theirs = best.get("alibi", 0), best.get("tcpdump", 0)
    return {"bench": "capture without loss", "octets": size, "filter": words,
            "loss_free_per_s": best, "sender_alone_per_s": round(free), "flat_out_per_s": flat_out,
            "of_tcpdump": round(ours / theirs, 2) if theirs else None,
            "of_the_limit": round(ours / flat_out["alibi"], 3)}


def rates():
    with Lab() as lab, tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DISK")) as folder:
        cable = Cable(lab)
        for size in SIZES:
            for words in ([], ["vrrp"]):
                rows = []
                free = max(cable.flood(0, SECONDS, size)["sent"] / SECONDS for _ in range(2))
                for rate in RATES:
                    for tool in ("alibi", "tcpdump", "dumpcap"):
                        runs = [one_rate(cable, tool, rate, size, words, folder)
                                for _ in range(ROUNDS)]
                        lost, expected = (sum(r[k] for r in runs) for k in ("lost", "expected"))
                        rows.append({
                            "bench": "capture rate", "octets": size, "filter": " ".join(words),
                            "asked_per_s": rate or "flat out", "tool": tool,
                            "offered_per_s": [r["offered_per_s"] for r in runs], "lost": lost,
                            "lost_share": round(lost / max(1, expected), 4),
                            "cpu_s": [r["cpu_s"] for r in runs]})
                        print(json.dumps(rows[-1]), flush=True)
                print(json.dumps(best_of(rows, size, " ".join(words), free)), flush=True)


def stall(lab, seconds, rate, folder, results):
    """All three stand still together, on the same packets."""
    cable = Cable(lab)
    paths = {tool: os.path.join(folder, f"{tool}-{seconds}-{rate}") for tool in
             ("alibi", "tcpdump", "dumpcap")}
    running = {tool: cable.start(commands(path, ["vrrp or udp"])[tool], pin=False)
               for tool, path in paths.items()}
    sent = {}
    sender = threading.Thread(target=lambda: sent.update(
        cable.flood(rate, seconds + 4, 64, pin=False)))
    sender.start()
    time.sleep(2)
    for process in running.values():
        process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    for process in running.values():
        process.send_signal(signal.SIGCONT)
    sender.join()
    time.sleep(1.5)
    for tool, process in running.items():
        finish(process)
        results.append({"bench": "capturer stopped", "stopped_s": seconds, "per_s": rate,
                        "tool": tool, "sent": sent["sent"],
                        "lost": sent["sent"] - frames_in(paths[tool])})


def tiny_ring(lab, folder):
    """16 KiB: the losses of a stall, each in front of the packet that came after it."""
    cable = Cable(lab)
    path = os.path.join(folder, "tiny.pcapng")
    process = cable.start([ALIBI, "capture", "-B", "16", "-s", "128", "-i", "eth0", "-w", path,
                           "vrrp or udp"], pin=False)
    sender = threading.Thread(target=cable.flood, args=(500, 6, 64, False))
    sender.start()
    for _ in range(3):
        time.sleep(0.7)
        process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        process.send_signal(signal.SIGCONT)
    sender.join()
    _, text = finish(process)
    captured, received, dropped = (int(n) for n in re.findall(
        r"(\d+) packets? (?:captured|received|dropped)", text))
    blocks, _ = packets.read_pcapng(path)
    expected, misplaced = 0, 0
    for _, before, _, octets in blocks:
        number = int.from_bytes(octets[-4:], "big")
        misplaced += before != number - expected
        expected = number + 1
    print(json.dumps({"bench": "tiny ring", "captured": captured, "received": received,
                      "dropped": dropped, "unaccounted": received - captured - dropped,
                      "gaps_in_file": sum(1 for b in blocks if b[1]),
                      "packets_with_a_wrong_count": misplaced}), flush=True)


def stalls():
    with Lab() as lab, tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DISK")) as folder:
        results = []
        threads = [threading.Thread(target=stall, args=(lab, seconds, rate, folder, results))
                   for seconds, rate in STALLS]
        for thread in threads:
            thread.start()
            time.sleep(1)
        for thread in threads:
            thread.join()
        for row in sorted(results, key=lambda r: (r["stopped_s"], r["per_s"], r["tool"])):
            print(json.dumps(row), flush=True)
        tiny_ring(lab, folder)


if __name__ == "__main__":
    {"rates": rates, "stalls": stalls}[sys.argv[2]]()
