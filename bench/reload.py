#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hundred SIGHUPs under CPU load: keepalived and alibi run, one after the other in the same lab,
with one instance and with 500. One JSON line each: the longest time between two adverts, adverts
with priority 0, transitions of the master under test and of the keepalived that listens."""
import collections
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import tables

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "support"))
from netns import Lab, wait_until  # noqa: E402

ARGUMENTS = [a for a in sys.argv[1:] if a != "--table"]
ALIBI = os.path.abspath(ARGUMENTS[0] if ARGUMENTS else "build/release/alibi")
TIMES = int(ARGUMENTS[1]) if len(ARGUMENTS) > 1 else 100


def instances(count, priority):
    """VRIDs 1 to 250 on eth0 and as many on eth1."""
    return "".join(f"""vrrp_instance V{i} {{
    state BACKUP
    interface eth{i // 250}
    virtual_router_id {i % 250 + 1}
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        10.78.{i // 250}.{i % 250 + 1}/32
    }}
}}
""" for i in range(count))


def second_link(lab, nodes):
    for node in nodes:
        lab.switch.ip("link", "add", "name", node.label + "1", "type", "veth", "peer", "name",
                      "eth1", "netns", node.name)
        lab.switch.ip("link", "set", "dev", node.label + "1", "master", "br1", "up")
        node.ip("link", "set", "eth1", "up")
        node.add_address(f"10.79.0.{1 if node.label == 'a' else 2}/24", "eth1")


def keepalived(node, directory, name, path):
    files = [os.path.join(directory, f"{name}.{kind}") for kind in ("pid", "vrrp", "check")]
    return node.start(["keepalived", "-n", "-l", "-P", "-f", path, "-p", files[0],
                       "-r", files[1], "-c", files[2]])


def transitions(process, since):
    return sum(1 for at, line in process.lines
               if at >= since and ("Entering" in line and "STATE" in line))


def measure(keeper, count):
    with tempfile.TemporaryDirectory() as directory, Lab() as lab:
        a, b = lab.segment(["a", "b"])
        lab.switch.ip("link", "add", "name", "br1", "type", "bridge", "forward_delay", "0",
                      "mcast_snooping", "0")
        lab.switch.ip("link", "set", "br1", "up")
        a.add_address("10.77.0.1/24")
        b.add_address("10.77.0.2/24")
        second_link(lab, (a, b))
        paths = {}
        for node, priority in ((a, 110), (b, 100)):
            paths[node.label] = os.path.join(directory, node.label + ".conf")
            with open(paths[node.label], "w", encoding="utf-8") as out:
                out.write(instances(count, priority))
        if keeper == "alibi":
            tested = a.start([ALIBI, "run", "-n", "--log", "stderr", "-f", paths["a"]])
        else:
            tested = keepalived(a, directory, "a", paths["a"])
        wait_until(lambda: tested.text().count("Entering MASTER STATE") >= count, 60, "masters")
        peer = keepalived(b, directory, "b", paths["b"])
        wait_until(lambda: peer.text().count("Entering BACKUP STATE") >= count, 60, "backups")
        time.sleep(5)
        capture = os.path.join(directory, "b.pcap")
        tcpdump = b.start(["tcpdump", "-i", "any", "-n", "-B", "16384", "-w", capture,
                           "ip proto 112"])
        tcpdump.expect("listening on", 20)
        result = reload_often(tested, peer)
        tcpdump.stop()
        result.update(adverts(capture))
        return result


def reload_often(tested, peer):
    hogs = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
            for _ in range(2 * (os.cpu_count() or 1))]
    try:
        since = time.monotonic()
        for _ in range(TIMES):
            tested.signal(signal.SIGHUP)
            time.sleep(0.5)
        time.sleep(3)
        done = sum(1 for at, line in tested.lines if at >= since and "Reload complete" in line)
        return {"signals": TIMES, "reloads": done, "transitions": transitions(tested, since),
                "peer_transitions": transitions(peer, since)}
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def adverts(capture):
    text = subprocess.run(["tcpdump", "-tt", "-n", "-r", capture], capture_output=True, text=True,
                          check=True).stdout
    last, gaps, zero, total = {}, collections.Counter(), 0, 0
    for line in text.splitlines():
        words = line.split()
        if "vrid" not in words:
            continue
        at, vrid = float(words[0]), (words[1], words[words.index("vrid") + 1])
        total += 1
        zero += "prio 0," in line
        if vrid in last:
            gaps[vrid] = max(gaps[vrid], at - last[vrid])
        last[vrid] = at
    return {"adverts": total, "priority_0": zero, "routers": len(last),
            "worst_between_adverts_s": round(max(gaps.values(), default=0), 4)}


def main():
    rows = []
    for count in (1, 500):
        for keeper in ("keepalived", "alibi"):
            line = {"bench": "reload", "keeper": keeper, "instances": count}
            line.update(measure(keeper, count))
            rows.append(line)
            print(json.dumps(line), flush=True)
    if "--table" in sys.argv:
        print(tables.text(rows))


if __name__ == "__main__":
    main()
