// SPDX-License-Identifier: Apache-2.0
// RTM_NEWLINK, RTM_NEWNEIGH and RTM_NEWNSID as far as paths need them. Private to os/link_facts.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <optional>

#include "hops/links.h"

namespace alibi::os {

/// As the kernel tells it: the other end's namespace is a number that only the own one knows.
struct RawLink {
  hops::Link link;
  int other_nsid = -1;  ///< of link.other, and of where a tunnel's packets leave; -1: the own one
};
std::optional<RawLink> parse_link_facts(const nlmsghdr* header);

/// One entry of a forwarding table (bridge(8) fdb).
struct ForwardingEntry {
  int index = 0;  ///< the port, or the tunnel
  wire::MacAddress mac;
  std::optional<wire::IpAddress> remote;  ///< of a tunnel: where frames for `mac` go
  bool own = false;                       ///< the port's own address, not one behind it
};
std::optional<ForwardingEntry> parse_forwarding(const nlmsghdr* header);

/// The answer to RTM_GETNSID: -1 when the namespace has no number here.
std::optional<int> parse_nsid(const nlmsghdr* header);

}  // namespace alibi::os
