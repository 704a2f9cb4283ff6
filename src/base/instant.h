// SPDX-License-Identifier: Apache-2.0
// Points in time as plain values. Nothing here reads a clock: whoever has one passes it in.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace alibi {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// Nanoseconds on one clock, by default CLOCK_MONOTONIC. In a recording made from a capture file
/// alone it is the capture's own clock (Unix time).
struct Instant {
  std::int64_t ns = 0;
  constexpr auto operator<=>(const Instant&) const = default;
};

constexpr Duration operator-(Instant a, Instant b) { return Duration(a.ns - b.ns); }
constexpr Instant operator+(Instant a, Duration d) { return Instant{a.ns + d.count()}; }
constexpr Instant operator-(Instant a, Duration d) { return Instant{a.ns - d.count()}; }

/// The end of time: a timer that is not armed.
inline constexpr Instant kNever{INT64_MAX};

/// Seconds with `digits` decimals, e.g. seconds_text(3609ms, 3) == "3.609 s".
std::string seconds_text(Duration d, int digits = 3);

/// Local wall-clock time of day with milliseconds, e.g. "12:03:04.512", from Unix nanoseconds.
std::string time_of_day_text(std::int64_t unix_ns);

/// Local date and time as `tcpdump -tttt` prints it, "2026-11-28 12:03:04.512345", from Unix
/// nanoseconds; nine decimals where the time has any beyond the sixth.
std::string timestamp_text(std::int64_t unix_ns);

}  // namespace alibi
