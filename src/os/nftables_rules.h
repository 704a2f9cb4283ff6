// SPDX-License-Identifier: Apache-2.0
// The expressions of the rules that no_accept needs, as nf_tables wants them.
#pragma once

#include <functional>

#include "os/netlink_message.h"
#include "wire/address.h"

namespace alibi::os {

using RuleWriter = std::function<void(NetlinkMessage&)>;

/// icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept: without it the address could
/// not be found, and nothing be sent through this router by it.
RuleWriter accept_neighbour_discovery();

/// `ip daddr @SET drop` (saddr for output), `ip6 daddr . iif @SET drop` with `by_interface`.
RuleWriter drop_in_set(const char* set, wire::Family family, bool input, bool by_interface,
                       bool counter);

}  // namespace alibi::os
