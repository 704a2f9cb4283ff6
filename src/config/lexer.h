// SPDX-License-Identifier: Apache-2.0
// Lines into pieces: statements of words, '{' and '}'. Braces split a line wherever they stand
// outside "..." (keepalived's lib/parser.c, read_line).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/source.h"

namespace alibi::config {

struct Word {
  std::string text;  ///< without its quotation marks
  int column = 1;
};

struct Piece {
  enum class Kind : std::uint8_t { Words, Open, Close };
  Kind kind = Kind::Words;
  Position at;
  std::vector<Word> words;  ///< of Kind::Words: at least one
  std::string raw;          ///< the statement as written, for those that read it like a shell
};

std::vector<Piece> split(const Source& source);

/// Splits like a shell: '...' and "..." are one word, '\' escapes (\a \b \E \f \n \r \t \v \nnn
/// \xXX \cC). Nothing when a quotation or an escape is not finished.
std::optional<std::vector<std::string>> shell_words(std::string_view text);

}  // namespace alibi::config
