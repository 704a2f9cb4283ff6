// SPDX-License-Identifier: Apache-2.0
// Open vSwitch's bridges, patch ports, tunnels and access VLANs, which only its database knows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "hops/links.h"

namespace alibi::hops {

/// The question, as JSON-RPC (RFC 7047 section 4.1.3): bridges, ports and interfaces.
std::string open_vswitch_question();

/// Puts what the answer says into `host`: ports get their bridge and VLAN; patch ports and tunnels,
/// which the kernel does not show as interfaces, are added with negative indices. `netns`: where
/// the switch runs. An answer of another shape changes nothing and is an error.
Result<void> add_open_vswitch(Host& host, std::uint64_t netns, std::string_view answer);

}  // namespace alibi::hops
