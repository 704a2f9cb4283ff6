// SPDX-License-Identifier: Apache-2.0
// The configuration files of the story's programs, as text.
#pragma once

#include <string>

namespace alibi::lab {

/// The load balancers' keepalived.conf: the story's own, plus a gratuitous ARP refresh, which makes
/// keepalived -D log every second. `number` is 1 (MASTER, 101) or 2 (BACKUP, 100).
std::string keepalived_conf(int number);
std::string haproxy_cfg();

}  // namespace alibi::lab
