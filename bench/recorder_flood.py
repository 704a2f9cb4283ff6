#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Everything of stress-ng is watched in full, in a ring too small for it: is every event kept or
counted, and is the window that is told the one that is held?

usage: recorder_flood.py ALIBI [SECONDS]    as root; needs stress-ng. One JSON line; exit code 1 when a
source's counts do not add up or differ from the kernel's own.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import time

WORK = [["--switch", "1"], ["--sock", "1"], ["--vm", "1", "--vm-bytes", "64M"],
        ["--hdd", "1", "--hdd-bytes", "64M"], ["--fork", "1"], ["--signal", "1"]]


def main():
    alibi = os.path.abspath(sys.argv[1])
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    if os.geteuid() != 0 or shutil.which("stress-ng") is None:
        print("recorder_flood: needs root and stress-ng", file=sys.stderr)
        return 77
    # Whoever holds such a socket is watched, and so is what it forks.
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
    recorder = subprocess.Popen(
        [alibi, "record", "-i", "lo", "--ring", "4", "--for", str(seconds + 6), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    words = [word for part in WORK for word in part]
    subprocess.run(["stress-ng", "--quiet", "--temp-path", "/var/tmp", "--timeout", str(seconds),
                    *words], check=False)
    said, complaint = recorder.communicate(timeout=120)
    sender.close()
    if recorder.returncode != 0:
        print(complaint, file=sys.stderr)
        return 1
    told = json.loads(said)
    wrong = [s for s in told["sources"]
             if s["received"] != s["kept"] + s["lost"] + s["passed_over"]]
    wrong += [loss for loss in told["losses"] if "handed over" in loss["why"]]
    print(json.dumps({"bench": "recorder_flood", "seconds": seconds,
                      "held_s": round(told["window"]["held_s"], 2),
                      "sources": {s["source"]: [s["received"], s["kept"], s["lost"], s["passed_over"]]
                                  for s in told["sources"] if s["received"]},
                      "wrong": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
