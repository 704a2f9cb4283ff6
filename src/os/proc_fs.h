// SPDX-License-Identifier: Apache-2.0
// Processes and threads as /proc shows them. Nothing here opens, reads or stats what a process has
// open: a reader of evidence must not hang with what it looks at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

/// A whole file of /proc or /sys, at most `limit` octets; empty when it cannot be read.
std::string read_text(const std::string& path, std::size_t limit = 1U << 20);
/// The same of a file that is kept open, from its start.
std::string read_again(const Fd& fd);
/// What a symbolic link says; empty when it cannot be read. Never follows it.
std::string link_text(const std::string& path);
/// The number in "net:[4026531840]", "pipe:[123]", "socket:[99]"; 0 when there is none.
std::uint64_t bracket_number(std::string_view text);

/// From /proc/PID/stat.
struct ProcStat {
  std::int32_t pid = 0;
  std::int32_t parent = 0;
  char state = '?';
  std::string comm;
  std::uint64_t start_ticks = 0;   ///< since boot: pid and start together are unique
};
std::optional<ProcStat> parse_stat(std::string_view text);
std::optional<ProcStat> read_stat(std::int32_t pid);
std::optional<ProcStat> read_thread_stat(std::int32_t pid, std::int32_t tid);

/// From /proc/PID/syscall: "1 0x2 0x7ff.. 0x5 ... sp pc", "running", "-1 sp pc".
struct ProcSyscall {
  std::int32_t number = -1;        ///< -1: in none
  std::uint64_t first_argument = 0;
  bool running = false;
};
ProcSyscall parse_syscall(std::string_view text);

std::vector<std::int32_t> list_processes();
std::vector<std::int32_t> list_threads(std::int32_t pid);

/// Arguments separated by spaces. Takes the process's memory lock: ask once, not while it hangs.
std::string command_line(std::int32_t pid);
std::string comm_of(std::int32_t pid);
std::string executable_of(std::int32_t pid);
/// kind: "net", "pid", "mnt". 0 when gone.
std::uint64_t namespace_of(std::int32_t pid, const std::string& kind);

/// One line of /proc/PID/cgroup: controllers "cpu,cpuacct", "freezer"; "" for version 2.
struct CgroupLine {
  std::string controllers;
  std::string path;
};
std::vector<CgroupLine> parse_cgroups(std::string_view text);

/// Splits at any of `separators`, dropping empty words.
std::vector<std::string_view> split_words(std::string_view text, std::string_view separators = " ");
/// Decimal (or with base 16 hexadecimal) number at the front; 0 when there is none.
std::uint64_t to_number(std::string_view text, int base = 10);

}  // namespace alibi::os
