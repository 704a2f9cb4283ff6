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

NAMED = ["-t", "-e -t", "-v -t", "-N -t"]  # hosts, services, protocols, and whose a MAC address is


def run(*command):
    return subprocess.run(command, text=True, errors="replace", capture_output=True, check=False,
                          stdin=subprocess.DEVNULL)


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

    def made(self, frames, **how):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "made.pcap")
        packets.write_pcap(path, frames, **how)
        return path

    def test_vrrp(self):
        self.compare(self.made(packets.adverts()), WAYS + NAMED)

    def test_arp(self):
        vendors = [packets.ethernet(0x806, packets.arp(2, mac, "10.0.0.1", packets.B, "10.0.0.2"))
                   for mac in ("00:00:5e:00:01:33", "00:00:0c:01:02:03", "08:00:07:01:02:03")]
        self.compare(self.made(packets.arps() + vendors), WAYS + NAMED)

    def test_listeners(self):
        self.compare(self.made(packets.listeners()), WAYS + NAMED)

    def test_cut(self):
        """At every octet: of the wire, and of what was captured."""
        six = {"source": "fe80::1", "to": "ff02::12"}
        for frame in (packets.group4(packets.vrrp2()), packets.group4(packets.vrrp3()),
                      packets.group6(packets.vrrp3(("fe80::100",), **six))):
            pieces = [frame[:size] for size in range(14, len(frame))]
            for original in (0, len(frame)):
                self.compare(self.made(pieces, original=original),
                             ["-n -t", "-t", "-e -t", "-n -v -t", "-n -e -v -t"])

    def test_others(self):
        # -S: a line of alibi's knows no connection, and has the sequence numbers of the packet.
        path = self.made(packets.others())
        self.compare(path, [way for way in WAYS if "-v" not in way])
        self.compare(path, ["-nn -v", "-nn -e -v", "-nn -S", "-nn -S -v", "-nn -K -v",
                            "-nn -K -vv"])

    def test_many_files(self):
        path = self.made(packets.adverts())
        os.chmod(os.path.dirname(path), 0o755)  # tcpdump opens the second one as another user
        names = path + ".list"
        pathlib.Path(names).write_text(f"{path}\n{path}\n")
        for way in ("-n -t", "-n -t -c 40", "--count"):
            theirs = run("tcpdump", *way.split(), "-V", names, "vrrp")
            ours = run(ALIBI, "capture", *way.split(), "-V", names, "vrrp")
            self.assertEqual((theirs.stdout, theirs.stderr), (ours.stdout, ours.stderr))
        self.assertIn("Unable to open file", run(ALIBI, "capture", "-V", "/nowhere").stderr)

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

    def test_values_and_questions_are_tcpdumps(self):
        """What is refused, in which words, with which exit code; what asks for no packet."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "a.pcap")
        packets.write_pcap(path, packets.adverts()[:3])
        ways = ["-r nosuch", "-c 0", "-c many", "-c -1", "-s -1", "-s 999999", "-W 0", "-W x", "-B x",
                "-B 0", "-j foo", "-Q foo", "-G -1", "-C x", "-C 0", "--time-stamp-precision=x",
                "-n -t -t -t -t -t -t", "-V nosuch", "-n host", "-n port 99999", "-n foo bar",
                "-n -t --snapshot-length=40 --no-optimize --packet-buffered --buffer-size=9",
                "-n -t --direction=in --interface lo --time-stamp-type=host -s 0", "-d vrrp",
                "-n -t --dont-verify-checksums -v"]
        for way in ways:
            words = [*way.split(), *([] if "-r" in way else ["-r", path])]
            if words[0] == "-n" and words[1] in ("host", "port", "foo"):
                words = ["-n", "-r", path, *words[1:-2]]
            self.same(words)
        for way in ("-d vrrp", "-dd arp", "-i lo -d vrrp", "-i any -d vrrp", "-i lo -L", "-i lo -J",
                    "--list-data-link-types -i lo", "-V -", "-D", "--list-interfaces"):
            needs_root = "-i" in way.split()
            if os.geteuid() == 0 or not needs_root:
                self.same(way.split())

    def same(self, words):
        with self.subTest(words=words):
            theirs, ours = run("tcpdump", *words), run(ALIBI, "capture", *words)
            self.assertEqual(theirs.stdout, ours.stdout)
            self.assertEqual(theirs.stderr.replace("tcpdump: ", "alibi: "), ours.stderr)
            self.assertEqual(theirs.returncode, ours.returncode)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
