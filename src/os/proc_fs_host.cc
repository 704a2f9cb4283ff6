// SPDX-License-Identifier: Apache-2.0
// What does not parse is left out: a counter that is not there proves nothing.
#include "os/proc_fs_host.h"

#include "os/proc_fs.h"

namespace alibi::os {

std::optional<PressureTotals> parse_pressure(std::string_view text) {
  std::optional<PressureTotals> totals;
  for (const std::string_view line : split_words(text, "\n")) {
    const auto words = split_words(line);
    if (words.size() < 2 || !words.back().starts_with("total=")) continue;
    const std::uint64_t total = to_number(words.back().substr(6));
    if (words[0] == "some") {
      if (!totals) totals.emplace();
      totals->some_us = total;
    } else if (words[0] == "full" && totals) {
      totals->full_us = total;
    }
  }
  return totals;
}

std::vector<CpuSteal> parse_steal(std::string_view text) {
  constexpr std::size_t kSteal = 8;
  std::vector<CpuSteal> all;
  for (const std::string_view line : split_words(text, "\n")) {
    if (!line.starts_with("cpu")) break;  // CPUs come first
    const auto words = split_words(line);
    if (words[0] == "cpu" || words.size() <= kSteal) continue;
    all.push_back(
        {static_cast<std::int32_t>(to_number(words[0].substr(3))), to_number(words[kSteal])});
  }
  return all;
}

std::vector<Softnet> parse_softnet(std::string_view text) {
  constexpr std::size_t kCpu = 12;
  std::vector<Softnet> all;
  for (const std::string_view line : split_words(text, "\n")) {
    const auto words = split_words(line);
    if (words.size() < 3) continue;
    const auto number = [&](std::size_t i) { return to_number(words[i], 16); };
    const std::uint64_t cpu = words.size() > kCpu ? number(kCpu) : all.size();
    all.push_back({static_cast<std::int32_t>(cpu), number(0), number(1), number(2)});
  }
  return all;
}

}  // namespace alibi::os
