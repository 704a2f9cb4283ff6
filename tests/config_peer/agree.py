#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `keepalived -t` with `alibi check` on keepalived's samples and on our snippets.

usage: ALIBI=build/release/alibi agree.py

Three classes: clean, complained about (the file is used, but not as written), refused. A file on which
the two do not agree must be in differences.txt with the reason; a line there that is not needed any
more fails as well. keepalived runs in a network namespace of its own with the interfaces eth0 to eth5.
Exit codes: 0 they agree but for the list, 1 not, 77 no root or no keepalived.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = pathlib.Path("/usr/share/doc/keepalived/samples")
SPACE = f"alibi-agree-{os.getpid()}"


def run(*argv, **more):
    return subprocess.run(argv, text=True, capture_output=True, timeout=30, **more)


def make_namespace():
    run("ip", "netns", "add", SPACE, check=True)
    def inside(*argv):
        run("ip", "-n", SPACE, *argv, check=True)
    inside("link", "set", "lo", "up")
    for pair in range(0, 6, 2):
        inside("link", "add", f"eth{pair}", "type", "veth", "peer", "name", f"eth{pair + 1}")
    for number in range(6):
        inside("link", "set", f"eth{number}", "up")
        inside("addr", "add", f"10.99.{number}.2/24", "dev", f"eth{number}")


def keepalived_says(path):
    """0 and 6 (scripts as root, which is not a matter of the grammar): clean."""
    done = run("ip", "netns", "exec", SPACE, "keepalived", "-t", "-f", str(path))
    kind = {0: "clean", 6: "clean", 5: "complains"}.get(done.returncode, "refuses")
    said = (done.stdout + done.stderr).strip().splitlines()
    if kind == "clean" and done.returncode == 6:
        # 6 hides a 5: the complaints are there all the same.
        said = [line for line in said if "SECURITY VIOLATION" not in line and
                "default user" not in line.lower() and "keepalived_script" not in line]
        kind = "complains" if said else "clean"
    return kind, said


def alibi_says(alibi, path):
    done = run(alibi, "check", "--json", "-f", str(path))
    if not done.stdout:
        return "crashes", done.stderr.splitlines()[:3]
    kind = {0: "clean", 5: "complains", 4: "refuses"}.get(done.returncode, "crashes")
    found = json.loads(done.stdout)["diagnostics"]
    return kind, [f"{d['line']}: {d['severity']}: {d['message']}" for d in found]


def dumps_are_clean(alibi, files, folder):
    """What --dump-config writes of a file that both take as written, keepalived takes as well."""
    bad = []
    for path in files:
        if keepalived_says(path)[0] != "clean" or alibi_says(alibi, path)[0] != "clean":
            continue
        dumped = folder / path.name
        dumped.write_text(run(alibi, "check", "--dump-config", "-f", str(path)).stdout)
        theirs, said = keepalived_says(dumped)
        if theirs != "clean":
            bad.append(f"the dump of {path.name}")
            print(f"the dump of {path.name}: keepalived {theirs}", *said[:8], sep="\n    ")
    return bad


def known_differences():
    out = {}
    for line in (HERE / "differences.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, theirs, ours, why = line.split(None, 3)
            out[name] = (theirs, ours, why)
    return out


def compare(alibi, files):
    known, bad = known_differences(), []
    for path in files:
        theirs, they_said = keepalived_says(path)
        ours, we_said = alibi_says(alibi, path)
        expected = known.pop(path.name, None)
        if (theirs == ours and expected is None) or (expected and expected[:2] == (theirs, ours)):
            continue
        bad.append(path.name)
        print(f"{path.name}: keepalived {theirs}, alibi {ours}"
              + (f", listed as {expected[:2]}" if expected else ", not listed"))
        for line in they_said[:8]:
            print(f"    keepalived: {line}")
        for line in we_said[:8]:
            print(f"    alibi:      {line}")
    for name in known:
        bad.append(name)
        print(f"{name}: listed in differences.txt, but there is no such file")
    return bad


def main():
    alibi = os.environ["ALIBI"]
    if os.geteuid() != 0 or not shutil.which("keepalived") or not SAMPLES.is_dir():
        print("needs root, keepalived and its samples")
        return 77
    files = sorted(SAMPLES.glob("keepalived.conf*")) + sorted((HERE / "snippets").glob("*.conf"))
    try:
        make_namespace()
        bad = compare(alibi, files)
        with tempfile.TemporaryDirectory() as folder:
            bad += dumps_are_clean(alibi, files, pathlib.Path(folder))
    finally:
        run("ip", "netns", "del", SPACE)
    print(f"{len(files)} files, {len(bad)} not as listed")
    return 1 if bad or len(files) < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
