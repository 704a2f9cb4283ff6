# SPDX-License-Identifier: Apache-2.0
"""Scripts, mails and logs: what they bring about, and that their trouble never reaches the wire."""
import email
import email.policy
import os
import signal
import subprocess
import sys
import time
import unittest

from nodes import ALIBI, Pair, config, longest_gap, wait_until

SINK = os.path.join(os.path.dirname(__file__), "..", "support", "smtp_sink.py")
CHECK = """vrrp_script chk {
    script "%s"
    interval %s
    timeout 1
    weight %d
}
"""
TRACK = "track_script {\n chk\n }"


def mail_definitions(server="127.0.0.1 2525"):
    return ("notification_email {\n ops@example.org\n }\n"
            "notification_email_from lb@example.org\n"
            f"smtp_server {server}\n smtp_connect_timeout 30\n")


class Scripts(unittest.TestCase):
    def test_failing_script_lowers_the_priority_and_the_peer_takes_over(self):
        check = CHECK % ("test -e @DIR@/healthy", 1, -30)
        with Pair(config(110, check, TRACK), config(100)) as pair:
            open(pair.path("healthy"), "w", encoding="ascii").close()
            a, b = pair.elect()
            os.unlink(pair.path("healthy"))
            b.wait_vip(timeout=8)
            a.wait_vip(False)
            a.process.expect(r"Script `chk` now returning 1")
            a.process.expect(r"VRRP_Script\(chk\) failed \(exited with status 1\)")
            a.process.expect(r"Changing effective priority from 110 to 80")
            a.process.expect(r"Entering BACKUP STATE.*script chk failed")
            open(pair.path("healthy"), "w", encoding="ascii").close()
            a.wait_vip(timeout=10)
            a.process.expect(r"VRRP_Script\(chk\) succeeded")

    def test_script_of_weight_0_is_a_fault(self):
        check = CHECK % ("test -e @DIR@/healthy", 1, 0)
        with Pair(config(110, check, TRACK), config(100)) as pair:
            open(pair.path("healthy"), "w", encoding="ascii").close()
            a, b = pair.elect()
            os.unlink(pair.path("healthy"))
            a.process.expect(r"Entering FAULT STATE.*\[track_failed\]", 5)
            b.wait_vip(timeout=3)

    def test_hanging_script_is_timed_out_and_ended(self):
        check = CHECK % ("@DIR@/hang", 2, -30)
        with Pair(config(110, check, TRACK), config(100)) as pair:
            with open(pair.path("hang"), "w", encoding="ascii") as out:
                out.write("#!/bin/sh\ntrap '' TERM\necho $$ >> @DIR@/pids\nwhile :; do sleep 60; "
                          "done\n".replace("@DIR@", pair.directory))
            os.chmod(pair.path("hang"), 0o755)
            a, b = pair.nodes
            a.start()
            a.process.expect(r"VRRP_Script\(chk\) timed_out")
            a.wait_vip()
            capture = a.namespace.capture()
            begin = time.time()
            wait_until(lambda: len(capture.adverts(begin)) >= 5, 8, "adverts")
            self.assertLess(longest_gap(capture.adverts(begin)), 1.3)
            with open(pair.path("pids"), encoding="ascii") as pids:
                first = int(pids.readline())
            a.children_gone([first])
            self.assertEqual(a.process.stop(), 0)
            with open(pair.path("pids"), encoding="ascii") as pids:
                a.children_gone([int(pid) for pid in pids])

    def test_notify_scripts_run_in_order(self):
        notify = 'notify "@DIR@/notify"'
        with Pair(config(110, instance=notify)) as pair:
            with open(pair.path("notify"), "w", encoding="ascii") as out:
                out.write(f"#!/bin/sh\necho $* >> {pair.directory}/states\n")
            os.chmod(pair.path("notify"), 0o755)
            a, = pair.elect()
            self.assertEqual(a.process.stop(), 0)
            with open(pair.path("states"), encoding="ascii") as states:
                self.assertEqual([line.strip() for line in states],
                                 [f"INSTANCE VI_1 {s} 110" for s in ("BACKUP", "MASTER", "STOP")])


