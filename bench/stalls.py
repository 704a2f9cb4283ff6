#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""False fail-overs under stalls: keepalived and alibi run, same lab, same faults, same seeds."""
import json
import subprocess
import sys
import tempfile

ALIBI = sys.argv[1]
FAULTS = ["log.reader", "log.disk"]
TIMES = 3


def failovers(keeper, fault):
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as out:
        subprocess.run([ALIBI, "lab", "run", fault, "--times", str(TIMES), "--keeper", keeper,
                        "--out", out.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        runs = [json.loads(line) for line in out.read().splitlines()]
    # failures: hand-overs and near misses that something caused, in the fault's window
    return len(runs), sum(run["failures"] for run in runs)


def main():
    for fault in FAULTS:
        figures = {keeper: failovers(keeper, fault) for keeper in ("keepalived", "alibi")}
        print(json.dumps({"bench": "stall", "fault": fault,
                          "runs": {k: v[0] for k, v in figures.items()},
                          "failures": {k: v[1] for k, v in figures.items()}}), flush=True)


if __name__ == "__main__":
    main()
