// SPDX-License-Identifier: Apache-2.0
// Times as people type them on a command line.
#pragma once

#include <optional>
#include <string>

#include "base/instant.h"

namespace alibi::cmd {

/// "1.5", "1.5s", "200ms", "50us", "2m": a time above 0; seconds without a unit.
std::optional<Duration> parse_duration(const std::string& text);

/// A moment in local time. With `date` it stands by itself, else it is a time of the day.
struct Moment {
  bool date = false;
  std::int64_t ns = 0;  ///< Unix time, or since midnight
};
/// "2026-11-28 20:00:01.5" (or T between), "20:00:01", "20:00", "@1700000000.5" (Unix time).
std::optional<Moment> parse_moment(const std::string& text);

/// The moment as Unix nanoseconds; a time of the day is the first one not before `day`'s midnight.
std::int64_t resolve(const Moment& moment, std::int64_t day_unix_ns);

}  // namespace alibi::cmd
