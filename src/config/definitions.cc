// SPDX-License-Identifier: Apache-2.0
// Expansion of $NAME. Bounded: a name that leads back to itself is a problem, not a loop.
#include "config/definitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

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

Definitions::Definitions(const std::string& config_id, std::uint64_t seed, Lookup environment)
    : random_(seed), environment_(std::move(environment)) {
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

Definitions::Saved Definitions::save(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {name, std::nullopt};
  return {name, found->second.lines};
}

void Definitions::set(const std::string& name, const std::string& value) {
  values_[name] = {{value}, false};
}

void Definitions::put_back(Saved saved) {
  if (saved.lines) {
    values_[saved.name] = {std::move(*saved.lines), false};
  } else {
    values_.erase(saved.name);
  }
}

// SplitMix64: a few numbers that look random, the same for the same seed.
std::uint64_t Definitions::random(std::uint64_t least, std::uint64_t most) {
  random_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = random_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  z ^= z >> 31U;
  return least + z % (most - least + 1);
}

// ${_RANDOM [MIN [MAX]]}, ${_ENV NAME}, ${_PWD}; `begin` and `length` are of the name.
Definitions::Use Definitions::computed(std::string_view text, std::size_t dollar, std::size_t begin,
                                       std::size_t length) {
  const std::string_view name = text.substr(begin, length);
  std::size_t end = begin + length;
  std::vector<std::string> arguments;
  if (begin == dollar + 2) {  // in braces
    const auto close = text.find('}', end);
    if (close == std::string_view::npos) return {};
    std::string_view rest = trim(text.substr(end, close - end));
    while (!rest.empty()) {
      const auto blank = std::min(rest.find_first_of(" \t"), rest.size());
      arguments.emplace_back(rest.substr(0, blank));
      rest = trim(rest.substr(blank));
    }
    end = close + 1;
  }
  Use use;
  use.length = end - dollar;
  if (name == "_PWD" && arguments.empty()) {
    use.computed = directory_;
  } else if (name == "_ENV" && arguments.size() == 1) {
    if (environment_) {
      use.computed = environment_(arguments[0]);
    } else {
      use.problem = "${_ENV} has no environment here: the text does not come from a file";
    }
  } else if (name == "_RANDOM" && arguments.size() <= 2) {
    std::uint64_t range[2] = {0, 32767};
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      std::uint32_t value = 0;
      const auto& digits = arguments[i];
      const auto [stop, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error != std::errc() || stop != digits.data() + digits.size()) {
        use.problem = fmt::format("${{_RANDOM [MIN [MAX]]}} takes whole numbers, not '{}'", digits);
        return use;
      }
      range[i] = value;
    }
    if (range[0] > range[1]) {
      use.problem =
          fmt::format("${{_RANDOM {} {}}}: the first is more than the second", range[0], range[1]);
    } else {
      use.computed = std::to_string(random(range[0], range[1]));
    }
  } else {
    use.problem = fmt::format("${{{}}} is not used this way", name);
  }
  return use;
}

Definitions::Use Definitions::use_at(std::string_view text, std::size_t dollar) {
  const bool braces = dollar + 1 < text.size() && text[dollar + 1] == '{';
  const std::size_t begin = dollar + (braces ? 2 : 1);
  const auto length = name_length(text.substr(std::min(begin, text.size())));
  if (length == 0) return {};
  const std::string_view name = text.substr(begin, length);
  std::size_t end = begin + length;
  if (name == "_RANDOM" || name == "_ENV" || name == "_PWD") {
    return computed(text, dollar, begin, length);
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
  return {end - dollar, &value, {}, {}};
}

Definitions::Outcome Definitions::expand(std::string& text, std::vector<std::string>& following) {
  Outcome outcome;
  int left = kMaxExpansionsPerLine;
  std::size_t at = 0;
  while ((at = text.find('$', at)) != std::string::npos) {
    const Use use = use_at(text, at);
    if (!use.problem.empty()) return {outcome.changed, use.problem};
    if (use.value == nullptr && !use.computed) {
      ++at;
      continue;
    }
    outcome.changed = true;
    std::string with = use.computed.value_or("");
    if (use.value != nullptr && !use.value->lines.empty()) with = use.value->lines.front();
    if (--left < 0 || text.size() - use.length + with.size() > kMaxLineBytes) {
      outcome.problem = fmt::format(
          "the definitions on this line expand to more than {} octets "
          "or {} replacements; does one name itself?",
          kMaxLineBytes, kMaxExpansionsPerLine);
      return outcome;
    }
    const std::size_t lines = use.value == nullptr ? 0 : use.value->lines.size();
    for (std::size_t i = 1; i < lines; ++i) {
      following.insert(following.begin() + static_cast<std::ptrdiff_t>(i - 1), use.value->lines[i]);
    }
    text.replace(at, use.length, with);
    if (use.computed || use.value->verbatim) at += with.size();
  }
  return outcome;
}

}  // namespace alibi::config
