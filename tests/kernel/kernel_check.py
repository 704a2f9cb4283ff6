# SPDX-License-Identifier: Apache-2.0
"""alibi on a second kernel: boots it in QEMU without KVM, with an initramfs of the programs of this
machine, and plays the scenes given there (tests/kernel/*.sh).

kernel_check.py --kernel VMLINUZ --modules LIB/MODULES/RELEASE --programs build/release SCENE...
Needs no root. Exit code 0: every check is ok; 1: one is not, or the kernel did not get to the end.
"""
import argparse
import re
import signal
import sys
import tempfile
import threading
import time

import initramfs
from guest import Guest
from peer import Peer

# What each scene adds to the kernel's command line.
SCENES = {"probes": "", "lacks": "psi=0 cgroup_no_v1=all", "clocks": ""}


def obey(guest, order, seconds):
    """What the scene asked the hypervisor for; beside the console, which must not wait."""
    threading.Thread(target={"pause": guest.pause, "halt": guest.halt}[order], args=(seconds,),
                     daemon=True).start()


def play(scene, options, archive, directory):
    """The lines of the console until the end, the time limit or a panic."""
    lines = []
    guest = Guest(directory, options.kernel, archive, f"{SCENES[scene]} scene={scene}",
                  options.timeout)
    peer = Peer(*guest.network)
    peer.start()
    started = time.monotonic()
    try:
        with guest:
            for line in guest.console():
                lines.append(line.rstrip())
                print(f"{scene} {time.monotonic() - started:6.1f} {lines[-1]}", flush=True)
                if asked := re.match(r"HOST (pause|halt) (\d+)", line):
                    obey(guest, asked[1], int(asked[2]))
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
    parser.add_argument("--timeout", type=int, default=400, help="seconds a scene may take")
    parser.add_argument("scenes", nargs="*", default=list(SCENES), metavar="SCENE")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the guest ends as well
    failed = False
    with tempfile.TemporaryDirectory(prefix="alibi-kernel-") as directory:
        archive = initramfs.make(directory, options.programs, options.modules)
        verdicts = []
        for scene in options.scenes:
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
