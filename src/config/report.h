// SPDX-License-Identifier: Apache-2.0
// Collects diagnostics, a bounded number of them, and finds the word that was probably meant.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace alibi::config {

/// Of more than this many the first are kept and the rest counted.
inline constexpr std::size_t kMaxDiagnostics = 100;

class Reporter {
 public:
  void add(Diagnostic diagnostic);
  /// Like add(), but one diagnostic a `key`: later ones only raise its count.
  void add_once(const std::string& key, Diagnostic diagnostic);
  /// Nothing more is kept: what is costly to say need not be worked out.
  bool full() const { return kept_.size() >= kMaxDiagnostics; }
  /// In the order of files and lines; one that says how many more there were comes last.
  std::vector<Diagnostic> finish() &&;

 private:
  struct Once {
    std::size_t index;
    int count = 1;
  };
  std::vector<Diagnostic> kept_;
  std::map<std::string, Once> once_;
  std::vector<std::string> files_;  // in order of appearance, for sorting
  std::size_t more_ = 0;
  bool more_fatal_ = false;
  Severity worst_more_ = Severity::Notice;
};

/// The word of `known` nearest to `word` by edit distance (a swap of neighbours counts one), or
/// empty when none is near enough to have been meant.
std::string nearest(std::string_view word, std::span<const std::string_view> known);

/// `text` for a terminal and a log: control characters become '?'.
std::string printable(std::string_view text);

}  // namespace alibi::config
