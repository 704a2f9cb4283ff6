// SPDX-License-Identifier: Apache-2.0
// Pitfalls: what parses well and will hurt all the same. Each finding has a stable id, the place,
// the reason and what to do about it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace alibi::config {

struct Finding {
  enum class Level : std::uint8_t { Warning, Note };  ///< Note: worth knowing, may well be meant
  std::string_view id;
  Level level = Level::Warning;
  Place place;
  std::string reason;
  std::string remedy;
};

/// The catalogue, in the order of docs/configuration.md.
struct LintRule {
  std::string_view id;
  Finding::Level level;
  std::string_view remedy;
};
std::span<const LintRule> lint_rules();

struct Linted {
  Parsed parsed;
  std::vector<Finding> findings;  ///< in the order of lines
};

/// Reads FILE as load() does and looks for pitfalls. With the file of the peer (`peer_path` not
/// empty) the two are compared, which alone shows what can never fail over. Asks the file system
/// about scripts only.
Linted lint(const std::string& path, const std::string& config_id, const std::string& peer_path);
/// The same for a text in memory, without asking about scripts.
Linted lint_text(std::string_view text, const std::string& file_name, const Settings* peer);

std::string render(const Finding& finding);

}  // namespace alibi::config
