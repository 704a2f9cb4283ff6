// SPDX-License-Identifier: Apache-2.0
// What the rules of lint.h work on: the blocks of the text with the place of every line, and the
// settings they became.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/draft.h"
#include "config/lint.h"

namespace alibi::config {

/// A block of the root level: its statements (of inner blocks, too) and lines of values.
struct TextBlock {
  std::string keyword;
  std::string name;
  const Piece* head = nullptr;
  std::multimap<std::string, const Piece*, std::less<>> statements;  ///< by keyword
  std::multimap<std::string, const Piece*, std::less<>> values;      ///< by the keyword around

  const Piece* find(std::string_view word) const {
    const auto found = statements.find(word);
    return found == statements.end() ? nullptr : found->second;
  }
};

std::vector<TextBlock> text_blocks(const std::vector<Piece>& pieces);

class Findings {
 public:
  explicit Findings(const Context& context) : context_(context) {}
  void add(std::string_view id, Position at, std::string reason);
  void add_at(std::string_view id, const Place& place, std::string reason);
  std::vector<Finding> take() &&;

 private:
  const Context& context_;
  std::vector<Finding> all_;
};

struct LintInput {
  const std::vector<TextBlock>& blocks;
  const Settings& settings;
  const Settings* peer = nullptr;
  bool ask_files = false;
};

// The rules, by what they are about.
void lint_instances(const LintInput& input, Findings& findings);
void lint_scripts(const LintInput& input, Findings& findings);
void lint_weights(const LintInput& input, Findings& findings);
void lint_peer(const LintInput& input, Findings& findings);
void lint_globals(const LintInput& input, Findings& findings);

}  // namespace alibi::config
