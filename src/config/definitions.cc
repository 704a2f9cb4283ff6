// SPDX-License-Identifier: Apache-2.0
// Expansion of $NAME. Bounded: a name that leads back to itself is a problem, not a loop.
#include "config/definitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "config/source.h"

namespace alibi::config {
namespace {

constexpr std::size_t kMaxDefinitionLines = 10'000;

bool name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::size_t name_length(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) != 0) return 0;
  const auto end = std::find_if_not(text.begin(), text.end(), name_char);
  return static_cast<std::size_t>(end - text.begin());
}

std::string_view trim(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  const auto end = text.find_last_not_of(" \t");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

// Takes a trailing '\' off; true when there was one.
bool continued(std::string_view& text) {
  text = trim(text);
  if (text.empty() || text.back() != '\\') return false;
  text.remove_suffix(1);
  text = trim(text);
  return true;
}

}  // namespace

Definitions::Definitions(const std::string& config_id) {
  values_["_INSTANCE"] = {{config_id}, true};
  values_["_HASH"] = {{"#"}, true};
  values_["_BANG"] = {{"!"}, true};
}

bool Definitions::define(std::string_view text) {
  if (text.size() < 2 || text.front() != '$') return false;
  const auto length = name_length(text.substr(1));
  if (length == 0) return false;
  const std::string_view name = text.substr(1, length);
  text = trim(text.substr(1 + length));  // keepalived takes blanks before the '=', too
  if (text.empty() || text.front() != '=') return false;
  text.remove_prefix(1);
  const bool more = continued(text);
  Value& value = values_[std::string(name)];
  value = Value{};
  if (!text.empty() || !more) value.lines.emplace_back(text);
  open_ = more ? &value : nullptr;
  return true;
}

void Definitions::more(std::string_view text) {
  const bool goes_on = continued(text);
  if (!text.empty() && open_->lines.size() < kMaxDefinitionLines) open_->lines.emplace_back(text);
  if (!goes_on) open_ = nullptr;
}

Definitions::Use Definitions::use_at(std::string_view text, std::size_t dollar) const {
  const bool braces = dollar + 1 < text.size() && text[dollar + 1] == '{';
  const std::size_t begin = dollar + (braces ? 2 : 1);
  const auto length = name_length(text.substr(std::min(begin, text.size())));
  if (length == 0) return {};
  const std::string_view name = text.substr(begin, length);
  std::size_t end = begin + length;
  if (name == "_RANDOM" || name == "_ENV" || name == "_PWD") {
    return {0, nullptr, fmt::format("${} is not supported yet; write its value", name)};
  }
  if (braces) {
    if (end >= text.size() || text[end] != '}') return {};
    ++end;
  } else if (end < text.size() &&
             std::string_view(" \t,)").find(text[end]) == std::string_view::npos) {
    return {};  // without braces a name ends at a blank, ',' or ')'
  }
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  const Value& value = found->second;
  // Several lines can only end a line.
  if (value.lines.size() > 1 && end < text.size()) return {};
  return {end - dollar, &value, {}};
}

Definitions::Outcome Definitions::expand(std::string& text,
                                         std::vector<std::string>& following) const {
  Outcome outcome;
  int left = kMaxExpansionsPerLine;
  std::size_t at = 0;
  while ((at = text.find('$', at)) != std::string::npos) {
    const Use use = use_at(text, at);
    if (!use.unsupported.empty()) return {outcome.changed, use.unsupported};
    if (use.value == nullptr) {
      ++at;
      continue;
    }
    outcome.changed = true;
    const std::string with = use.value->lines.empty() ? "" : use.value->lines.front();
    if (--left < 0 || text.size() - use.length + with.size() > kMaxLineBytes) {
      outcome.problem = fmt::format(
          "the definitions on this line expand to more than {} octets "
          "or {} replacements; does one name itself?",
          kMaxLineBytes, kMaxExpansionsPerLine);
      return outcome;
    }
    for (std::size_t i = 1; i < use.value->lines.size(); ++i) {
      following.insert(following.begin() + static_cast<std::ptrdiff_t>(i - 1), use.value->lines[i]);
    }
    text.replace(at, use.length, with);
    if (use.value->verbatim) at += with.size();
  }
  return outcome;
}

}  // namespace alibi::config
