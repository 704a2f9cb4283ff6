// SPDX-License-Identifier: Apache-2.0
// The catalogue of causes: stable codes with their meaning, the evidence each needs, what would
// refute it, and advice. docs/causes.md is generated from it (alibi explain --causes).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alibi::investigate {

struct CatalogueEntry {
  std::string_view code;
  std::string_view meaning;
  std::string_view evidence;
  std::string_view refuted_by;
  std::string_view advice;
};

/// Every code that a rule can name, in the order of the groups.
std::span<const CatalogueEntry> catalogue();
/// The entry of `code`; the code must exist.
const CatalogueEntry& entry_of(std::string_view code);

/// A cause as found: `code` is in the catalogue.
struct Finding {
  std::string code;
  std::string headline;               ///< one sentence with names and figures
  std::vector<std::string> evidence;  ///< what it rests on, one fact a line
  std::vector<std::string> missing;   ///< for `unknown`: what would have told
};

}  // namespace alibi::investigate
