// SPDX-License-Identifier: Apache-2.0
// keepalived.conf written: indentation, quotation, numbers.
#include <fmt/format.h>

#include "config/access.h"

namespace alibi::config {

void Text::raw(std::string_view line) {
  out_.append(static_cast<std::size_t>(depth_) * 4, ' ');
  out_ += line;
  out_ += '\n';
}

void Text::line(std::string_view keyword, std::initializer_list<std::string> words) {
  std::string all(keyword);
  for (const auto& word : words) {
    if (!word.empty()) all += " " + word;
  }
  raw(all);
}

void Text::open(std::string_view head) {
  raw(std::string(head) + " {");
  ++depth_;
}

void Text::close() {
  --depth_;
  raw("}");
}

std::string quote(std::string_view word) {
  constexpr std::string_view kSpecial = " \t\f\v\r{}#!";
  const bool plain = !word.empty() && word.find_first_of(kSpecial) == std::string_view::npos &&
                     std::string_view("@~$").find(word.front()) == std::string_view::npos;
  if (plain) return std::string(word);
  // A '\' at the end would take the closing quotation mark with it.
  if (word.find_first_of(" \t\f\v\r{}") != std::string_view::npos || word.empty() ||
      word.back() != '\\') {
    return fmt::format("\"{}\"", word);
  }
  std::string out;
  for (const char c : word) {
    if (c == '#') {
      out += "${_HASH}";
    } else if (c == '!') {
      out += "${_BANG}";
    } else {
      out += c;
    }
  }
  return out;
}

std::string quote_command(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    // Escaped by number, so that no later reading sees a quotation mark, a brace or a '$'.
    if (u < 0x20 || u >= 0x7f || std::string_view("\"\\{}$#!").find(c) != std::string_view::npos) {
      out += fmt::format("\\{:03o}", u);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string shell_quote(std::string_view word) {
  const bool plain =
      !word.empty() && word.find_first_of(" \t\f\v\r\n\"'\\") == std::string_view::npos;
  if (plain) return std::string(word);
  std::string out = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string number_text(Duration d) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(d).count();
  std::string text = fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace alibi::config
