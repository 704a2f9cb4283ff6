// SPDX-License-Identifier: Apache-2.0
// One source address in several networks (VLANs, tunnels): which of what the taps saw of it is one
// sender's, and which is another's that has its address in a network of its own.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "evidence/recording.h"

namespace alibi::investigate {

/// One advert as far as it can be told from others.
struct SeenAdvert {
  Instant at;                 ///< on the common time line
  std::uint32_t content = 0;  ///< content_of()
  std::uint16_t ip_id = 0;    ///< 0: none
};

/// A digest of what an advertisement says: of two that differ in it, none is the other one's copy.
std::uint32_t content_of(const wire::Advertisement& advert);

/// What one tap saw of one source in one network (wire::network_number).
struct Strand {
  evidence::TapId tap = 0;
  std::uint64_t network = 0;
  std::set<wire::MacAddress> macs;  ///< of the sender; empty: the link type does not say
  /// The way that all of its adverts took; Unknown also where they did not take the same.
  evidence::Direction direction = evidence::Direction::Unknown;
  Duration clock_error{0};          ///< of the tap's clock
  std::vector<SeenAdvert> adverts;  ///< ordered by time; the first kMostAdverts will do
};
constexpr std::size_t kMostAdverts = 20'000;

struct Networks {
  /// Indices into the strands, in their order; those of one stream together. A stream has one
  /// network at a tap, but for a port by which its packets come in in one and leave in another.
  std::vector<std::vector<std::size_t>> streams;
  /// Pairs of `streams` that may be one for all that was seen, with nothing to show it.
  std::vector<std::pair<std::size_t, std::size_t>> undecided;
};

/// `strands` of one source and router. At one tap two networks are two streams. Those of two taps
/// are one stream when the same packets pass both: content and identification agree within 50 ms,
/// for half or more of those of one side and three at least; where more than one at a tap could be
/// the one, the network's number decides, or nothing does. Without such packets: when they have
/// one number, or each tap saw the source in one network only; not when the senders' MAC addresses
/// differ (VRRP is not forwarded by routers: RFC 9568 section 5.1.1.3), nor when it would make two
/// networks of a tap one.
Networks join_networks(std::span<const Strand> strands);

}  // namespace alibi::investigate
