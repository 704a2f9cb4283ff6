# SPDX-License-Identifier: Apache-2.0
"""One real case from end to end: a keepalived pair in namespaces, HAProxy watched beside it, both stopped
for a while. What is told of it by every command and in every form, read back by the tools that the
forms are for."""
import csv
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "support"))
sys.path.insert(0, os.path.join(HERE, "..", "interop"))
from netns import Lab, wait_until  # noqa: E402
from peers import Keepalived  # noqa: E402

try:
    import jsonschema
except ImportError:
    jsonschema = None

ALIBI = os.path.abspath(os.environ.get("ALIBI_BUILT", "build/release/alibi"))
VIP = "10.81.0.100"
SVG = "{http://www.w3.org/2000/svg}"
PROXY = """
global
    nbthread 2
defaults
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
listen service
    bind 10.81.0.1:8080
    server other 10.81.0.2:8080 check inter 200ms
"""


def keepalived(priority):
    return f"""
vrrp_instance VI {{
    state BACKUP
    interface eth0
    virtual_router_id 81
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        {VIP}
    }}
}}
"""


def write(path, text):
    with open(path, "w", encoding="ascii") as out:
        out.write(text)


def alibi(*arguments, code=0, text=True):
    done = subprocess.run([ALIBI, *arguments], capture_output=True, text=text, check=False,
                          timeout=60)
    if done.returncode != code:
        raise AssertionError(f"alibi {' '.join(arguments)}: {done.returncode}\n{done.stderr}")
    return done.stdout if code == 0 else done.stderr


def validate(value, schema):
    if jsonschema:
        with open(os.path.join(ROOT, "docs", "formats", schema), encoding="utf-8") as text:
            jsonschema.validate(value, json.load(text))


def total(parts, key):
    return sum(part[key] for part in parts)


