// SPDX-License-Identifier: Apache-2.0
// Counters of the machine as a whole: pressure, stolen time, the receive backlog of each CPU.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace alibi::os {

/// /proc/pressure/*: the totals in microseconds. Nothing where the text is no such file's.
struct PressureTotals {
  std::uint64_t some_us = 0, full_us = 0;
  bool operator==(const PressureTotals&) const = default;
};
std::optional<PressureTotals> parse_pressure(std::string_view text);

/// The eighth number of each "cpuN" line of /proc/stat, in clock ticks (proc(5): steal).
struct CpuSteal {
  std::int32_t cpu = 0;
  std::uint64_t ticks = 0;
};
std::vector<CpuSteal> parse_steal(std::string_view text);

/// A line of /proc/net/softnet_stat (net/core/net-procfs.c): hexadecimal; the first three columns,
/// and the CPU in the thirteenth, or the line's number before Linux 5.10.
struct Softnet {
  std::int32_t cpu = 0;
  std::uint64_t processed = 0, dropped = 0, squeezed = 0;
};
std::vector<Softnet> parse_softnet(std::string_view text);

}  // namespace alibi::os
