// SPDX-License-Identifier: Apache-2.0
// Of a daemon that resigned, bid less or kept silent by a decision of its own: what is missing to
// say why, and what its configuration clears.
#pragma once

#include <string>
#include <vector>

#include "investigate/scene.h"

namespace alibi::investigate {

/// For `unknown`; nothing where the daemon is not known or was held.
void add_missing_about_decision(const Scene& scene, Finding& finding);

/// Links that went down just before and that it does not depend on, a reload that changed nothing.
std::vector<std::string> cleared_of_decision(const Scene& scene);

}  // namespace alibi::investigate
