// SPDX-License-Identifier: Apache-2.0
// The two durations that decide a take-over, as pure arithmetic.
#pragma once

#include <cstdint>

#include "base/instant.h"
#include "base/strong.h"

namespace alibi::vrrp {

/// Skew_Time: what a backup waits on top, so that of several the one with the highest priority is
/// first. `master_interval` is the interval learned from the master (v3) or configured (v2).
/// v2: (256 - priority) / 256 s, whatever the interval (RFC 3768 section 6.1).
/// v3: (256 - priority) * interval / 256 (RFC 9568 section 6.1), the interval cut to centiseconds
/// first. Both cut to microseconds, as keepalived computes.
Duration skew_time(std::uint8_t version, Priority priority, Duration master_interval);

/// Master_Down_Interval (Active_Down_Interval in RFC 9568): `adverts` intervals + skew; 3 in the
/// RFCs, down_timer_adverts in keepalived.
Duration master_down_interval(std::uint8_t version, Priority priority, Duration master_interval,
                              int adverts);

}  // namespace alibi::vrrp
