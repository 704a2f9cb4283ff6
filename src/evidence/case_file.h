// SPDX-License-Identifier: Apache-2.0
// A recording as one SQLite file (docs/formats/case.md). Reading validates every value: a damaged
// file is an error with its table and row, never a crash.
#pragma once

#include <string>

#include "base/result.h"
#include "evidence/recording.h"

namespace alibi::evidence {

/// Writes to PATH.tmp, then renames: a case is whole or absent.
Result<void> write_case(const Recording& recording, const std::string& path);
Result<Recording> read_case(const std::string& path);

/// One event's fact as JSON text and back, the form inside case files.
std::string fact_json(const Fact& fact);
Result<Fact> parse_fact(std::string_view kind, std::string_view json);

}  // namespace alibi::evidence
