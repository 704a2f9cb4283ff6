# SPDX-License-Identifier: Apache-2.0
"""Reloads and upgrades with everything that alibi does to the network of its host: what stays is
never away, what changes is afterwards as if alibi had been started with the new file, and at the
end the host is as it was."""
import json
import os
import queue
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest

from nodes import ALIBI, Lab, Node, wait_until
from test_reload import UPGRADE, reload, rewrite

PROBER = os.path.join(os.path.dirname(__file__), "prober.py")
SYSCTLS = ("rp_filter", "arp_ignore", "arp_announce", "arp_filter", "promote_secondaries",
           "accept_local")


class Host:
    """eth0 and eth1, each to a bridge that nobody else is at, or to those of another host."""

    def __init__(self, lab, label, directory, number=1):
        self.namespace = lab.namespace(label)
        self.far = lab.namespace(label + "far")
        for at, device in enumerate(("eth0", "eth1")):
            self.namespace.ip("link", "add", device, "address", f"02:00:00:00:0{at}:0{number}",
                              "type", "veth", "peer", "name", device, "netns", self.far.name)
            self.namespace.exec("sysctl", "-qw", f"net.ipv6.conf.{device}.accept_dad=0")
            for space in (self.namespace, self.far):
                space.ip("link", "set", device, "up")
            self.namespace.add_address(f"10.7{7 + at}.0.{number}/24", device)
            self.namespace.add_address(f"fd00:{at}::{number}/64", device)
            self.far.add_address(f"10.7{7 + at}.0.9/24", device)
            self.far.add_address(f"fd00:{at}::9/64", device)
        self.namespace.exec("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1",
                            "net.ipv4.conf.eth0.arp_ignore=2")
        self.node = Node(self.namespace, directory, "")

    def picture(self):
        """Everything that an instance or a static item could have changed."""
        space = self.namespace
        out = {}
        for link in json.loads(space.ip("-d", "-j", "addr", "show")):
            name = link["ifname"]
            kind = link.get("linkinfo", {})
            out["link " + name] = (link["address"], link.get("link"), kind.get("info_kind"),
                                   kind.get("info_data", {}).get("mode"),
                                   "UP" in link["flags"])
            for a in link["addr_info"]:
                if a["local"].startswith("fe80"):
                    continue
                lifetimes = [a.get(k) == 4294967295 for k in ("valid_life_time",
                                                               "preferred_life_time")]
                rest = {k: v for k, v in a.items() if not k.endswith("_life_time")}
                out[f"address {name} {a['local']}/{a['prefixlen']}"] = (sorted(rest.items()),
                                                                        lifetimes)
            for way in ("ingress", "egress"):
                out[f"filters {name} {way}"] = space.exec(
                    "tc", "filter", "show", "dev", name, way, check=False).count("direct-action")
        for family in ("-4", "-6"):
            for what in (("route", "show", "table", "all"), ("rule", "show")):
                lines = space.ip(family, *what).splitlines()
                out[" ".join((family, *what))] = sorted(
                    line.strip() for line in lines if "fe80" not in line and "ff00" not in line)
        out["nft"] = re.sub(r"packets \d+ bytes \d+", "", space.exec("nft", "list", "ruleset"))
        names = [key[5:] for key in out if key.startswith("link ")] + ["all", "default"]
        asked = [f"net.ipv4.conf.{n.replace('.', '/')}.{s}" for n in names for s in SYSCTLS]
        asked.append("net.ipv4.igmp_link_local_mcast_reports")
        for line in space.exec("sysctl", "-e", *asked).splitlines():
            key, _, value = line.partition(" = ")
            out[key] = value
        return out


def difference(left, right):
    return "\n".join(f"{key}:\n  {left.get(key)}\n  {right.get(key)}"
                     for key in sorted(left.keys() | right.keys())
                     if left.get(key) != right.get(key))


def same(test, look, expected, what, timeout=4.0):
    try:
        wait_until(lambda: look() == expected, timeout, "")
    except AssertionError:
        test.fail(f"{what}: is / should be\n{difference(look(), expected)}")


def instance(name, vrid, vips, more="", interface="eth0", priority=110):
    vips = "\n".join(vips)
    return f"""vrrp_instance {name} {{
    state BACKUP
    version 3
    interface {interface}
    virtual_router_id {vrid}
    priority {priority}
    advert_int 0.1
    virtual_ipaddress {{
        {vips}
    }}
    {more}
}}
"""


