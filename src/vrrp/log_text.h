// SPDX-License-Identifier: Apache-2.0
// Outputs as log lines in keepalived's wording, so that alerts written for keepalived keep firing.
#pragma once

#include <string>

#include "vrrp/instance.h"

namespace alibi::vrrp {

/// One line without time stamp, e.g. "(VI_1) Entering MASTER STATE: no advert from 10.0.0.2 for
/// 3.612 s (master-down interval 3.609 s) [master_silent]"; empty for an output that is not worth
/// a line (an ordinary advert, a rejection already reported).
std::string log_line(const Parameters& parameters, const Output& output);

/// Whether keepalived would write this line with -D (--log-detail) only.
bool verbose_only(const Output& output);

}  // namespace alibi::vrrp
