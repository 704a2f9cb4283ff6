// SPDX-License-Identifier: Apache-2.0
// What a host told, as JSON: how it gets to where the hosts are joined. docs/formats/links.md.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "hops/links.h"

namespace alibi::hops {

inline constexpr int kFactsVersion = 1;

std::string facts_json(const Host& host);
/// The error names `source` and what is wrong with it: no JSON (with the byte offset), another
/// version, a field of another type.
Result<Host> facts_from_json(std::string_view text, const std::string& source);

}  // namespace alibi::hops