ROUTES = """virtual_routes {
        192.0.2.0/24 via 10.77.0.9 dev eth0
        198.51.100.0/24 via 10.77.0.9 dev eth0 metric 7 table 70
        2001:db8:2::/48 via fd00:0::9 dev eth0
    }
    virtual_rules {
        from 10.77.0.100 table 70 priority 700
        from fd00:0::100 table 70 priority 701
    }"""
STATICS = """static_ipaddress {
    10.66.0.1/24 dev eth1
    fd00:66::1/64 dev eth1
}
static_routes {
    203.0.113.0/24 via 10.66.0.2 dev eth1
    2001:db8:3::/48 via fd00:66::2 dev eth1
}
static_rules {
    from 203.0.113.0/24 table 77 priority 770
}
"""
GROUP = "vrrp_sync_group G {\n group {\n A\n B\n }\n}\n"
A4 = ["10.77.0.100/24", "10.77.0.101"]
A6 = ["fe80::100", "fd00:0::100/64"]


def globals_of(more=""):
    return f"global_defs {{\n router_id x\n script_user root\n {more}\n}}\n"


def everything(vmac="use_vmac"):
    return (globals_of("disable_local_igmp") + STATICS + GROUP +
            instance("A", 11, A4, f"{vmac}\nno_accept\npromote_secondaries\n{ROUTES}") +
            instance("B", 12, A6, f"{vmac}\nno_accept\n") +
            instance("C", 13, ["10.78.0.100"], "unicast_src_ip 10.78.0.1\n unicast_peer {\n"
                                               "10.78.0.9\n}", "eth1") +
            instance("D", 14, ["10.78.0.101"], "mcast_dst_ip 224.0.0.77", "eth1"))


A = instance("A", 11, A4)
A_ROUTES = instance("A", 11, A4, ROUTES.replace("fd00:0::100", "fd00:0::1"))
BLOCKS = [
    ("plain", A),
    ("instance added", A + instance("B", 12, A6)),
    ("group made", GROUP + A + instance("B", 12, A6)),
    ("no_accept on", GROUP + instance("A", 11, A4, "no_accept") + instance("B", 12, A6)),
    ("use_vmac on", GROUP + instance("A", 11, A4, "no_accept\nuse_vmac") +
     instance("B", 12, A6, "use_vmac")),
    ("vmac_xmit_base", GROUP + instance("A", 11, A4, "no_accept\nuse_vmac\nvmac_xmit_base") +
     instance("B", 12, A6, "use_vmac\nvmac_xmit_base")),
    ("use_vmac stays", GROUP + instance("A", 11, A4, "no_accept\nuse_vmac\nvmac_xmit_base") +
     instance("B", 12, A6, "use_vmac\nvmac_xmit_base\n no_accept")),
    ("another table", globals_of("nftables other") +
     GROUP + instance("A", 11, A4, "no_accept\nuse_vmac") + instance("B", 12, A6, "use_vmac")),
    ("another priority", globals_of("nftables other\n nftables_priority -5\n nftables_counters") +
     GROUP + instance("A", 11, A4, "no_accept\nuse_vmac") + instance("B", 12, A6, "use_vmac")),
    ("use_vmac off, no_accept off", GROUP + A + instance("B", 12, A6)),
    ("group gone", A + instance("B", 12, A6)),
    ("instance gone", A),
    ("routes", A_ROUTES),
    ("routes in details", A_ROUTES.replace("via 10.77.0.9", "via 10.77.0.8")
     .replace("/48", "/48 mtu 1400").replace("metric 7", "metric 8")
     .replace("192.0.2.0/24", "192.0.2.0/24 src 10.77.0.1").replace("table 70 pr", "table 71 pr")),
    ("routes less details", A_ROUTES),
    ("promote_secondaries", instance("A", 11, A4, "promote_secondaries")),
    ("address moves", instance("A", 11, A4[:1]) + instance("B", 12, ["10.77.0.102"])),
    ("address moves on", instance("A", 11, A4[:1] + ["10.77.0.102"]) +
     instance("B", 12, ["10.77.0.101"])),
    ("other label", instance("A", 11, ["10.77.0.100/24 label eth0:x"])),
    ("other length", instance("A", 11, ["10.77.0.100/25"])),
    ("excluded", instance("A", 11, ["10.77.0.100/25"],
                          "virtual_ipaddress_excluded {\nfd00:0::77/64\n10.78.0.5 dev eth1\n}")),
    ("subnet of its own", instance("A", 11, ["10.99.0.1/24", "10.99.0.2/24"])),
    ("without its first", instance("A", 11, ["10.99.0.2/24"])),
    ("statics", STATICS + A),
    ("statics in details", STATICS.replace("via 10.66.0.2", "via 10.66.0.3 src 10.66.0.1")
     .replace("table 77", "table 78").replace("/48", "/48 mtu 1400") + A),
    ("statics moved on", STATICS.replace("fd00:66::1/64", "fd00:66::1/64 preferred_lft 0")
     .replace("10.66.0.1/24", "10.66.0.1/24 label eth1:s") + A),
    ("static address longer", STATICS.replace("10.66.0.1/24", "10.66.0.1/25") + A),
    ("statics gone", A),
    ("interface", instance("A", 11, A4, "", "eth1")),
    ("vrid, vmac", instance("A", 15, A4, "use_vmac", "eth1")),
    ("another vrid, vmac", instance("A", 16, A4, "use_vmac", "eth1")),
    ("vmac of addresses", instance("A", 17, ["10.77.0.101 dev eth0 use_vmac", "10.78.0.100"],
                                   "use_vmac own0", "eth1")),
    ("everything", everything()),
    ("everything, sent from below", everything("use_vmac\nvmac_xmit_base")),
]


class LabTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="alibi-test-")
        self.lab = Lab().__enter__()
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.addCleanup(self.lab.close)

    def host(self, label, number=1):
        return Host(self.lab, label, self.directory, number)


class Changes(LabTest):
    def test_reloaded_is_as_freshly_started(self):
        one, other = self.host("a"), self.host("f")
        before = one.picture()
        self.assertEqual(before, other.picture())
        pictures = queue.Queue()
        # What is started in a thread ends with it.
        fresh = threading.Thread(target=self.fresh, args=(other, before, pictures))
        fresh.start()
        try:
            self.walk(one, pictures)
        finally:
            fresh.join()
        self.assertEqual(one.node.process.stop(), 0)
        same(self, one.picture, before, "after the end", 1)

    def fresh(self, host, before, pictures):
        try:
            for what, text in BLOCKS:
                rewrite(host.node, text)
                host.node.start()
                for name in re.findall(r"vrrp_instance (\w+)", text):
                    host.node.process.expect(rf"\({name}\) Entering MASTER")
                picture = host.picture()
                self.assertEqual(host.node.process.stop(), 0)
                same(self, host.picture, before, f"after the end of '{what}'", 1)
                pictures.put(picture)
        except AssertionError as error:
            pictures.put(error)

    def walk(self, host, pictures):
        for what, text in BLOCKS:
            picture = pictures.get(timeout=60)
            if isinstance(picture, AssertionError):
                raise picture
            rewrite(host.node, text)
            host.node.start() if host.node.process is None else reload(host.node)
            same(self, host.picture, picture, what)
        log = host.node.process.text()
        for bad in ("cannot", "Entering FAULT", "was removed"):
            self.assertNotIn(bad, log)

    def test_refused_reload_leaves_everything(self):
        host = self.host("a")
        rewrite(host.node, everything())
        host.node.start()
        for name in "ABCD":
            host.node.process.expect(rf"\({name}\) Entering MASTER")
        before = host.picture()
        for text in (everything().replace("use_vmac", "use_vmac own0", 1),
                     globals_of("nftables other") + STATICS.replace("10.66.0.2", "10.66.0.3")
                     .replace("10.66.0.1/24", "10.66.0.1/24 label eth1:s")
                     .replace("table 77", "table 78") +
                     instance("A", 11, A4, "no_accept") + instance("X", 12, A4, "", "eth7")):
            rewrite(host.node, text)
            reload(host.node, "Reload failed, carrying on as before")
            same(self, host.picture, before, "after a reload that failed", 1)


