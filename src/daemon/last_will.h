// SPDX-License-Identifier: Apache-2.0
// What the supervisor does for a keeper that died: resigns in its name and gives its addresses
// back. A backup takes over after its skew time instead of the whole master-down interval.
#pragma once

#include "config/settings.h"
#include "daemon/channels.h"
#include "daemon/instance_network.h"

namespace alibi::daemon {

/// Priority 0 for one instance, to the group or the peers, from a socket opened for it.
Result<void> resign(const config::Settings& settings, std::size_t at,
                    const std::vector<VirtualMacPlan>& macs, IfIndex index,
                    const wire::IpAddress& source);

/// For every instance that the shared page calls MASTER: priority 0 to the group or the peers, then
/// its addresses, routes and rules off. `why` is how the keeper ended. Clears the page.
void execute_last_will(const config::Settings& settings, const Resolver& resolver,
                       const Channels& channels, const Voice& voice, const std::string& why);

}  // namespace alibi::daemon
