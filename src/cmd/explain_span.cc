// SPDX-License-Identifier: Apache-2.0
#include "cmd/explain_span.h"

#include <fmt/format.h>

#include <algorithm>

#include "cmd/time_words.h"

namespace alibi::cmd {
namespace {

constexpr std::int64_t kDay = 86'400'000'000'000;

Result<Instant> parse_end(const evidence::Recording& recording, const std::string& option,
                          const std::string& text) {
  if (text == "0") return recording.begin;
  if (const auto after = parse_duration(text)) return recording.begin + *after;
  const auto moment = parse_moment(text);
  if (!moment) {
    return fail(fmt::format(
        "{} {}: seconds after the recording's beginning such as 2.5, 500ms or 2m, or a moment such "
        "as '2026-11-28 20:00:01.5', 20:00:01 or @1700000000.5",
        option, text));
  }
  const std::int64_t begin = recording.unix_ns(recording.begin);
  std::int64_t unix_ns = resolve(*moment, begin);
  // 00:05 of a recording that began at 23:50 is the next day's.
  if (!moment->date && unix_ns < begin && unix_ns + kDay <= recording.unix_ns(recording.end))
    unix_ns += kDay;
  return recording.at_unix_ns(unix_ns);
}

}  // namespace

Result<Span> parse_span(const evidence::Recording& recording, const std::string& from,
                        const std::string& to) {
  Span span{recording.begin, recording.end};
  if (from.empty() && to.empty()) return span;
  if (!from.empty()) {
    const auto begin = parse_end(recording, "--from", from);
    if (!begin) return tl::unexpected(begin.error());
    span.begin = *begin;
  }
  if (!to.empty()) {
    const auto end = parse_end(recording, "--to", to);
    if (!end) return tl::unexpected(end.error());
    span.end = *end;
  }
  if (span.begin >= span.end && !from.empty() && !to.empty())
    return fail(fmt::format("--from {} is not before --to {}", from, to));
  if (span.begin >= recording.end || span.end <= recording.begin) {
    return fail(fmt::format("nothing is held of that time, but from {} to {}",
                            timestamp_text(recording.unix_ns(recording.begin)),
                            timestamp_text(recording.unix_ns(recording.end))));
  }
  span.begin = std::max(span.begin, recording.begin);
  span.end = std::min(span.end, recording.end);
  return span;
}

}  // namespace alibi::cmd
