// SPDX-License-Identifier: Apache-2.0
// The list of keywords, from the grammar table alone.
#include "config/keywords.h"

#include <fmt/format.h>

#include "config/grammar.h"

namespace alibi::config {
namespace {

std::string_view text(Form form) {
  switch (form) {
    case Form::Flag:
      return "";
    case Form::Bool:
      return "[on|off]";
    case Form::One:
    case Form::Text:
      return "VALUE ...";
    case Form::Any:
      return "[VALUE ...]";
    case Form::Lines:
      return "{ lines }";
    case Form::NamedLines:
      return "NAME { lines }";
    case Form::Section:
      return "{ ... }";
    case Form::Named:
      break;
  }
  return "NAME { ... }";
}

std::string_view text(Status status) {
  switch (status) {
    case Status::Served:
      return "served";
    case Status::Parsed:
      return "parsed";
    case Status::Later:
      return "not served";
    case Status::Refused:
      break;
  }
  return "refused";
}

}  // namespace

std::vector<KeywordInfo> all_keywords() {
  std::vector<KeywordInfo> out;
  for (int i = 0; i < static_cast<int>(Block::None); ++i) {
    const auto block = static_cast<Block>(i);
    for (const Keyword& k : keywords_of(block)) {
      out.push_back({block_name(block), k.name, text(k.form), text(k.status), k.fallback, k.note});
    }
  }
  return out;
}

std::string keywords_markdown() {
  std::string out;
  std::string_view block = "none yet";
  for (const auto& k : all_keywords()) {
    if (k.block != block) {
      block = k.block;
      out += fmt::format(
          "\n## {}\n\n| keyword | followed by | status | default | note |\n"
          "|---|---|---|---|---|\n",
          block.empty() ? "Outside of blocks" : block);
    }
    std::string form(k.form);
    for (auto at = form.find('|'); at != std::string::npos; at = form.find('|', at + 2)) {
      form.insert(at, "\\");
    }
    out +=
        fmt::format("| `{}` | {} | {} | {} | {} |\n", k.name, form, k.status, k.fallback, k.note);
  }
  return out;
}

}  // namespace alibi::config
