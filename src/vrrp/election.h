// SPDX-License-Identifier: Apache-2.0
// Who has precedence: the comparison of an accepted advertisement with ourselves.
#pragma once

#include <cstdint>

#include "base/strong.h"
#include "wire/address.h"

namespace alibi::vrrp {

/// How the sender stands to us. Lower includes "same priority, lower address".
enum class Standing : std::uint8_t { Resigns, Lower, TieHigher, Higher };

struct Candidate {
  Priority priority;
  wire::IpAddress address;  ///< primary address, decides ties
};

/// RFC 9568 section 6.4.3: priority 0 resigns; then priority; then the primary address as an
/// unsigned number.
Standing standing(const Candidate& sender, const Candidate& us);

/// RFC 9568 section 6.4.2: a backup takes an equal sender as master, whatever the addresses.
bool at_least_ours(Priority sender, Priority ours);

}  // namespace alibi::vrrp
