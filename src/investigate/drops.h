// SPDX-License-Identifier: Apache-2.0
// Adverts of a stream that the kernel says it dropped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "investigate/stream.h"

namespace alibi::investigate {

struct Drop {
  Instant at;
  const evidence::PacketDropped* packet = nullptr;
};

/// In the namespace `netns` within [a, b], in order of time; of any reason.
std::vector<Drop> drops_of(const evidence::Recording& recording, const Stream& stream,
                           std::uint64_t netns, Instant a, Instant b);

/// By a packet filter: nftables, iptables, a filter of tc, a BPF program of a cgroup.
bool by_firewall(const evidence::PacketDropped& packet);
/// By a queueing discipline.
bool by_qdisc(const evidence::PacketDropped& packet);

/// The MAC address of the next hop could not be found out.
bool by_neighbour(const evidence::PacketDropped& packet);
/// Its source is not behind the interface that it came in by (sysctl rp_filter).
bool by_reverse_path(const evidence::PacketDropped& packet);
/// The frame was for another MAC address.
bool by_other_mac(const evidence::PacketDropped& packet);

/// "3 adverts, NETFILTER_DROP in nft_do_chain", one line for each reason and place.
std::vector<std::string> drop_lines(const std::vector<Drop>& drops);

}  // namespace alibi::investigate
