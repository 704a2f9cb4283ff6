// SPDX-License-Identifier: Apache-2.0
// Durations and times of day as text for people.
#include "base/instant.h"

#include <fmt/format.h>

#include <ctime>

namespace alibi {

std::string seconds_text(Duration d, int digits) {
  return fmt::format("{:.{}f} s", static_cast<double>(d.count()) / 1e9, digits);
}

std::string time_of_day_text(std::int64_t unix_ns) {
  std::int64_t seconds = unix_ns / 1'000'000'000;
  std::int64_t rest = unix_ns % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    --seconds;
  }
  const auto t = static_cast<std::time_t>(seconds);
  std::tm parts{};
  localtime_r(&t, &parts);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", parts.tm_hour, parts.tm_min, parts.tm_sec,
                     rest / 1'000'000);
}

}  // namespace alibi