class Watch:
    """What changes on a host, what its neighbours hear, and whether it answers every 10 ms."""

    def __init__(self, host):
        self.monitor = host.namespace.start(["ip", "-o", "-ts", "monitor", "link", "address",
                                             "route", "rule"])
        self.nft = host.namespace.start(["nft", "monitor"])
        self.adverts = [host.far.start(
            ["tcpdump", "-tt", "-n", "-l", "-v", "--immediate-mode", "-i", device,
             "ip proto 112 or ip6 proto 112"]) for device in ("eth0", "eth1")]
        for capture in self.adverts:
            capture.expect("listening on", 20)
        self.arp = host.far.start([sys.executable, PROBER, "eth0", "10.77.0.9", "10.77.0.100",
                                   "120"])
        self.arp.expect("asking")
        self.ping = host.far.start(["ping", "-q", "-i", "0.01", "10.78.0.100"])
        time.sleep(0.3)

    def advert_gaps(self):
        """Longest time between two adverts of each VRID."""
        times = {}
        for capture in self.adverts:
            at = None
            for _, line in list(capture.lines):
                stamp = re.match(r"(\d+\.\d+) IP", line)
                at = float(stamp[1]) if stamp else at
                advert = re.search(r"vrid (\d+), prio (\d+)", line)
                if advert:
                    times.setdefault((int(advert[1]), int(advert[2])), []).append(at)
        return {key: max((b - a for a, b in zip(t, t[1:])), default=9) for key, t in times.items()}

    def end(self):
        """Returns what was lost: deletions, unanswered questions."""
        self.arp.signal(signal.SIGTERM)
        arp = json.loads(self.arp.expect(r"^\{.*\}$", 20)[0])
        self.ping.signal(signal.SIGINT)
        sent, heard = map(int, self.ping.expect(r"(\d+) packets transmitted, (\d+) rec").groups())
        time.sleep(0.2)
        gone = [line for _, line in list(self.monitor.lines) if "Deleted" in line]
        gone += [line for _, line in list(self.nft.lines) if "delete" in line or "flush" in line]
        return gone, arp, sent - heard


class Copied(LabTest):
    """With a program that may be replaced."""

    def begin(self, text, names="ABCD"):
        host = self.host("a")
        before = host.picture()
        program = os.path.join(self.directory, "alibi")
        shutil.copy(ALIBI, program)
        rewrite(host.node, text)
        node = host.node
        node.process = host.namespace.start([program, "run", "-n", "-D", "--log", "stderr", "-f",
                                             node.file, "--run-folder", node.run_folder])
        for name in names:
            node.process.expect(rf"\({name}\) Entering MASTER")
        wait_until(lambda: "0 priority" not in node.process.text(), 1, "calm")
        return host, before


class Steady(Copied):
    def steady(self, text):
        host, before = self.begin(text)
        node = host.node
        time.sleep(0.3)
        picture = host.picture()
        watch = Watch(host)
        for number in [signal.SIGHUP] * 5 + [UPGRADE, signal.SIGHUP, UPGRADE, signal.SIGHUP]:
            reload(node, number=number)
        gone, arp, pings = watch.end()
        same(self, host.picture, picture, "after reloads and upgrades", 1)
        self.assertEqual(gone, [])
        self.assertEqual(list(arp["answers"]["arp"].values()), [arp["sent"]])
        self.assertEqual(pings, 0)
        gaps = watch.advert_gaps()
        print(f"longest time between adverts: {max(gaps.values()):.4f} s", file=sys.stderr)
        self.assertEqual(set(gaps), {(vrid, 110) for vrid in (11, 12, 13, 14)})
        self.assertLess(max(gaps.values()), 0.15)
        self.assertEqual(node.process.text().count("Entering"), 8)
        self.assertEqual(node.process.stop(), 0)
        same(self, host.picture, before, "after the end", 1)

    def test_virtual_mac(self):
        self.steady(everything())

    def test_virtual_mac_sent_from_below(self):
        self.steady(everything("use_vmac\nvmac_xmit_base"))


class Ends(Copied):
    """After reloads and upgrades everything is given back, whoever dies."""

    def test_changed_file_at_an_upgrade(self):
        host, before = self.begin(everything())
        fresh = self.host("f")
        text = instance("A", 21, A4, "use_vmac\nno_accept", "eth1")
        rewrite(fresh.node, text)
        fresh.node.start().process.expect("Entering MASTER")
        rewrite(host.node, text)
        reload(host.node, number=UPGRADE)
        same(self, host.picture, fresh.picture(), "upgraded")
        self.assertEqual(host.node.process.stop(), 0)
        same(self, host.picture, before, "after the end", 1)

    def killed(self, *signals):
        host, before = self.begin(everything())
        node = host.node
        for number in signals:
            reload(node, number=number)
        picture = host.picture()
        os.kill(node.child("alibi-keeper"), signal.SIGKILL)
        wait_until(lambda: not node.has_vip("10.77.0.100") and "10.78.0.100" not in
                   host.namespace.addresses("eth1"), 1, "last will")
        same(self, host.picture, picture, "keeper started again", 4)
        for number in signals:
            reload(node, number=number)
        node.process.signal(signal.SIGKILL)
        same(self, host.picture, before, f"supervisor killed after {signals}", 5)

    def test_killed_after_reloads(self):
        self.killed(signal.SIGHUP, signal.SIGHUP)

    def test_killed_after_upgrade(self):
        self.killed(UPGRADE)


if __name__ == "__main__":
    unittest.main()
