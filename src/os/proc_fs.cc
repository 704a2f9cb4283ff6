// SPDX-License-Identifier: Apache-2.0
// Files of /proc vanish at any moment: what is gone reads as empty.
#include "os/proc_fs.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace alibi::os {
namespace {

std::string proc(std::int32_t pid, std::string_view file) {
  return "/proc/" + std::to_string(pid) + "/" + std::string(file);
}

std::vector<std::int32_t> numbers_in(const std::string& directory) {
  std::vector<std::int32_t> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(directory.c_str()), closedir);
  if (!dir) return numbers;
  while (const dirent* entry = readdir(dir.get())) {
    std::int32_t number = 0;
    const std::string_view name(entry->d_name);
    const auto result = std::from_chars(name.data(), name.data() + name.size(), number);
    if (result.ec == std::errc{} && result.ptr == name.data() + name.size())
      numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

std::string read_text(const std::string& path, std::size_t limit) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!fd.valid()) return text;
  std::array<char, 4096> buffer;
  while (text.size() < limit) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string read_again(const Fd& fd) {
  std::string text;
  std::array<char, 4096> buffer;
  while (fd.valid()) {
    const ssize_t got = pread(fd.get(), buffer.data(), buffer.size(),
                              static_cast<off_t>(text.size()));
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (static_cast<std::size_t>(got) < buffer.size()) break;  // the usual case: all in one
  }
  return text;
}

std::string link_text(const std::string& path) {
  std::array<char, 4096> buffer;
  const ssize_t got = readlink(path.c_str(), buffer.data(), buffer.size());
  return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
}

std::uint64_t bracket_number(std::string_view text) {
  const std::size_t open = text.find('[');
  return open == std::string_view::npos ? 0 : to_number(text.substr(open + 1));
}

std::uint64_t to_number(std::string_view text, int base) {
  std::uint64_t number = 0;
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

std::vector<std::string_view> split_words(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = text.find_first_not_of(separators);
    if (start == std::string_view::npos) return words;
    const std::size_t end = std::min(text.find_first_of(separators, start), text.size());
    words.push_back(text.substr(start, end - start));
    text.remove_prefix(end);
  }
}

std::optional<ProcStat> parse_stat(std::string_view text) {
  // The name stands in parentheses and may itself hold some, and spaces.
  const std::size_t open = text.find('('), close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  const auto words = split_words(text.substr(close + 1), " \n");
  if (words.size() < 20) return std::nullopt;
  ProcStat stat;
  stat.pid = static_cast<std::int32_t>(to_number(text));
  stat.comm = text.substr(open + 1, close - open - 1);
  stat.state = words[0][0];
  stat.parent = static_cast<std::int32_t>(to_number(words[1]));
  stat.start_ticks = to_number(words[19]);
  return stat;
}

std::optional<ProcStat> read_stat(std::int32_t pid) {
  return parse_stat(read_text(proc(pid, "stat")));
}

std::optional<ProcStat> read_thread_stat(std::int32_t pid, std::int32_t tid) {
  return parse_stat(read_text(proc(pid, "task/" + std::to_string(tid) + "/stat")));
}

ProcSyscall parse_syscall(std::string_view text) {
  ProcSyscall call;
  if (text.starts_with("running")) {
    call.running = true;
    return call;
  }
  const auto words = split_words(text, " \n");
  if (words.empty() || words[0].starts_with("-")) return call;
  call.number = static_cast<std::int32_t>(to_number(words[0]));
  if (words.size() > 1) call.first_argument = to_number(words[1], 16);
  return call;
}

std::vector<std::int32_t> list_processes() { return numbers_in("/proc"); }

std::vector<std::int32_t> list_threads(std::int32_t pid) { return numbers_in(proc(pid, "task")); }

std::string command_line(std::int32_t pid) {
  std::string text = read_text(proc(pid, "cmdline"), 4096);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

std::string comm_of(std::int32_t pid) {
  std::string text = read_text(proc(pid, "comm"));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string executable_of(std::int32_t pid) { return link_text(proc(pid, "exe")); }

std::uint64_t namespace_of(std::int32_t pid, const std::string& kind) {
  return bracket_number(link_text(proc(pid, "ns/" + kind)));
}

std::vector<CgroupLine> parse_cgroups(std::string_view text) {
  std::vector<CgroupLine> lines;
  for (const std::string_view line : split_words(text, "\n")) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    lines.push_back({std::string(line.substr(first + 1, second - first - 1)),
                     std::string(line.substr(second + 1))});
  }
  return lines;
}

}  // namespace alibi::os
