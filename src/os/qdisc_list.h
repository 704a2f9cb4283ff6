// SPDX-License-Identifier: Apache-2.0
// Queueing disciplines and what they count (RTM_GETQDISC).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "os/netlink.h"

namespace alibi::os {

/// Counts of gnet_stats_queue (linux/gen_stats.h), cumulative but for what is queued.
struct Qdisc {
  int index = 0;       ///< of the interface
  std::string kind;    ///< "fq_codel"
  std::string handle;  ///< "8001:", as tc(8) prints it
  std::uint64_t dropped = 0, overlimits = 0;
  std::uint32_t queued_packets = 0, queued_bytes = 0;
};

/// The root of every interface, and what else has a handle; noqueue has nothing to count.
Result<std::vector<Qdisc>> list_qdiscs(Netlink& netlink);

}  // namespace alibi::os
