// SPDX-License-Identifier: Apache-2.0
// What is said when no rule speaks, and who is cleared when one does.
#pragma once

#include <string>
#include <vector>

#include "investigate/scene.h"

namespace alibi::investigate {

/// The finding `unknown`: with what was seen and what was missing.
Finding unknown(const Scene& scene);

/// Several findings explain the incident, and the evidence does not say which of them it was.
Finding undecided(const Scene& scene, const std::vector<Finding>& findings);

/// Suspects that the evidence clears, one a line; nothing is cleared without evidence.
std::vector<std::string> exonerated(const Scene& scene);

}  // namespace alibi::investigate
