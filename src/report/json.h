// SPDX-License-Identifier: Apache-2.0
// Verdicts as JSON, schema docs/formats/verdict.schema.json.
#pragma once

#include <string>
#include <vector>

#include "investigate/verdict.h"

namespace alibi::report {

/// {"schema": "alibi-verdict-1", "taps": [...], "losses": [...], "incidents": [...]}, indented.
std::string verdicts_json(const evidence::Recording& recording,
                          const std::vector<investigate::Verdict>& verdicts);

}  // namespace alibi::report
