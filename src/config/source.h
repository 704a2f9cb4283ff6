// SPDX-License-Identifier: Apache-2.0
// keepalived.conf as logical lines: comments cut off, files included, $definitions expanded, @id
// lines kept or dropped. Knows characters and lines, no keyword but `include`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/report.h"

namespace alibi::config {

struct Line {
  std::uint32_t file = 0;  ///< index into Source::files
  int number = 0;          ///< from 1
  std::string original;    ///< as it stands in the file
  std::string text;        ///< what is left to parse; leading blanks kept
  bool exact = true;       ///< columns of `text` are columns of `original`
};

struct Source {
  std::vector<SharedText> files;
  std::vector<Line> lines;
};

/// A place in Source: a line by index, a column from 1.
struct Position {
  std::uint32_t line = 0;
  int column = 1;
};

struct File {
  std::string name;
  std::string text;
};

/// Bounds on input from outside; what goes past one is an Error that ends the reading.
inline constexpr std::size_t kMaxLineBytes = 1023;  // keepalived's buffer is 1024 octets
inline constexpr std::size_t kMaxFileBytes = 16U << 20U;
inline constexpr std::size_t kMaxLines = 200'000;
inline constexpr std::size_t kMaxExpandedBytes = 32U << 20U;
inline constexpr std::size_t kMaxFiles = 1000;
inline constexpr int kMaxIncludeDepth = 16;
inline constexpr int kMaxExpansionsPerLine = 200;

/// What an include found.
struct Included {
  std::vector<File> files;
  std::vector<std::string> unreadable;  ///< why a file that matches cannot be used
  std::vector<std::string> unmatched;   ///< of the pattern's brace expansions: those without a file
};

struct ReadOptions {
  std::string config_id;  ///< what `@id` lines are compared with; empty: matches none
  /// The files that `include PATTERN` in `from` names; absent: includes are reported only.
  std::function<Included(const std::string& pattern, const std::string& from)> include;
  std::uint64_t seed = 0;  ///< of ${_RANDOM}, as long as there is no random_seed
  /// ${_ENV NAME}; absent: an error.
  std::function<std::string(const std::string& name)> environment;
};

Source read_source(const File& file, const ReadOptions& options, Reporter& report);

}  // namespace alibi::config
