// SPDX-License-Identifier: Apache-2.0
// One VRID may be in use on several segments: behind two interfaces of a router are two virtual
// routers that never hear each other, though they have one number.
#pragma once

#include <vector>

#include "investigate/stream.h"

namespace alibi::investigate {

/// The streams of one router number, apart by segment, each in the order given. Two streams are of
/// one segment when a tap sees both in one VLAN and tunnel. Where no tap sees both, they are when
/// they advertise a common virtual address (a network that is cut shows each half its own master),
/// but for link-local ones: every segment may have the same. Two streams of one source are never of
/// one segment; where a common address would make them, it joins nothing.
std::vector<std::vector<Stream>> segments_of(const std::vector<Stream>& streams);

}  // namespace alibi::investigate
