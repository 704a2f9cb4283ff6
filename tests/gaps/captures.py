# SPDX-License-Identifier: Apache-2.0
"""What the tests of alibi gaps on capture files share: the program, and captures made here."""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

ALIBI = sys.argv.pop(1)
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
import make_capture as mc  # noqa: E402

try:
    import jsonschema
except ImportError:
    jsonschema = None


def run(*arguments, **more):
    return subprocess.run([ALIBI, "gaps", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, env={**os.environ, "TZ": "UTC"}, **more)


class Captures(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return pathlib.Path(self.folder.name) / name

    def write(self, name, packets, kind=mc.Pcap):
        with open(self.path(name), "wb") as f:
            f.write(kind.head)
            for at, frame in sorted(packets, key=lambda p: p[0]):
                f.write(kind.record(at, frame))
        return self.path(name)

    def gaps(self, *arguments):
        result = run("--json", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        report = json.loads(result.stdout)
        if jsonschema:
            schema = json.loads((ROOT / "docs/formats/gaps.schema.json").read_text())
            jsonschema.validate(report, schema)
        return report

    def write_alibis(self, name, packets, offset):
        """As alibi capture writes it: an interface with its clock, packets with (time, frame,
        comment) and frames lost before them."""
        def option(code, value):
            return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)

        def block(kind, body):
            size = struct.pack("<I", len(body) + 12)
            return struct.pack("<I", kind) + size + body + size

        end = bytes(4)
        clock = f"alibi clock: realtime-monotonic={offset} boottime=5".encode()
        out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        out += block(1, struct.pack("<HHI", 1, 0, 65535) + option(1, clock) + option(2, b"eth0") +
                     option(9, b"\x09") + end)
        for at, frame, comment in packets:
            options = option(1, comment.encode()) if comment else b""
            out += block(6, struct.pack("<IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(frame),
                                        len(frame)) + frame + bytes(-len(frame) % 4) + options + end)
        self.path(name).write_bytes(out)
        return self.path(name)

    def write_as_they_come(self, name, packets, kind=mc.Pcap):
        self.path(name).write_bytes(kind.head + b"".join(kind.record(*p) for p in packets))
        return self.path(name)
