// SPDX-License-Identifier: Apache-2.0
// What libpcap knows of an interface: its link type, and filters compiled for a live socket on it.
// A live handle and not a dead one: there the kernel has taken VLAN tags off the frames, and the
// code for "vlan" asks the kernel for the tag instead of looking at octet 12.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "os/socket_filter.h"

namespace alibi::os {

enum class CaptureDirection : std::uint8_t { Both, In, Out };

struct LiveFilterRequest {
  std::string interface;   ///< or "any"
  std::string expression;  ///< pcap-filter(7), with the inner headers of vlan, vxlan, gre, geneve
  std::string or_on_ethernet;  ///< passes as well where links have Ethernet headers; empty: nothing
  std::uint32_t snap_length = 262144;
  CaptureDirection direction = CaptureDirection::Both;
  bool optimize = true;
};

struct LiveFilter {
  int link_type = 0;  ///< DLT_: Ethernet, raw IP, or Linux cooked v2 for everything else
  bool cooked = false;
  int ifindex = 0;  ///< 0: any
  SocketFilter program;
};

/// In the calling thread's network namespace. Errors read as tcpdump's.
Result<LiveFilter> live_filter(const LiveFilterRequest& request);

/// Moves a program that was compiled for the SLL2 header to where the kernel keeps its fields;
/// fails when it looks at one the kernel has no name for.
Result<void> fix_cooked_offsets(SocketFilter& program);

/// The program, in front of it a look at the packet's direction. What comes in at the loopback is
/// seen as it leaves, too: `loopback` keeps one of the two.
SocketFilter with_direction(const SocketFilter& program, CaptureDirection direction,
                            int loopback_index);

}  // namespace alibi::os
