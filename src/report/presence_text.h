// SPDX-License-Identifier: Apache-2.0
// Presences and clocks of several taps in lines. Private to report/.
#pragma once

#include <string>

#include "report/gaps.h"

namespace alibi::report {

std::string presence_text(const GapReport& report, const investigate::Presence& presence);
/// A line for each pair of networks of which it is not known whether they are one.
std::string apart_text(const GapReport& report);
/// How far each tap's clock is from the first one's; empty with one tap.
std::string clocks_text(const GapReport& report);

}  // namespace alibi::report
