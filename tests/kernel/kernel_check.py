# SPDX-License-Identifier: Apache-2.0
"""alibi on a second kernel: boots it in QEMU without KVM, with an initramfs of the programs of this
machine, and plays the scenes given there (tests/kernel/*.sh).

kernel_check.py --kernel VMLINUZ --modules LIB/MODULES/RELEASE --programs build/release SCENE...
Only the scene "stolen" needs root. Exit code 0: every check is ok; 1: one is not, or the kernel did not get to the end.
"""
import argparse
import contextlib
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time

import initramfs
import ordeals
import theft
from guest import Guest
from peer import Peer

# What each scene adds to the kernel's command line.
SCENES = {"probes": "", "lacks": "psi=0 cgroup_no_v1=all", "clocks": "", "paused": "", "stolen": ""}

ROUND = 30  # seconds of an ordeal, at least


class Host:
    """What a scene may ask for on its console."""

    def __init__(self, guest, options, directory, stack):
        self.guest, self.options, self.stack = guest, options, stack
        self.draw = random.Random(options.seed)
        self.case = os.path.join(directory, "case")
        self.read = 0  # of the guest's files
        self.done = {}  # by name of the ordeal
        self.theft = None

    def serve_thefts(self):
        self.theft = self.stack.enter_context(theft.Theft(self.guest.cpu_threads()))
        line = self.stack.enter_context(contextlib.closing(self.guest.line()))
        threading.Thread(target=self.theft.answer, args=(line,), daemon=True).start()

    def obey(self, line):
        """The line of a check that was made here, or None. What takes time is done beside the
        console, which must not wait."""
        words = line.split()
        if words[1] == "halt":
            threading.Thread(target=self.guest.halt, args=(int(words[2]),), daemon=True).start()
        elif words[1] == "thefts":
            self.serve_thefts()
        elif words[1] == "ordeal":
            threading.Thread(target=self.inflict, args=(words[2], int(words[3])),
                             daemon=True).start()
        elif words[1] == "judge":
            return self.judge(words[2], int(words[3]))
        return None

    def inflict(self, name, guest_time):
        done = ordeals.inflict(ordeals.ORDEALS[name], self.guest, self.theft, guest_time, self.draw)
        self.done.setdefault(name, []).append(done)

    def judge(self, name, size):
        with open(self.guest.files_path, "rb") as files, open(self.case, "wb") as case:
            files.seek(self.read)
            case.write(files.read(size))
        self.read += size
        ordeals.keep(self.case, self.options.cases, name)
        done = self.done.get(name, [])
        good = ordeals.judge(name, done, self.case, os.path.join(self.options.programs, "alibi"))
        good = good and len(done) == self.options.times
        return f"CHECK {name} {'ok' if good else 'FAILED'}"


def play(scene, options, archive, directory):
    """The lines of the console until the end, the time limit or a panic."""
    lines = []
    with open(os.path.join(initramfs.HERE, f"scene_{scene}.sh"), encoding="utf-8") as script:
        rounds = options.times * len(re.findall(r"^ordeal ", script.read(), re.MULTILINE))
    guest = Guest(directory, options.kernel, archive,
                  f"{SCENES[scene]} scene={scene} times={options.times}",
                  options.timeout + rounds * ROUND)
    peer = Peer(*guest.network)
    peer.start()
    started = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(guest)
            host = Host(guest, options, directory, stack)
            for line in guest.console():
                lines.append(line.rstrip())
                print(f"{scene} {time.monotonic() - started:6.1f} {lines[-1]}", flush=True)
                if line.startswith("HOST ") and (check := host.obey(line)):
                    lines.append(check)
                    print(check, flush=True)
                if "CHECKS DONE" in line or "Kernel panic" in line:
                    break
    finally:
        peer.end()
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--modules", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--timeout", type=int, default=400, help="seconds a scene may take beside its ordeals")
    parser.add_argument("--times", type=int, default=3, help="ordeals of each kind")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--cases", help="a folder for the cases of the ordeals")
    parser.add_argument("scenes", nargs="*", default=list(SCENES), metavar="SCENE")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the guest ends as well
    print(f"kernel check: --seed {options.seed}", flush=True)
    failed = False
    with tempfile.TemporaryDirectory(prefix="alibi-kernel-") as directory:
        archive = initramfs.make(directory, options.programs, options.modules)
        verdicts = []
        for scene in options.scenes:
            if scene == "stolen" and theft.controller() is None:
                verdicts.append("kernel check: stolen: left out: it needs root and the cpu "
                                "controller of cgroup version 1")
                continue
            lines = play(scene, options, archive, directory)
            checks = [m.groups() for line in lines if (m := re.match(r"CHECK (\S+) (\S+)", line))]
            bad = [name for name, how in checks if how != "ok"]
            done = any("CHECKS DONE" in line for line in lines)
            failed |= not checks or not done or bool(bad)
            verdicts.append(f"kernel check: {scene}: {len(checks)} checks, {len(bad)} failed"
                            f"{': ' if bad else ''}{', '.join(bad)}"
                            f"{'' if done else '; did not get to the end'}")
    print("\n".join(verdicts))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
