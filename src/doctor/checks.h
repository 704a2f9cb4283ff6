// SPDX-License-Identifier: Apache-2.0
// The parts of diagnose(), by what they look at. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "doctor/facts.h"
#include "doctor/finding.h"

namespace alibi::doctor {

using Findings = std::vector<Finding>;

void check_guests(const Facts& facts, Findings& out);
void check_bridges(const Facts& facts, Findings& out);
void check_addresses(const Facts& facts, Findings& out);
void check_firewall(const Facts& facts, Findings& out);
void check_links(const Facts& facts, Findings& out);
void check_mtu(const Facts& facts, Findings& out);
void check_keepers(const Facts& facts, Findings& out);
void check_log(const Facts& facts, Findings& out);
void check_machine(const Facts& facts, Findings& out);

// What several of them ask.

const hops::Link* find_link(const Facts& facts, std::uint64_t netns, int index);
const LinkSettings* find_settings(const Facts& facts, const hops::LinkId& id);
/// "lb1/eth0"; "eth0" in the namespace that asked.
std::string link_name(const Facts& facts, const hops::Link& link);
/// "ip netns exec lb1 ", "nsenter -t 7 -n ": what a command needs ahead of it; empty in our own.
std::string command_prefix(const Facts& facts, std::uint64_t netns);
/// "keepalived (pid 7)".
std::string process_name(const std::string& comm, int pid);

/// Where VRRP is heard or spoken, as seen from this host.
enum class Vrrp { None, Maybe, Yes };
/// Of a namespace: a keeper is in it.
bool has_keeper(const Facts& facts, std::uint64_t netns, bool ipv6_only = false);
/// Of a bridge: a keeper's namespace reaches it by an interface (Yes); a guest's tap is a port of
/// it, whatever runs in the guest (Maybe).
Vrrp carries_vrrp(const Facts& facts, const hops::Link& bridge);
/// A keeper is behind this port, in a namespace of this host.
bool keeper_behind(const Facts& facts, const hops::Link& port, bool ipv6_only);

/// The setting that counts: the greater of all and the interface (Documentation/networking/
/// ip-sysctl.rst). Nothing when either is not known.
Number effective(const Facts& facts, const LinkSettings& settings, Number Ipv4Settings::*which);

}  // namespace alibi::doctor