def mail_about(pair, word):
    """The first mail in the sink's directory with WORD in its subject."""
    for name in sorted(os.listdir(pair.directory)):
        if not name.endswith(".eml"):
            continue
        with open(pair.path(name), "rb") as file:
            mail = email.message_from_binary_file(file, policy=email.policy.default)
        if word in mail["Subject"]:
            return mail
    return None


class Mails(unittest.TestCase):
    def test_transition_is_mailed_with_its_reason(self):
        with Pair(config(110, definitions=mail_definitions(), instance="smtp_alert")) as pair:
            a, = pair.nodes
            sink = a.namespace.start(["/usr/bin/python3", SINK, "127.0.0.1", "2525",
                                      pair.directory])
            sink.expect("ready")
            a.start().wait_vip()

            mail = wait_until(lambda: mail_about(pair, "MASTER"), 5, "mail")
            self.assertEqual(mail["Subject"],
                             "[node110] VRRP Instance VI_1 - Entering MASTER state")
            self.assertEqual(mail["From"], "lb@example.org")
            self.assertEqual(mail["X-Envelope-To"], "ops@example.org")
            self.assertEqual(mail["X-Mailer"], "alibi")
            self.assertTrue(mail["Message-ID"])
            self.assertLess(abs(time.time() - mail["Date"].datetime.timestamp()), 60)
            self.assertIn("start_up: ", mail.get_content())
            a.process.expect("mail sent: ")

    def test_no_smtp_alert_no_mail(self):
        with Pair(config(110, definitions=mail_definitions())) as pair:
            a, = pair.nodes
            sink = a.namespace.start(["/usr/bin/python3", SINK, "127.0.0.1", "2525",
                                      pair.directory])
            sink.expect("ready")
            a.start().wait_vip()
            self.assertEqual(a.process.stop(), 0)
            self.assertEqual([n for n in os.listdir(pair.directory) if n.endswith(".eml")], [])

    def test_dead_server_delays_neither_adverts_nor_logs(self):
        # 10.77.0.99 is on the link and answers to nothing.
        with Pair(config(110, definitions=mail_definitions("10.77.0.99"),
                         instance="smtp_alert")) as pair:
            a, = pair.elect()
            a.process.expect(r"Entering MASTER STATE", 1)
            capture = a.namespace.capture()
            begin = time.time()
            wait_until(lambda: len(capture.adverts(begin)) >= 6, 9, "adverts")
            self.assertLess(longest_gap(capture.adverts(begin)), 1.3)
            stopped = time.monotonic()
            self.assertEqual(a.process.stop(), 0)
            self.assertLess(time.monotonic() - stopped, 9)
            self.assertFalse(a.has_vip())

    def test_mail_on_its_way_outlives_reloads_and_delays_none(self):
        # Refused at once, tried again ten seconds later: by then the server is there.
        with Pair(config(110, definitions=mail_definitions(), instance="smtp_alert")) as pair:
            a, = pair.nodes
            a.start().wait_vip()
            a.process.expect("mail not sent yet: ")
            for _ in range(2):
                since = time.monotonic()
                a.process.signal(signal.SIGHUP)
                a.process.expect("Reload complete", 4, since)
            sink = a.namespace.start(["/usr/bin/python3", SINK, "127.0.0.1", "2525",
                                      pair.directory])
            sink.expect("ready")
            wait_until(lambda: mail_about(pair, "MASTER"), 20, "mail")
            a.process.expect("mail sent: .*MASTER")
            self.assertEqual(a.process.stop(), 0)

    def test_mail_on_its_way_is_given_up_at_the_end_and_counted(self):
        with Pair(config(110, definitions=mail_definitions("10.77.0.99"),
                         instance="smtp_alert")) as pair:
            a, = pair.nodes
            a.start().wait_vip()
            since = time.monotonic()
            a.process.signal(signal.SIGHUP)
            a.process.expect("Reload complete", 4, since)
            stopped = time.monotonic()
            self.assertEqual(a.process.stop(), 0)
            self.assertLess(time.monotonic() - stopped, 12)
            a.process.expect(r"ending with \d+ mails not delivered", 1, since)


