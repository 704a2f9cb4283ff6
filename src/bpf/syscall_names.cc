// SPDX-License-Identifier: Apache-2.0
// The table is generated from <sys/syscall.h> when the build is configured.
#include "bpf/syscall_names.h"

#include <algorithm>
#include <array>
#include <vector>

namespace alibi::bpf {
namespace {

struct Entry {
  std::int32_t number;
  std::string_view name;
};

constexpr Entry kEntries[] = {
#include "bpf/syscall_table.inc"
};

std::vector<std::string_view> by_number() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kEntries) {
    const auto index = static_cast<std::size_t>(entry.number);
    if (index >= names.size()) names.resize(index + 1);
    names[index] = entry.name;
  }
  return names;
}

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 18> kWrites = {
    "write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg", "fsync",
    "fdatasync", "sync_file_range", "syncfs", "fallocate", "ftruncate", "sendfile", "connect",
    "splice", "fchmod"};
constexpr std::array<std::string_view, 16> kOthers = {
    "read", "pread64", "readv", "preadv", "preadv2", "recvfrom", "recvmsg", "recvmmsg", "close",
    "ioctl", "fcntl", "accept", "accept4", "flock", "getdents64", "fstat"};
constexpr std::array<std::string_view, 17> kIdle = {
    "epoll_wait", "epoll_pwait", "epoll_pwait2", "select", "pselect6", "poll", "ppoll",
    "nanosleep", "clock_nanosleep", "rt_sigtimedwait", "rt_sigsuspend", "pause", "futex",
    "futex_waitv", "wait4", "waitid", "restart_syscall"};

}  // namespace

std::string_view syscall_name(std::int32_t number) {
  static const std::vector<std::string_view> names = by_number();
  if (number < 0 || static_cast<std::size_t>(number) >= names.size()) return {};
  return names[static_cast<std::size_t>(number)];
}

bool writes(std::string_view name) { return one_of(kWrites, name); }
bool takes_descriptor(std::string_view name) { return writes(name) || one_of(kOthers, name); }
bool is_idle_wait(std::string_view name) { return one_of(kIdle, name); }

}  // namespace alibi::bpf
