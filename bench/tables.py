#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""JSON lines of the benches as the tables of docs/bench.md. `tables.py FILE...` prints them;
`--write docs/bench.md` puts each between its marks, `<!-- bench: NAME -->` and `<!-- end -->`.
What has no lines in the files stays as it is."""
import json
import re
import sys


def markdown(head, rows, left=2):
    """`left` columns are text, the others numbers."""
    marks = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(str(x) for x in row) + " |" for row in [head, *rows]) \
        .replace("\n", "\n|" + "|".join(marks) + "|\n", 1)


def of(rows, bench):
    return [row for row in rows if row["bench"] == bench]


def stalls(rows, bench, failovers):
    keys = ("failovers", "latest_advert_s", "two_answering_s", "answered_by_old", "availability")
    head = [bench, "kind", failovers, "latest advert (s)", "two answering (s)",
            "answers of the old node", "availability"]
    return markdown(head, [[row["stall"], row["kind"], *(row[key] for key in keys)]
                           for row in of(rows, bench)])


def proofs(rows):
    """Whether the stall reached the master: what is not nothing."""
    head = ["stall", "kind", "in the master's control group meanwhile"]
    return markdown(head, [[row["stall"], row["kind"], ", ".join(
        f"{key} {value}" for key, value in row["proof"].items() if value not in (0, 0.0, ""))]
        for row in of(rows, "stall") + of(rows, "stop")], left=3)


def take_overs(rows):
    cases = {}
    for row in of(rows, "take-over"):
        cases.setdefault(row["case"], {})[row["kind"]] = row["median_s"]
    return markdown(["case", "keepalived (s)", "alibi (s)"], [
        [case, kinds.get("keepalived", ""), kinds.get("alibi", "")]
        for case, kinds in cases.items()], left=1)


def reloads(rows):
    keys = ("instances", "signals", "reloads", "transitions", "peer_transitions", "priority_0",
            "worst_between_adverts_s")
    head = ["kind", "instances", "SIGHUPs", "reloads", "transitions", "of the peer", "priority 0",
            "longest between two adverts (s)"]
    return markdown(head, [[row["keeper"], *(row[key] for key in keys)]
                           for row in of(rows, "reload")], left=1)


def mixed(rows):
    return markdown(["peer", "events", "seed", "disagreements"], [
        [row["peer"], row["events"], row["seed"], len(row["disagreements"])]
        for row in of(rows, "mixed")], left=1)


def gaps(rows):
    head = ["capture", "MB", "packets", "dd (s)", "alibi gaps (s)", "alibi explain (s)",
            "tcpdump and grep (s)", "tshark (s)", "speed of dd", "x tcpdump", "x tshark", "memory (MB)"]
    return markdown(head, [[
        row["case"], row["bytes"] // 10**6, row["packets"],
        *(row["seconds"].get(kind, "") for kind in ("dd", "alibi", "explain", "tcpdump",
                                                     "tshark")),
        row["of_dd"], row["times_tcpdump"], row["times_tshark"] or "", round(row["rss_kb"] / 1024, 1)]
        for row in of(rows, "gaps")], left=1)


def capture_rates(rows):
    head = ["frames", "filter", "asked for a second", "tool", "offered a second", "lost",
            "share lost", "CPU (s)"]
    return markdown(head, [[
        row["octets"], row["filter"] or "none", row["asked_per_s"], row["tool"],
        " / ".join(f"{n:,}" for n in row["offered_per_s"]), row["lost"], row["lost_share"],
        " / ".join(str(s) for s in row["cpu_s"])] for row in of(rows, "capture rate")], left=4)


def capture_best(rows):
    head = ["frames", "filter", "alibi", "tcpdump", "dumpcap", "x tcpdump",
            "sender flat out beside alibi", "of that", "sender alone"]
    return markdown(head, [[
        row["octets"], row["filter"] or "none",
        *(f"{row['loss_free_per_s'].get(tool, 0):,}" for tool in ("alibi", "tcpdump", "dumpcap")),
        row["of_tcpdump"] or "", f"{row['flat_out_per_s']['alibi']:,}", row["of_the_limit"],
        f"{row['sender_alone_per_s']:,}"] for row in of(rows, "capture without loss")], left=2)


def capture_stalls(rows):
    cases = {}
    for row in of(rows, "capturer stopped"):
        case = cases.setdefault((row["stopped_s"], row["per_s"]), {"sent": row["sent"]})
        case[row["tool"]] = row["lost"]
    return markdown(["stopped (s)", "frames a second", "sent", "lost: alibi", "tcpdump", "dumpcap"], [
        [*case, *(lost[key] for key in ("sent", "alibi", "tcpdump", "dumpcap"))]
        for case, lost in cases.items()], left=0)


def capture_tiny(rows):
    keys = ("received", "captured", "dropped", "unaccounted", "gaps_in_file",
            "packets_with_a_wrong_count")
    head = ["received", "captured", "dropped", "unaccounted", "gaps in the file",
            "packets with a wrong count"]
    return markdown(head, [[row[key] for key in keys] for row in of(rows, "tiny ring")], left=0)


def recorder_idle(rows):
    return markdown(["seconds", "of a core (%)"], [[row["seconds"], row["cpu_percent"]]
                                                   for row in of(rows, "recorder idle")], left=0)


def recorder_costs(rows):
    """Of who watches nothing the time itself, of the others what they add."""
    keys = ("unwatched_switch_ns", "unwatched_syscall_ns", "watched_switch_ns",
            "watched_syscall_ns")
    head = ["watcher", "unwatched: switch (ns)", "system call (ns)", "watched: switch (ns)",
            "system call (ns)", "adverts late: median (us)", "99th (us)", "own CPU (%)",
            "switches a second of the host", "of the watched", "lost"]
    lines = []
    for row in of(rows, "recorder cost"):
        if "absent" in row:
            lines.append([row["watcher"], row["absent"], *[""] * (len(head) - 2)])
            continue
        alone = row["watcher"] == "none"
        lines.append([
            row["watcher"],
            *(f"{row[key]:,.0f}" if alone else f"{row['added_' + key]:+,.0f}" for key in keys),
            *(f"{row[key]:,.0f}" for key in ("advert_late_median_us", "advert_late_99th_us")),
            "" if alone else row["cpu_percent"], f"{row['host_switches_per_s']:,.0f}",
            f"{row['watched_switches_per_s']:,.0f}", f"{row.get('lost', 0):,.0f}"])
    return markdown(head, lines, left=1)


TABLES = {  # mark: benches it is made of, function
    "stalls": (("stall",), lambda rows: stalls(rows, "stall", "false fail-overs")),
    "stops": (("stop",), lambda rows: stalls(rows, "stop", "fail-overs")),
    "proofs": (("stall", "stop"), proofs),
    "take-over": (("take-over",), take_overs),
    "reload": (("reload",), reloads),
    "mixed": (("mixed",), mixed),
    "gaps": (("gaps",), gaps),
    "capture-best": (("capture without loss",), capture_best),
    "capture-rates": (("capture rate",), capture_rates),
    "capture-stalls": (("capturer stopped",), capture_stalls),
    "capture-tiny": (("tiny ring",), capture_tiny),
    "recorder-idle": (("recorder idle",), recorder_idle),
    "recorder-cost": (("recorder cost",), recorder_costs),
}


def made(rows):
    return {name: make(rows) for name, (benches, make) in TABLES.items()
            if any(of(rows, bench) for bench in benches)}


def text(rows):
    return "".join(f"\n{name}:\n\n{table}\n" for name, table in made(rows).items())


def write(path, rows):
    with open(path, encoding="utf-8") as document:
        content = document.read()
    for name, table in made(rows).items():
        content, count = re.subn(rf"(<!-- bench: {name} -->\n).*?(<!-- end -->)",
                                 lambda marks, t=table: f"{marks[1]}{t}\n{marks[2]}", content,
                                 flags=re.S)
        if count != 1:
            raise SystemExit(f"tables: {path} has no marks for {name}")
    with open(path, "w", encoding="utf-8") as document:
        document.write(content)


def main():
    arguments, target = sys.argv[1:], None
    if "--write" in arguments:
        at = arguments.index("--write")
        target = arguments[at + 1]
        del arguments[at:at + 2]
    rows = []
    for name in arguments:
        with open(name, encoding="utf-8") as lines:
            rows += [json.loads(line) for line in lines if line.startswith("{")]
    if target:
        write(target, rows)
    else:
        print(text(rows))


if __name__ == "__main__":
    main()