def fields(data):
    """(number, wire type, value) of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, 0, varint()
        elif key & 7 == 2:
            size = varint()
            yield key >> 3, 2, data[at:at + size]
            at += size
        else:
            raise AssertionError(f"wire type {key & 7} at {at}")
    assert at == len(data), "the last field ends behind the end"


class Case(unittest.TestCase):
    """The case is made once: keepalived stopped for 4.5 s, in it HAProxy for 1.5 s."""

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root")
        folder = tempfile.TemporaryDirectory(prefix="alibi-case-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        os.chmod(cls.folder, 0o755)
        cls.lab = Lab().__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.a, cls.b = cls.lab.segment(["a", "b"])
        for number, node in enumerate((cls.a, cls.b), 1):
            node.add_address(f"10.81.0.{number}/24")
        cls.case = cls.path("flap.case")
        cls.record()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @staticmethod
    def has_two_threads(pid):
        """nbthread; a third one that HAProxy has as it starts does not last."""
        before = os.listdir(f"/proc/{pid}/task")
        time.sleep(0.5)
        return len(before) == 2 and os.listdir(f"/proc/{pid}/task") == before

    @classmethod
    def record(cls):
        # A name that no other HAProxy of this machine has.
        cls.name = f"proxy{os.getpid()}"
        shutil.copy("/usr/sbin/haproxy", cls.path(cls.name))
        write(cls.path("haproxy.cfg"), PROXY)
        first = Keepalived(cls.a, cls.folder, keepalived(110)).start()
        backup = Keepalived(cls.b, cls.folder, keepalived(100)).start()
        wait_until(lambda: first.is_master(VIP) and not backup.is_master(VIP), 20, "the master")
        cls.recorder = cls.lab.start([ALIBI, "record", "-w", cls.case, "--watch", cls.name,
                                      "--tap", f"A=eth0@{cls.a.name}:one",
                                      "--tap", f"B=eth0@{cls.b.name}:two"])
        cls.recorder.expect("recording 2 taps", 30)
        # Only now: it is to be seen when it starts.
        cls.proxy = cls.a.start([cls.path(cls.name), "-db", "-f", cls.path("haproxy.cfg")])
        cls.recorder.expect(rf"watching {cls.name} \(pid {cls.proxy.pid}\) .*as asked for", 20)
        wait_until(lambda: cls.has_two_threads(cls.proxy.pid), 60, "the threads of HAProxy")
        time.sleep(3.5)  # intervals before the fault
        keeper = first.child()
        cls.stopped_at = time.time()
        os.kill(keeper, signal.SIGSTOP)
        cls.proxy.signal(signal.SIGSTOP)
        time.sleep(1.5)
        cls.proxy.signal(signal.SIGCONT)
        time.sleep(3)
        os.kill(keeper, signal.SIGCONT)
        cls.went_on_at = time.time()
        wait_until(lambda: first.is_master(VIP) and not backup.is_master(VIP), 20, "its return")
        time.sleep(1.2)
        cls.recorder.signal(signal.SIGINT)
        cls.recorder.popen.wait(30)
        cls.keeper = keeper

    # ---- explain ----

    def failure(self):
        report = json.loads(alibi("explain", "--json", self.case))
        validate(report, "verdict.schema.json")
        return [i for i in report["incidents"] if i["failure"]][0]

    def test_recorder_waited_for_what_was_not_there(self):
        self.assertIn(f"waiting for {self.name}: no such process runs yet", self.recorder.text())

    def test_explain_names_who_stopped_it(self):
        said = alibi("explain", self.case)
        self.assertIn("host.process.stopped: keepalived", said)
        self.assertRegex(said, rf"\(pid {os.getpid()}\b.* sent SIGSTOP")

    def test_json_accounts_for_the_whole_gap(self):
        incident = self.failure()
        self.assertEqual(incident["cause"]["code"], "host.process.stopped")
        account = incident["account"]
        self.assertEqual((account["process"], account["pid"]), ("keepalived", self.keeper))
        self.assertEqual(round(total(account["lines"], "time_s") * 1e9),
                         round(account["gap_s"] * 1e9))
        states = {line["state"]: line["time_s"] for line in account["overdue"]["lines"]}
        self.assertGreater(states["stopped"], 0.9 * account["overdue"]["time_s"])

    def test_account_sums_to_the_gap_and_draws_lanes(self):
        said = alibi("explain", "--account", self.case)
        part = said[said.index("account of incident"):]
        self.assertIn(f"keepalived {self.keeper}, sender", part)
        self.assertRegex(part, "T{20}")
        self.assertIn(f"SIGSTOP sent by {self.own_name()} (pid {os.getpid()}", part)
        self.check_table(part, "the gap")

    @staticmethod
    def own_name():
        with open("/proc/self/comm", encoding="utf-8") as name:
            return name.read().strip()

    def check_table(self, text, whole):
        """The times of the states sum to the last line, to the nanosecond."""
        times = re.findall(r"^ +(\d+)\.(\d{9}) s  (.)  (.*)$", text, re.MULTILINE)
        ns = [int(s) * 10**9 + int(fraction) for s, fraction, _, _ in times]
        self.assertEqual(times[-1][2:], ("=", whole))
        self.assertEqual(sum(ns[:-1]), ns[-1])
        self.assertTrue(times[-2][3].startswith("unobserved"))

    def check_svg(self, path, *lanes):
        root = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual(root.tag, SVG + "svg")
        said = ["".join(text.itertext()) for text in root.iter(SVG + "text")]
        for lane in lanes:
            self.assertTrue(any(lane in text for text in said), (lane, said))
        self.assertGreater(len(list(root.iter(SVG + "rect"))), 3)
        picture = path + ".png"
        subprocess.run(["rsvg-convert", path, "-o", picture], check=True, capture_output=True)
        with open(picture, "rb") as png:
            self.assertEqual(png.read(8), b"\x89PNG\r\n\x1a\n")
        return said

    def test_svg_is_a_picture_of_the_lanes(self):
        path = self.path("incident.svg")
        alibi("explain", "--svg", path, self.case)
        said = self.check_svg(path, f"keepalived {self.keeper}, sender", "adverts sent")
        self.assertTrue(any("SIGSTOP sent by" in text for text in said))
        with open(path, encoding="utf-8") as picture:
            self.assertEqual(alibi("explain", "--svg", "-", self.case), picture.read())

    def test_span_chooses_incidents_and_keeps_their_numbers(self):
        every = json.loads(alibi("explain", "--json", self.case))["incidents"]
        self.assertEqual([i["number"] for i in every], list(range(1, len(every) + 1)))
        back = every[-1]
        self.assertTrue(back["is_return"])
        since = f"@{back['at_unix_ns'] / 1e9 - 0.01:.6f}"
        late = json.loads(alibi("explain", "--json", "--from", since, self.case))["incidents"]
        self.assertEqual([i["number"] for i in late], [back["number"]])
        self.assertIn(f"incident {back['number']}  ", alibi("explain", "--from", since, self.case))
        self.assertIn("no incident from", alibi("explain", "--to", "0.5", self.case, code=1))

    # ---- accounts of threads ----

    def threads(self, word, *span):
        report = json.loads(alibi("explain", "--json", "--thread", str(word), *span, self.case))
        validate(report, "thread.schema.json")
        for thread in report["threads"]:
            for parts in ("states", "lines"):
                self.assertEqual(total(thread[parts], "time_ns"), thread["time_ns"], thread)
            self.assertEqual(thread["states"][-1]["state"], "unobserved")
        return report["threads"]

    def stops(self, thread):
        return [state for state in thread["states"] if state["state"] == "stopped"]

    def test_threads_of_haproxy_were_stopped_and_by_whom(self):
        threads = self.threads(self.name)
        alive = [t for t in threads if self.stops(t)]
        self.assertEqual(len(alive), 2, threads)  # nbthread
        self.assertEqual(alive[0]["tid"], self.proxy.pid)
        for thread in alive:
            self.assertEqual((thread["process"], thread["pid"]), (self.name, self.proxy.pid))
            self.assertEqual(thread["host"], "one")
            stop = self.stops(thread)[0]
            # 1.5 s, but a thread that waits for a CPU is not stopped before it has one.
            self.assertGreater(stop["time_ns"], 500_000_000)
            self.assertIn(f"SIGSTOP sent by {self.own_name()} (pid {os.getpid()}",
                          stop["longest"]["evidence"])
            self.assertLess(abs(stop["longest"]["begin_unix_ns"] / 1e9 - self.stopped_at), 1.2)
        by_number = self.threads(alive[1]["tid"])
        self.assertEqual([t["tid"] for t in by_number], [alive[1]["tid"]])
        self.assertEqual(self.threads(self.proxy.pid), threads)

    def test_span_of_a_thread_is_as_long_as_asked_for(self):
        begin = f"@{self.stopped_at + 0.5:.9f}"
        end = f"@{self.stopped_at + 1.25:.9f}"
        thread = self.threads(self.name, "--from", begin, "--to", end)[0]
        self.assertLess(abs(thread["time_ns"] - 750_000_000), 2_000)  # floating point
        self.assertEqual([s["state"] for s in thread["states"] if s["time_ns"]], ["stopped"])
        window = self.threads(self.name, "--from", "1.000000001", "--to", "2.5")[0]
        self.assertEqual(window["time_ns"], 1_499_999_999)
        clock = time.strftime("%H:%M:%S", time.localtime(self.stopped_at + 1))
        self.assertEqual(len(self.threads(self.name, "--from", clock)), 2)

    def test_sender_is_told_over_all_of_the_case(self):
        sender = self.threads(self.keeper)[0]
        stop = self.stops(sender)[0]
        self.assertLess(abs(stop["time_ns"] / 1e9 - (self.went_on_at - self.stopped_at)), 0.5)
        unobserved = sender["states"][-1]["time_ns"]
        self.assertLess(unobserved, 1_500_000_000)  # until its first timer after the beginning

    def test_thread_as_text_lanes_and_picture(self):
        said = alibi("explain", "--thread", str(self.proxy.pid), "--account", self.case)
        parts = said.split("\n\naccount of ")
        self.assertEqual(len(parts), len(self.threads(self.proxy.pid)))
        self.assertIn(f"{self.name} (pid {self.proxy.pid}, main thread) of one: ", parts[0])
        for part in parts:
            self.check_table(part, "the whole time")
        self.assertRegex(parts[0], r"T{5}")
        self.assertNotRegex(alibi("explain", "--thread", self.name, self.case), r"T{5}")
        path = self.path("thread.svg")
        alibi("explain", "--thread", self.name, "--svg", path, self.case)
        said = self.check_svg(path, f"{self.name} {self.proxy.pid}, main thread",
                              f"thread of {self.proxy.pid}")
        self.assertTrue(any("SIGSTOP sent by" in text for text in said))

    def test_who_is_not_there_is_an_error_with_those_who_are(self):
        said = alibi("explain", "--thread", "nginx", self.case, code=1)
        self.assertIn("no such thread was watched", said)
        self.assertRegex(said, rf"{self.name} +pid {self.proxy.pid}, threads \d+")
        self.assertRegex(said, rf"keepalived +pid {self.keeper}")
        said = alibi("explain", "--thread", self.name, "--to", "0.001", self.case, code=1)
        self.assertIn("none at that time", said)
        for moment in ("soon", "25:00", "-1", "2.5.1"):
            self.assertIn("--from", alibi("explain", "--from=" + moment, self.case, code=2))
        self.assertIn("is not before",
                      alibi("explain", "--from", "5", "--to", "4", self.case, code=2))
        self.assertIn("nothing is held of that time",
                      alibi("explain", "--from", "999m", self.case, code=2))

    # ---- incidents ----

    def test_list_and_show(self):
        listed = alibi("incidents", "list", self.folder).splitlines()
        incident = self.failure()
        row = [line for line in listed if "host.process.stopped" in line]
        self.assertEqual(len(row), 1, listed)
        self.assertTrue(row[0].endswith(self.case))
        shown = alibi("incidents", "show", self.case, str(incident["number"]))
        self.assertIn("host.process.stopped", shown)
        self.check_table(shown, "the gap")
        self.assertEqual(alibi("incidents", "show", self.case), alibi("explain", self.case))
        self.assertIn("no incident 99", alibi("incidents", "show", self.case, "99", code=1))

    def export(self, form, name):
        path = self.path(name)
        alibi("incidents", "export", self.case, "--as", form, "-o", path)
        return path

    def test_text_and_json(self):
        with open(self.export("text", "case.txt"), encoding="utf-8") as text:
            self.assertEqual(text.read(), alibi("explain", self.case))
        with open(self.export("json", "case.json"), encoding="utf-8") as text:
            report = json.load(text)
        validate(report, "verdict.schema.json")
        self.assertEqual(report, json.loads(alibi("explain", "--json", self.case)))

    def test_pcapng_has_every_advert_and_the_verdict_as_a_comment(self):
        path = self.export("pcapng", "case.pcapng")
        done = subprocess.run(
            ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|", "-e", "ip.src",
             "-e", "vrrp.virt_rtr_id", "-e", "vrrp.prio", "-e", "frame.interface_id",
             "-e", "frame.comment"], text=True, capture_output=True, check=True)
        rows = [line.split("|") for line in done.stdout.splitlines()]
        with sqlite3.connect(f"file:{self.case}?mode=ro", uri=True) as case:
            adverts, = case.execute("SELECT count(*) FROM heartbeat").fetchone()
        self.assertEqual(len(rows), adverts)
        self.assertEqual({row[1] for row in rows}, {"81"})
        self.assertEqual({row[3] for row in rows}, {"0", "1"})
        comments = [row[4] for row in rows if row[4]]
        self.assertTrue(any("host.process.stopped" in comment for comment in comments), comments)

    def test_perfetto_decodes(self):
        path = self.export("perfetto", "case.perfetto")
        with open(path, "rb") as trace:
            packets = [dict((number, value) for number, _, value in fields(value))
                       for number, kind, value in fields(trace.read())]
        with open(path, "rb") as trace:
            done = subprocess.run(["protoc", "--decode_raw"], stdin=trace, capture_output=True,
                                  check=True)
        # TracePacket: 11 track_event, 60 track_descriptor, of which 4 thread (5 its name, 2 its tid)
        events = [list(fields(packet[11])) for packet in packets if 11 in packet]
        tracks = [dict((n, v) for n, _, v in fields(packet[60])) for packet in packets if 60 in packet]
        threads = [dict((n, v) for n, _, v in fields(track[4])) for track in tracks if 4 in track]
        names = {(thread.get(5), thread[2]) for thread in threads}
        self.assertIn((self.name.encode(), self.proxy.pid), names)
        self.assertIn((b"keepalived", self.keeper), names)
        said = {value for event in events for number, _, value in event if number == 23}
        self.assertIn(b"stopped", said)
        self.assertIn(b"host.process.stopped", done.stdout)
        # Each span that begins ends: types 1 and 2 of a track_event's field 9.
        kinds = [value for event in events for number, _, value in event if number == 9]
        self.assertEqual(kinds.count(1), kinds.count(2))

    def test_csv_has_a_row_for_all_that_the_case_holds(self):
        with open(self.export("csv", "case.csv"), newline="", encoding="utf-8") as text:
            rows = list(csv.DictReader(io.StringIO(text.read())))
        with sqlite3.connect(f"file:{self.case}?mode=ro", uri=True) as case:
            held = sum(case.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                       for table in ("heartbeat", "event"))
        self.assertEqual(len(rows), held)
        times = [int(row["time_ns"]) for row in rows]
        self.assertEqual(times, sorted(times))
        stops = [json.loads(row["fact"]) for row in rows if row["kind"] == "signal_sent"]
        self.assertIn((signal.SIGSTOP, self.proxy.pid, os.getpid()),
                      [(s["signal"], s["target_pid"], s["sender_pid"]) for s in stops])
        for row in rows:
            json.loads(row["fact"])

    def test_html_is_one_page(self):
        with open(self.export("html", "case.html"), encoding="utf-8") as page:
            text = page.read()
        self.assertIn("<html", text.lower())
        self.assertIn("host.process.stopped", text)
        self.assertRegex(text, r"\n  why      host\.process\.stopped: ")
        self.assertIn("<svg", text)
        self.assertNotIn("<script", text)
        self.assertNotRegex(text, r"(src|href)=[\"']https?://")

    def test_sqlite_reads_the_case_and_its_watched_processes(self):
        done = subprocess.run(
            ["sqlite3", self.case, "PRAGMA integrity_check; SELECT fact ->> 'comm', fact ->> 'role'"
             " FROM event WHERE kind = 'process_found' ORDER BY 1"],
            text=True, capture_output=True, check=True)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "ok")
        self.assertIn(f"{self.name}|watched", lines)
        self.assertIn("keepalived|heartbeat", lines)

    def test_counts_add_up(self):
        for source in json.loads(alibi("explain", "--json", self.case))["sources"]:
            self.assertEqual(source["received"],
                             source["kept"] + source["lost"] + source["passed_over"], source)


class Asking(unittest.TestCase):
    """What --watch refuses, before anything is recorded."""

    def test_what_cannot_be_watched(self):
        for word, why in (("", "a process number, a command name"), ("0", "no process of this number"),
                          ("4194305", "no process of this number"), ("/etc", "no executable file"),
                          ("/etc/passwd", "no executable file"), ("sbin/haproxy", "begins with /"),
                          ("a\nb", "control character")):
            said = alibi("record", "--for", "1", "--watch", word, "-i", "lo", code=2)
            self.assertIn(why, said)
            self.assertIn("--watch", said)

    def test_captures_hold_no_threads(self):
        with tempfile.TemporaryDirectory() as folder:
            capture = os.path.join(folder, "x.pcap")
            with open(capture, "wb") as out:
                out.write(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
            said = alibi("explain", "--thread", "haproxy", capture, code=1)
        self.assertIn("captures hold packets alone", said)


if __name__ == "__main__":
    unittest.main()
