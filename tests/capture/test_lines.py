#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""alibi capture -r against tcpdump -r: the same lines, octet for octet."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import packets

ALIBI = os.environ.get("ALIBI") or os.environ["ALIBI_BUILT"]
SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared/corpus/tcpdump/vrrp.pcap"
WAYS = ["-n", "-nn -t", "-n -e -t", "-n -v -t", "-n -e -v -t", "-nn -vvv -e", "-n -q -t", "-n -q -e",
        "-n -tt", "-n -ttt", "-n -tttt", "-n -ttttt", "-n -x", "-n -xx", "-n -X", "-n -XX", "-n -A",
        "-n -AA", "-n -#", "-n --nano -ttt", "-n -c 3", "--count"]


def run(*command):
    return subprocess.run(command, text=True, errors="replace", capture_output=True, check=False)


class Lines(unittest.TestCase):
    maxDiff = None

    def compare(self, path, ways=WAYS, words=()):
        for way in ways:
            with self.subTest(way=way, words=words):
                theirs = run("tcpdump", *way.split(), "-r", path, *words)
                ours = run(ALIBI, "capture", *way.split(), "-r", path, *words)
                self.assertEqual(theirs.stdout, ours.stdout)
                self.assertEqual(theirs.stderr.replace("tcpdump: ", "alibi: "), ours.stderr)
                self.assertEqual(theirs.returncode, ours.returncode)

    def made(self, frames):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "made.pcap")
        packets.write_pcap(path, frames)
        return path

    def test_vrrp(self):
        self.compare(self.made(packets.adverts()))

    def test_arp(self):
        self.compare(self.made(packets.arps()))

    def test_others(self):
        # -S: a line of alibi's knows no connection, and has the sequence numbers of the packet.
        path = self.made(packets.others())
        self.compare(path, [way for way in WAYS if "-v" not in way])
        self.compare(path, ["-nn -v", "-nn -e -v"])

    def test_filters(self):
        path = self.made(packets.adverts() + packets.arps() + packets.others())
        for words in (["vrrp"], ["vlan"], ["arp", "or", "icmp"], ["host 10.0.0.2 and not tcp"],
                      ["ip6 proto 112"]):
            self.compare(path, ["-n"], words)
        self.compare(path, ["-n"], ["nonsense"])

    @unittest.skipUnless(SHARED.exists(), "the shared corpus is not here")
    def test_corpus(self):
        self.compare(str(SHARED))

    def test_rewritten(self):
        """-r -w: what goes through is what was there, in every format."""
        path = self.made(packets.adverts())
        folder = os.path.dirname(path)
        lines = run("tcpdump", "-nn", "-tt", "-e", "-r", path).stdout
        for name in ("a.pcap", "a.pcapng", "a.pcap.gz", "a.pcapng.zst"):
            to = os.path.join(folder, name)
            self.assertEqual(run(ALIBI, "capture", "-r", path, "-w", to).returncode, 0)
            self.assertEqual(run(ALIBI, "capture", "-nn", "-tt", "-e", "-r", to).stdout, lines)
            if not name.endswith("zst"):
                infos = run("capinfos", "-c", "-M", to)
                self.assertIn(str(len(packets.adverts())), infos.stdout, infos.stderr)
        self.assertEqual(run("tcpdump", "-nn", "-tt", "-e", "-r",
                             os.path.join(folder, "a.pcapng")).stdout, lines)


class Refusals(unittest.TestCase):
    def test_no_such_file(self):
        done = run(ALIBI, "capture", "-r", "/nowhere/a.pcap")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere/a.pcap", done.stderr)

    def test_no_such_interface(self):
        done = run(ALIBI, "capture", "-i", "no-such-if0")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, run("tcpdump", "-i", "no-such-if0").stderr.replace(
            "tcpdump: ", "alibi: "))

    def test_bad_size(self):
        done = run(ALIBI, "capture", "-w", "x", "-C", "many")
        self.assertEqual(done.returncode, 1)
        self.assertIn("invalid file size many", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
