// SPDX-License-Identifier: Apache-2.0
// Socket filters (classic BPF) for capture sockets on Ethernet interfaces.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace alibi::os {

using SocketFilter = std::vector<sock_filter>;

/// Compiles a pcap-filter(7) expression; matching frames are cut to `snap_length` octets.
Result<SocketFilter> compile_filter(const std::string& expression, std::uint32_t snap_length);

/// VRRP over IPv4 and IPv6, ARP, and the same inside VXLAN (ports 4789 and 8472).
std::string heartbeat_expression();

/// All that may hold an advertisement: VRRP, also in VXLAN, Geneve and GRE and there behind a tag.
/// The kernel has taken one tag off the frame itself; what has two is
/// twice_tagged_advert_expression(), for Ethernet links alone.
std::string advert_expression();
std::string twice_tagged_advert_expression();

/// Does the filter pass these octets? As the kernel would run it (tests).
bool filter_passes(const SocketFilter& filter, const std::uint8_t* bytes, std::uint32_t size);

/// Attaches to a socket. An empty filter passes nothing.
Result<void> attach_filter(int socket, const SocketFilter& filter);

}  // namespace alibi::os
