# SPDX-License-Identifier: Apache-2.0
"""A routing table as a router of the Internet has it, and notifications that were lost: the keeper
looks for its own routes, and no advert is late for it."""
import os
import signal
import time
import unittest

from nodes import Pair, config, longest_gap, wait_until

ROUTES = 100_000
CHANGES = 20_000
OURS = [f"198.51.100.{i}/32" for i in range(20)]


class FullTable(unittest.TestCase):
    def batch(self, pair, name, changes):
        with open(pair.path(name), "w", encoding="ascii") as out:
            for verb, i in changes:
                out.write(f"route {verb} 20.{i >> 16}.{i >> 8 & 255}.{i & 255}/32 dev eth0 "
                          "proto bird\n")
        return ["ip", "-batch", pair.path(name)]

    def lose_notifications(self, node, capture):
        """The keeper stands still for 0.6 of the 1 s between two adverts, while routes change: more
        than its socket takes."""
        keeper = node.child("alibi-keeper")
        seen = len(capture.adverts())
        wait_until(lambda: len(capture.adverts()) > seen, 3, "an advert")
        os.kill(keeper, signal.SIGSTOP)
        time.sleep(0.6)
        os.kill(keeper, signal.SIGCONT)

    @staticmethod
    def drops(node):
        """Notifications that were lost on sockets of the keeper."""
        keeper = node.child("alibi-keeper")
        with open(f"/proc/{keeper}/net/netlink", encoding="ascii") as file:
            return sum(int(line.split()[8]) for line in list(file)[1:] if line.split()[1] == "0")

    def test_no_advert_is_late_and_a_loss_is_noticed(self):
        routes = "\n".join(f" {route} dev eth0" for route in OURS)
        with Pair(config(110, instance="virtual_routes {\n" + routes + "\n }")) as pair:
            node, = pair.elect()
            node.namespace.exec(*self.batch(pair, "fill", (("add", i) for i in range(ROUTES))))
            capture = node.namespace.capture()
            begin = time.time()
            flap = self.batch(pair, "flap",
                              [(verb, i) for verb in ("del", "add") for i in range(CHANGES)])
            flapping = node.namespace.start(["sh", "-c", f"while {' '.join(flap)}; do :; done"])
            losses = 0
            for _ in range(16):  # on a busy machine too few routes change in the time
                before = self.drops(node)
                self.lose_notifications(node, capture)
                losses += self.drops(node) > before
                if losses == 4:
                    break
            self.assertEqual(losses, 4)
            time.sleep(3)
            self.assertIsNone(flapping.popen.poll())
            self.assertLess(longest_gap(capture.adverts(begin)), 1.1)
            self.assertTrue(node.has_vip())
            self.assertIsNone(node.process.find("address_lost"))
            # And now one of ours goes while nobody listens.
            seen = len(capture.adverts())
            wait_until(lambda: len(capture.adverts()) > seen, 3, "an advert")
            keeper = node.child("alibi-keeper")
            os.kill(keeper, signal.SIGSTOP)
            time.sleep(0.5)
            node.namespace.ip("route", "del", OURS[7])
            os.kill(keeper, signal.SIGCONT)
            node.process.expect(r"Entering BACKUP STATE.*the route to 198\.51\.100\.7", 3)
            flapping.stop()


if __name__ == "__main__":
    unittest.main()
