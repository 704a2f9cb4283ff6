// SPDX-License-Identifier: Apache-2.0
// What /proc/PID/exe says ends in " (deleted)" once a package was upgraded under the process.
#include "daemon/watch_target.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "os/proc_fs.h"

namespace alibi::daemon {
namespace {

constexpr std::size_t kCommLetters = 15;
constexpr std::string_view kDeleted = " (deleted)";

std::string comm_of_path(const std::string& path) {
  return path.substr(path.rfind('/') + 1).substr(0, kCommLetters);
}

/// The process that a thread is of; 0 when there is none of that number.
std::int32_t process_of(std::int32_t tid) {
  const std::string status = os::read_text("/proc/" + std::to_string(tid) + "/status");
  const std::size_t line = status.find("\nTgid:");
  if (line == std::string::npos) return 0;
  const std::size_t digit = status.find_first_of("0123456789", line);
  return digit == std::string::npos
             ? 0
             : static_cast<std::int32_t>(os::to_number(std::string_view(status).substr(digit)));
}

}  // namespace

Result<WatchTarget> WatchTarget::parse(const std::string& text) {
  WatchTarget target;
  target.text_ = text;
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto is_control = [](unsigned char c) { return std::iscntrl(c) != 0; };
  if (text.empty()) return fail("a process number, a command name or the path of an executable");
  if (std::any_of(text.begin(), text.end(), is_control))
    return fail("no process has such a name: a control character is in it");
  if (std::all_of(text.begin(), text.end(), is_digit)) {
    const std::uint64_t number = text.size() > 9 ? 0 : os::to_number(text);
    const auto pid = static_cast<std::int32_t>(number);
    const auto stat = pid > 0 ? os::read_stat(pid) : std::nullopt;
    if (!stat || stat->state == 'Z' || stat->state == 'X')
      return fail("no process of this number runs");
    if (const std::int32_t process = process_of(pid); process > 0 && process != pid)
      return fail("a thread of " + os::comm_of(process) + "; its process is " +
                  std::to_string(process));
    if (pid == getpid()) return fail("the recorder does not watch itself");
    target.pid_ = pid;
    target.start_ticks_ = stat->start_ticks;
    return target;
  }
  if (text.find('/') == std::string::npos) {
    target.names_ = {text.substr(0, kCommLetters)};
    return target;
  }
  if (text.front() != '/') return fail("the path of an executable begins with /");
  struct stat file {};
  const bool there = ::stat(text.c_str(), &file) == 0;
  if (text.back() == '/' || (there && (!S_ISREG(file.st_mode) || (file.st_mode & 0111) == 0)))
    return fail("no executable file");
  std::error_code error;
  const auto resolved = std::filesystem::canonical(text, error);
  target.executable_ = error ? text : resolved.string();
  target.names_ = {comm_of_path(text)};
  if (const std::string real = comm_of_path(target.executable_); real != target.names_.front())
    target.names_.push_back(real);
  return target;
}

bool WatchTarget::matches(std::int32_t pid, std::string_view comm) const {
  if (pid_ != 0) {
    if (pid != pid_) return false;
    const auto stat = os::read_stat(pid);
    return stat && stat->start_ticks == start_ticks_;
  }
  if (executable_.empty()) return comm == names_.front();
  std::string executable = os::executable_of(pid);
  if (executable.ends_with(kDeleted)) executable.resize(executable.size() - kDeleted.size());
  return executable == executable_;
}

}  // namespace alibi::daemon
