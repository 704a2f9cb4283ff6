// SPDX-License-Identifier: Apache-2.0
// Durations and times of day as text for people.
#include "base/instant.h"

#include <fmt/format.h>

#include <ctime>

namespace alibi {

std::string seconds_text(Duration d, int digits) {
  return fmt::format("{:.{}f} s", static_cast<double>(d.count()) / 1e9, digits);
}

namespace {

struct LocalTime {
  std::tm parts{};
  std::int64_t ns = 0;  // 0 to 999,999,999
};

LocalTime local_time(std::int64_t unix_ns) {
  LocalTime out;
  std::int64_t seconds = unix_ns / 1'000'000'000;
  out.ns = unix_ns % 1'000'000'000;
  if (out.ns < 0) {
    out.ns += 1'000'000'000;
    --seconds;
  }
  const auto t = static_cast<std::time_t>(seconds);
  localtime_r(&t, &out.parts);
  return out;
}

}  // namespace

std::string time_of_day_text(std::int64_t unix_ns) {
  const LocalTime t = local_time(unix_ns);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", t.parts.tm_hour, t.parts.tm_min, t.parts.tm_sec,
                     t.ns / 1'000'000);
}

std::string timestamp_text(std::int64_t unix_ns) {
  const LocalTime t = local_time(unix_ns);
  const std::string second =
      fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", t.parts.tm_year + 1900, t.parts.tm_mon + 1,
                  t.parts.tm_mday, t.parts.tm_hour, t.parts.tm_min, t.parts.tm_sec);
  if (t.ns % 1000 != 0) return fmt::format("{}.{:09}", second, t.ns);
  return fmt::format("{}.{:06}", second, t.ns / 1000);
}

}  // namespace alibi
