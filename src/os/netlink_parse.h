// SPDX-License-Identifier: Apache-2.0
// RTM_NEWLINK/DELLINK and RTM_NEWADDR/DELADDR messages into values; shared by requests and monitor.
#pragma once

#include <linux/netlink.h>

#include <optional>

#include "os/netlink.h"

namespace alibi::os {

/// Nothing for other message types, and for those too short to be read.
std::optional<Interface> parse_link(const nlmsghdr* header);
std::optional<InterfaceAddress> parse_address(const nlmsghdr* header);

/// A bound NETLINK_ROUTE socket; `flags` for socket(2), `groups` RTMGRP_*.
Result<Fd> open_route_socket(int flags, std::uint32_t groups);

}  // namespace alibi::os
