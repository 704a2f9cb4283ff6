// SPDX-License-Identifier: Apache-2.0
// Words, braces and shell-like words.
#include "config/lexer.h"

#include <algorithm>
#include <cctype>

namespace alibi::config {
namespace {

constexpr std::string_view kBlanks = " \t\f\v\r\n";

bool blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

// One line at a time; `pieces` grows.
class LineSplitter {
 public:
  LineSplitter(const Line& line, std::uint32_t index, std::vector<Piece>& pieces)
      : text_(line.text), index_(index), pieces_(pieces) {
    // After an expansion only the line is known, not the column.
    fixed_column_ = line.exact ? 0 : 1;
    if (!line.exact) {
      const auto first = line.original.find_first_not_of(kBlanks);
      if (first != std::string::npos) fixed_column_ = static_cast<int>(first) + 1;
    }
  }

  void run() {
    std::size_t begin = 0;
    std::size_t i = 0;
    while (i < text_.size()) {
      const char c = text_[i];
      if (c == '"') {
        i = std::min(text_.find('"', i + 1), text_.size() - 1) + 1;
      } else if (c == '{' || c == '}') {
        statement(begin, i);
        pieces_.push_back(
            {c == '{' ? Piece::Kind::Open : Piece::Kind::Close, {index_, column(i)}, {}, {}});
        begin = ++i;
      } else {
        ++i;
      }
    }
    statement(begin, text_.size());
  }

 private:
  int column(std::size_t offset) const {
    return fixed_column_ > 0 ? fixed_column_ : static_cast<int>(offset) + 1;
  }

  void statement(std::size_t begin, std::size_t end) {
    Piece piece;
    std::size_t i = begin;
    while (true) {
      while (i < end && blank(text_[i])) ++i;
      if (i >= end) break;
      const std::size_t from = i;
      if (text_[i] == '"') {
        const auto close = std::min(text_.find('"', i + 1), end);
        piece.words.push_back({std::string(text_.substr(i + 1, close - i - 1)), column(from)});
        i = std::min(close + 1, end);
        continue;
      }
      while (i < end && !blank(text_[i]) && text_[i] != '"') ++i;
      piece.words.push_back({std::string(text_.substr(from, i - from)), column(from)});
    }
    if (piece.words.empty()) return;
    piece.at = {index_, piece.words.front().column};
    piece.raw = std::string(text_.substr(begin, end - begin));
    pieces_.push_back(std::move(piece));
  }

  std::string_view text_;
  std::uint32_t index_;
  std::vector<Piece>& pieces_;
  int fixed_column_ = 0;
};

// What `\` and the characters from `at` on stand for; `at` moves past them.
char escaped(std::string_view text, std::size_t& at) {
  const auto digit = [&](std::size_t i, int base) {
    if (i >= text.size()) return -1;
    const auto c = static_cast<unsigned char>(text[i]);
    const int value = std::isdigit(c) != 0    ? c - '0'
                      : std::isxdigit(c) != 0 ? std::tolower(c) - 'a' + 10
                                              : 99;
    return value < base ? value : -1;
  };
  const char c = text[at++];
  if (c == 'x' && digit(at, 16) >= 0) {
    unsigned value = 0;
    while (digit(at, 16) >= 0) value = value << 4U | static_cast<unsigned>(digit(at++, 16));
    return static_cast<char>(value & 0xffU);
  }
  if (c == 'c' && at < text.size()) return static_cast<char>(text[at++] & 0x1f);
  if (digit(at - 1, 8) >= 0) {
    --at;
    unsigned value = 0;
    for (int n = 0; n < 3 && digit(at, 8) >= 0; ++n) {
      value = value << 3U | static_cast<unsigned>(digit(at++, 8));
    }
    return static_cast<char>(value & 0xffU);
  }
  constexpr std::string_view kFrom = "abEfnrtv";
  constexpr std::string_view kTo = "\a\b\x1b\f\n\r\t\v";
  const auto found = kFrom.find(c);
  return found == std::string_view::npos ? c : kTo[found];
}

}  // namespace

std::vector<Piece> split(const Source& source) {
  std::vector<Piece> pieces;
  for (std::uint32_t i = 0; i < source.lines.size(); ++i) {
    LineSplitter(source.lines[i], i, pieces).run();
  }
  return pieces;
}

std::optional<std::vector<std::string>> shell_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t i = 0;
  while (true) {
    while (i < text.size() && blank(text[i])) ++i;
    if (i >= text.size()) return words;
    std::string word;
    char quote = 0;
    for (; i < text.size() && (quote != 0 || !blank(text[i]));) {
      const char c = text[i++];
      if (c == '\\') {
        if (i >= text.size()) return std::nullopt;
        word += escaped(text, i);
      } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
        quote = quote != 0 ? '\0' : c;
      } else {
        word += c;
      }
    }
    if (quote != 0) return std::nullopt;
    words.push_back(std::move(word));
  }
}

}  // namespace alibi::config
