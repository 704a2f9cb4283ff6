// SPDX-License-Identifier: Apache-2.0
// Facts in, findings out: what of this host is known to make an address move. No evidence, no
// finding.
#pragma once

#include <vector>

#include "doctor/facts.h"
#include "doctor/finding.h"

namespace alibi::doctor {

/// Warnings first, of these the surest first; else in the catalogue's order.
std::vector<Finding> diagnose(const Facts& facts);

}  // namespace alibi::doctor
