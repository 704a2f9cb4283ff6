// SPDX-License-Identifier: Apache-2.0
// keepalived's dump files, in the form of its 2.2.7, so that exporters written for it read them:
// keepalived.stats, keepalived.data, keepalived.json. Pure: a view in, a text out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/view.h"
#include "daemon/virtual_macs.h"
#include "os/interface_list.h"

namespace alibi::daemon {

/// keepalived's fourteen counters.
struct KeepalivedStats {
  std::uint64_t received = 0, sent = 0, became_master = 0, released_master = 0;
  std::uint64_t length = 0, ttl = 0, invalid_type = 0, interval = 0, address_list = 0;
  std::uint64_t invalid_authentication = 0, authentication_mismatch = 0;
  std::uint64_t authentication_failure = 0, zero_received = 0, zero_sent = 0;
};
KeepalivedStats keepalived_stats(const Counters& counters);

std::string stats_text(const View& view);
/// `version` 1: an array of instances; 2: an object with `vrrp` and `track_process`.
std::string json_text(const View& view, int version);

std::string data_text(const View& view, const std::vector<os::InterfaceFacts>& interfaces);

// ---- shared by both ----

/// "10.77.0.100/24 dev eth0 scope global label eth0:1 set", of instance number `at`; on an
/// interface with a virtual MAC "dev vrrp.51@eth0".
std::string address_line(const config::Instance& instance, std::size_t at,
                         const config::VirtualAddress& address,
                         const std::vector<VirtualMacPlan>& macs, bool is_set);
/// "'/tmp/notify.sh' 'im'"
std::string command_line(const std::vector<std::string>& words);
std::string words_line(const std::vector<std::string>& words);

}  // namespace alibi::daemon
