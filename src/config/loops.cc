// SPDX-License-Identifier: Apache-2.0
// The heads of loops.
#include "config/loops.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>

namespace alibi::config {
namespace {

std::string_view trim(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  const auto end = text.find_last_not_of(" \t");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

bool is_name(std::string_view text) {
  const auto good = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::all_of(text.begin(), text.end(), good);
}

std::optional<std::int64_t> number(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  std::int32_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return minus ? -std::int64_t{value} : std::int64_t{value};
}

// The parts between commas; commas inside { } do not divide.
std::vector<std::string_view> parts(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '{') ++depth;
    if (i < text.size() && text[i] == '}') --depth;
    if (i == text.size() || (text[i] == ',' && depth <= 0)) {
      out.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  return out;
}

Loop sequence(const std::vector<std::string_view>& args, bool hex) {
  Loop loop;
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const auto value = number(args[i]);
    if (!value) {
      loop.problem = fmt::format("~SEQ counts with whole numbers, not '{}'", args[i]);
      return loop;
    }
    numbers.push_back(*value);
  }
  if (numbers.empty() || numbers.size() > 3 || !is_name(args[0])) {
    loop.problem = "~SEQ has the form ~SEQ(NAME, [START, [STEP,]] END)";
    return loop;
  }
  const std::int64_t end = numbers.back();
  const std::int64_t start = numbers.size() > 1 ? numbers.front() : end >= 0 ? 1 : -1;
  const std::int64_t step = numbers.size() > 2 ? numbers[1] : end >= start ? 1 : -1;
  if (step == 0 || (step > 0) != (end >= start)) {
    if (step == 0 || start != end) {
      loop.problem = fmt::format("~SEQ never gets from {} to {} in steps of {}", start, end, step);
      return loop;
    }
  }
  if (static_cast<std::uint64_t>((end - start) / step) >= kMaxRounds) {
    loop.problem =
        fmt::format("~SEQ from {} to {} has more than {} rounds", start, end, kMaxRounds);
    return loop;
  }
  loop.names.emplace_back(args[0]);
  for (std::int64_t v = start; step > 0 ? v <= end : v >= end; v += step) {
    loop.rounds.push_back({hex ? fmt::format("{:x}", v) : std::to_string(v)});
  }
  return loop;
}

std::vector<std::string> members(std::string_view part) {
  std::vector<std::string> out;
  if (part.size() >= 2 && part.front() == '{' && part.back() == '}') {
    for (const auto member : parts(part.substr(1, part.size() - 2))) out.emplace_back(member);
  } else {
    out.emplace_back(part);
  }
  return out;
}

Loop list(const std::vector<std::string_view>& args) {
  Loop loop;
  loop.names = members(args[0]);
  if (args.size() < 2 || !std::all_of(loop.names.begin(), loop.names.end(), is_name)) {
    loop.problem = "~LST has the form ~LST(NAME, VALUE, ...) or ~LST({NAMES}, {VALUES}, ...)";
    return loop;
  }
  for (std::size_t i = 1; i < args.size(); ++i) {
    loop.rounds.push_back(members(args[i]));
    if (loop.rounds.back().size() != loop.names.size()) {
      loop.problem = fmt::format("~LST has {} names, but '{}' has another number of values",
                                 loop.names.size(), args[i]);
      return loop;
    }
  }
  return loop;
}

}  // namespace

Loop read_loop(std::string_view text) {
  const bool hex = text.starts_with("~SEQx(");
  const bool seq = hex || text.starts_with("~SEQ(");
  const auto close = text.find(')');
  Loop loop;
  if ((!seq && !text.starts_with("~LST(")) || close == std::string_view::npos) {
    loop.problem = "a line that begins with '~' has the form ~SEQ(...) or ~LST(...)";
    return loop;
  }
  const std::size_t open = text.find('(') + 1;
  const auto args = parts(text.substr(open, close - open));
  loop = seq ? sequence(args, hex) : list(args);
  loop.length = close + 1;
  return loop;
}

}  // namespace alibi::config
