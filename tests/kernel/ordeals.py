# SPDX-License-Identifier: Apache-2.0
"""What a hypervisor does to a guest at random moments and for random lengths, and the judgement of
what `alibi explain` says of it."""
import json
import os
import subprocess
import time
from dataclasses import dataclass, field

import theft

AFTER = 6  # seconds in which what an ordeal brought about may end


@dataclass(frozen=True)
class Ordeal:
    """What is done, and the causes that are right; those of `may_be` are no wrong names either."""
    cpus: tuple  # taken; none: the whole machine is paused
    right: tuple
    state: str = ""  # of the account, while it lasts
    may_be: tuple = ("unknown",)
    may_pass: bool = False  # no incident is right as well
    share: tuple = theft.WHOLE  # that is left of the CPUs


STOLEN = "its CPU taken by the hypervisor"
ORDEALS = {
    "paused": Ordeal((), ("host.paused",), "its machine stood still"),
    "stolen_both": Ordeal((0, 1), ("host.cpu.stolen",), STOLEN),
    "stolen_one": Ordeal((1,), ("host.cpu.stolen",), STOLEN),
    "stolen_other": Ordeal((0,), ("host.cpu.stolen",), may_pass=True),
    "sliced_both": Ordeal((0, 1), ("host.cpu.stolen",), STOLEN, may_pass=True, share=theft.SLICES),
    "uncounted_both": Ordeal((0, 1), ("host.paused",)),
    "uncounted_one": Ordeal((1,), ("unknown",), may_be=("host.paused",)),
}


@dataclass
class Done:
    begin: float  # seconds of the guest's CLOCK_REALTIME
    end: float
    run_delays: list = field(default_factory=list)


def inflict(ordeal, guest, thief, guest_time, draw):
    """At a moment and for a time that DRAW gives; the guest asked for it at GUEST_TIME."""
    asked = time.monotonic()
    time.sleep(draw.uniform(0, 3))
    seconds = draw.uniform(4, 12)
    begin = guest_time + time.monotonic() - asked
    delays = []
    if ordeal.cpus:
        delays = thief.take(ordeal.cpus, seconds, ordeal.share)
    else:
        guest.pause(seconds)
    return Done(begin, begin + seconds, delays)


def share(incident, state):
    """Of the overdue time that is not sleep until the thread's own timer rang, that in STATE."""
    overdue = (incident["account"] or {}).get("overdue", {"time_s": 0, "lines": []})
    times = {line["state"]: line["time_s"] for line in overdue["lines"]}
    awake = overdue["time_s"] - times.get("waiting for its next timer", 0)
    return times.get(state, 0) / awake if awake > 0 else None


def judge_one(ordeal, done, incidents):
    """(what came of it: right, unknown, missed or wrong; the names; the share or None)."""
    there = [i for i in incidents if i["cause"] and
             done.begin - 1.5 <= i["at_unix_ns"] / 1e9 <= done.end + AFTER]
    names = [i["cause"]["code"] for i in there]
    right = [i for i in there if i["cause"]["code"] in ordeal.right]
    if any(name not in ordeal.right + ordeal.may_be for name in names):
        return "wrong", names, None
    if right:
        return "right", names, share(right[0], ordeal.state) if ordeal.state else None
    if names:
        return "unknown", names, None
    return "right" if ordeal.may_pass else "missed", names, None


def judge(name, dones, case, alibi):
    """Prints what became of each; true if no name is wrong and nothing was missed."""
    ordeal = ORDEALS[name]
    told = subprocess.run([alibi, "explain", "--json", case], capture_output=True, text=True,
                          check=True)
    incidents = json.loads(told.stdout)["incidents"]
    counts, shares = {}, []
    for done in dones:
        outcome, names, part = judge_one(ordeal, done, incidents)
        counts[outcome] = counts.get(outcome, 0) + 1
        shares += [part] if part is not None else []
        delays = " ".join(f"{delay:.2f}" for delay in done.run_delays)
        print(f"{name}: {done.end - done.begin:.2f} s, run delay {delays or '-'} s: {outcome}, "
              f"{', '.join(names) or 'nothing'}"
              f"{'' if part is None else f', {100 * part:.2f} % in the right state'}", flush=True)
    strays = [i["cause"]["code"] for i in incidents if i["cause"] and not any(
        d.begin - 1.5 <= i["at_unix_ns"] / 1e9 <= d.end + AFTER for d in dones)]
    print(f"{name}: {counts}; beside them: {', '.join(strays) or 'nothing'}")
    if shares:
        shares.sort()
        print(f"{name}: in the right state {100 * shares[0]:.2f} % at least, "
              f"{100 * shares[len(shares) // 2]:.2f} % in the median of {len(shares)}", flush=True)
    return bool(dones) and "wrong" not in counts and "missed" not in counts


def keep(case, folder, name):
    """Leaves CASE in FOLDER, where one is given."""
    if folder:
        os.makedirs(folder, exist_ok=True)
        with open(case, "rb") as source, open(os.path.join(folder, name + ".case"), "wb") as out:
            out.write(source.read())
