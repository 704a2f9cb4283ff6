// SPDX-License-Identifier: Apache-2.0
// Numbers by hand: no locale, no exponent, no floating point.
#include "config/values.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "config/access.h"

namespace alibi::config {
namespace {

std::optional<std::int64_t> microseconds(std::string_view text) {
  std::int64_t value = 0;
  std::size_t i = 0;
  const auto digit = [&] { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  std::size_t digits = 0;
  for (; digit(); ++i, ++digits) {
    if (value > 1'000'000'000) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  value *= 1'000'000;
  if (i < text.size() && text[i] == '.') {
    ++i;
    for (std::int64_t unit = 100'000; digit(); ++i, ++digits, unit /= 10) {
      value += unit * (text[i] - '0');
    }
  }
  if (digits == 0 || i != text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<int> whole(Context& context, const Statement& statement, std::size_t i, int least,
                         int most, std::string_view otherwise, std::string_view what) {
  const std::string& text = statement.word(i).text;
  int value = 0;
  const char* begin = text.data() + (text.size() > 1 && text.front() == '+' ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= least && value <= most) {
    return value;
  }
  context.warn(statement.at(i), fmt::format("{} must be a whole number from {} to {}, not '{}'; {}",
                                            what.empty() ? statement.keyword() : what, least, most,
                                            text, otherwise));
  return std::nullopt;
}

std::optional<Duration> seconds(Context& context, const Statement& statement, std::size_t i,
                                Duration least, Duration most, std::string_view otherwise,
                                std::string_view what) {
  const auto value = microseconds(statement.word(i).text);
  if (value) {
    const Duration time = std::chrono::microseconds(*value);
    if (time >= least && time <= most) return time;
  }
  context.warn(statement.at(i),
               fmt::format("{} must be from {} to {} seconds, not '{}'; {}",
                           what.empty() ? statement.keyword() : what, number_text(least),
                           number_text(most), statement.word(i).text, otherwise));
  return std::nullopt;
}

std::optional<bool> yes_or_no(Context& context, const Statement& statement) {
  if (statement.size() < 2) return true;
  no_more_words(context, statement, 2);
  const std::string& text = statement.word(1).text;
  for (const char* yes : {"on", "true", "yes"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"off", "false", "no"}) {
    if (text == no) return false;
  }
  context.warn(statement.at(1), fmt::format("{} takes on or off (true, yes, false, no), not '{}'; "
                                            "the line is ignored",
                                            statement.keyword(), text));
  return std::nullopt;
}

void no_more_words(Context& context, const Statement& statement, std::size_t first) {
  if (statement.size() <= first) return;
  context.say(Severity::Notice, statement.at(first),
              fmt::format("'{}' after {} has no effect; if it was meant as a line of its own, put "
                          "it on one",
                          statement.word(first).text, statement.keyword()));
}

}  // namespace alibi::config
