// SPDX-License-Identifier: Apache-2.0
// Version 1 says "no limit" by the largest number of whole pages.
#include "os/proc_fs_memory.h"

namespace alibi::os {
namespace {

std::int64_t limit_of(const std::string& text) {
  constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 60;
  if (text.empty() || text.starts_with("max")) return -1;
  const auto words = split_words(text, " \n");
  const std::uint64_t number = words.empty() ? kNoLimit : to_number(words[0]);
  return number >= kNoLimit ? -1 : static_cast<std::int64_t>(number);
}

std::uint64_t number_of(const std::string& text) {
  const auto words = split_words(text, " \n");
  return words.empty() ? 0 : to_number(words[0]);
}

}  // namespace

std::optional<CgroupMemory> cgroup_memory(const CgroupLevel& level) {
  const auto file = [&level](const char* name) { return read_text(level.directory + "/" + name); };
  CgroupMemory memory;
  memory.limit = limit_of(file(level.version2 ? "memory.max" : "memory.limit_in_bytes"));
  if (level.version2) memory.high = limit_of(file("memory.high"));
  if (memory.limit < 0 && memory.high < 0) return std::nullopt;
  memory.usage = number_of(file(level.version2 ? "memory.current" : "memory.usage_in_bytes"));
  if (level.version2) {
    const std::string events = file("memory.events");
    memory.at_limit = keyed_number(events, "max").value_or(0);
    memory.over_high = keyed_number(events, "high").value_or(0);
  } else {
    memory.at_limit = number_of(file("memory.failcnt"));
  }
  return memory;
}

VmStat parse_vmstat(std::string_view text) {
  VmStat stat;
  for (const std::string_view line : split_words(text, "\n")) {
    const auto words = split_words(line);
    if (words.size() != 2) continue;
    const std::string_view key = words[0];
    if (key == "pgscan_direct" || key == "pgscan_kswapd")
      stat.scanned += to_number(words[1]);
    else if (key == "pgsteal_direct" || key == "pgsteal_kswapd")
      stat.stolen += to_number(words[1]);
    else if (key.starts_with("allocstall"))
      stat.stalls += to_number(words[1]);
    else if (key == "pswpin")
      stat.swapped_in = to_number(words[1]);
    else if (key == "pswpout")
      stat.swapped_out = to_number(words[1]);
  }
  return stat;
}

}  // namespace alibi::os
