// SPDX-License-Identifier: Apache-2.0
// Facts as JSON, so that an audit can be done on another machine: docs/formats/doctor.md.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "doctor/facts.h"

namespace alibi::doctor {

std::string facts_json(const Facts& facts);
/// The error names `source` and what is wrong: no JSON, another version, a field of another type.
Result<Facts> facts_from_json(std::string_view text, const std::string& source);

}  // namespace alibi::doctor