class Stalls(unittest.TestCase):
    def test_stopped_tracker_and_teller_delay_no_advert(self):
        check = CHECK % ("/bin/true", 1, -30)
        with Pair(config(110, check, TRACK), config(100)) as pair:
            a, b = pair.elect()
            capture = b.namespace.capture()
            for name in ("alibi-tracker", "alibi-teller"):
                os.kill(a.child(name), signal.SIGSTOP)
            begin = time.time()
            wait_until(lambda: len(capture.adverts(begin)) >= 6, 9, "adverts")
            self.assertLess(longest_gap(capture.adverts(begin)), 1.3)
            self.assertFalse(b.has_vip())

    def test_keeper_asks_for_a_guaranteed_share_of_the_cpu(self):
        # sched_getscheduler(2): SCHED_DEADLINE is 6; SCHED_RR where the machine's share is given
        # away; SCHED_RESET_ON_FORK is 0x40000000. Nothing that may be slow has either.
        check = CHECK % ("/bin/true", 1, -30)
        with Pair(config(110, check, TRACK), config(100)) as pair:
            a, _ = pair.elect()
            policy = os.sched_getscheduler(a.child("alibi-keeper"))
            self.assertIn(policy & ~0x40000000, (6, os.SCHED_RR))
            for child in ("alibi-tracker", "alibi-teller"):
                self.assertEqual(os.sched_getscheduler(a.child(child)), os.SCHED_OTHER)

    def test_killed_tracker_and_teller_come_back(self):
        check = CHECK % ("test -e @DIR@/healthy", 1, -30)
        with Pair(config(110, check, TRACK), config(100)) as pair:
            open(pair.path("healthy"), "w", encoding="ascii").close()
            a, b = pair.elect()
            old = [a.child(name) for name in ("alibi-tracker", "alibi-teller")]
            for pid in old:
                os.kill(pid, signal.SIGKILL)
            a.process.expect(r"alibi-teller .* was killed by signal 9", 5)
            self.assertNotIn(a.child("alibi-tracker"), old)
            self.assertTrue(a.has_vip())
            os.unlink(pair.path("healthy"))
            b.wait_vip(timeout=10)

    def test_log_reader_that_does_not_read_delays_no_advert(self):
        with Pair(config(110), config(100)) as pair:
            a, b = pair.nodes
            read_end, write_end = os.pipe()
            os.set_blocking(write_end, False)
            try:  # a full pipe
                while True:
                    os.write(write_end, b"x" * 4096)
            except BlockingIOError:
                os.set_blocking(write_end, True)
            popen = subprocess.Popen(
                ["ip", "netns", "exec", a.namespace.name, ALIBI, "run", "-D",
                 "--log", "stderr", "-f", a.file], stderr=write_end, stdin=subprocess.DEVNULL)
            try:
                b.start()
                wait_until(a.has_vip, 10, "master")
                capture = b.namespace.capture()
                begin = time.time()
                wait_until(lambda: len(capture.adverts(begin)) >= 5, 8, "adverts")
                self.assertLess(longest_gap(capture.adverts(begin)), 1.3)
                self.assertFalse(b.has_vip())
                popen.terminate()
                wait_until(lambda: not a.has_vip(), 3, "address given back")
                self.assertEqual(popen.wait(20), 0)
            finally:
                popen.kill()
                popen.wait()
                os.close(read_end)
                os.close(write_end)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
