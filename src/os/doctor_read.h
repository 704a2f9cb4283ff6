// SPDX-License-Identifier: Apache-2.0
// The parts of doctor_facts(), by where they read. Private to os/doctor_*.
#pragma once

#include <chrono>
#include <string>

#include "doctor/facts.h"
#include "os/fd.h"
#include "os/netlink.h"

namespace alibi::os {

/// Of one namespace, to be called inside it: settings of interfaces, net.ipv4.conf.all.
Result<void> read_link_settings(std::uint64_t netns, doctor::Facts& facts);
/// The same: the ruleset, by nft(8).
void read_firewall(std::uint64_t netns, const std::string& name, doctor::Facts& facts);
/// The same: holders of raw sockets of protocol 112.
void read_keepers(std::uint64_t netns, const std::string& name, doctor::Facts& facts);

void read_guests(doctor::Facts& facts);
void read_log_readers(doctor::Facts& facts);
void read_programs(doctor::Facts& facts);
/// Sleeps for `sample` between its two looks at what only differences tell.
void read_machine(doctor::Facts& facts, std::chrono::milliseconds sample);
/// Who manages interface `index` of the initial namespace, below `root` ("" but for tests).
void read_manager(const std::string& root, bool networkd, bool network_manager,
                  doctor::LinkSettings& settings);

/// The number that is all of a file, or the first word of it; nothing when it cannot be read.
doctor::Number number_in(const std::string& path);
/// The number behind "KEY:" of /proc/PID/status, /proc/meminfo.
doctor::Number status_number(std::string_view text, std::string_view key);

}  // namespace alibi::os
