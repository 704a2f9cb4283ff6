// SPDX-License-Identifier: Apache-2.0
// /proc/PID/root leads into the mounts of that process (proc(5)): a thread that makes it its root
// needs no other namespace to see the same files.
#include "os/process_files.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "os/fd.h"
#include "os/proc_fs.h"

namespace alibi::os {
namespace {

std::vector<std::string> words_of(const std::string& path) {
  std::vector<std::string> words;
  const std::string text = read_text(path);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

std::int64_t now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return nanoseconds(time);
}

}  // namespace

std::vector<std::string> arguments_of(std::int32_t pid) {
  return words_of("/proc/" + std::to_string(pid) + "/cmdline");
}

std::vector<std::string> environment_of(std::int32_t pid) {
  return words_of("/proc/" + std::to_string(pid) + "/environ");
}

std::int64_t started_unix_ns(std::int32_t pid) {
  const auto stat = read_stat(pid);
  const long ticks = ::sysconf(_SC_CLK_TCK);
  if (!stat || ticks <= 0) return 0;
  const auto since_boot = static_cast<std::int64_t>(stat->start_ticks) * (1'000'000'000 / ticks);
  return now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME) + since_boot;
}

Result<void> see_files_of(std::int32_t pid) {
  const std::string base = "/proc/" + std::to_string(pid);
  const Fd names(::open((base + "/ns/uts").c_str(), O_RDONLY | O_CLOEXEC));
  const Fd root(::open((base + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return fail_errno("cannot look into " + base + "/root");
  const Fd home(::open((base + "/cwd").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (::unshare(CLONE_FS) != 0) return fail_errno("cannot have a root directory of its own");
  if (::fchdir(root.get()) != 0 || ::chroot(".") != 0)
    return fail_errno("cannot look into " + base + "/root");
  // A working directory that is gone makes no difference to absolute paths.
  if (home.valid()) static_cast<void>(::fchdir(home.get()));
  if (names.valid() && ::setns(names.get(), CLONE_NEWUTS) != 0)
    return fail_errno("cannot take the host name of " + base);
  return {};
}

std::int64_t changed_unix_ns(const std::string& path) {
  std::int64_t last = 0;
  struct stat status {};
  const auto take = [&last, &status] {
    last = std::max({last, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)});
  };
  if (::lstat(path.c_str(), &status) != 0) return 0;
  take();
  if (::stat(path.c_str(), &status) == 0) take();
  return last;
}

}  // namespace alibi::os
