// SPDX-License-Identifier: Apache-2.0
// inotify(7).
#include "os/inotify.h"

#include <sys/inotify.h>

#include <array>
#include <cstring>

namespace alibi::os {

Result<Inotify> Inotify::create() {
  Fd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot watch files (fs.inotify.max_user_instances?)");
  return Inotify(std::move(fd));
}

std::optional<int> Inotify::watch(const std::string& path, std::uint32_t mask) const {
  const int watch = ::inotify_add_watch(fd_.get(), path.c_str(), mask);
  if (watch < 0) return std::nullopt;
  return watch;
}

void Inotify::unwatch(int watch) const { ::inotify_rm_watch(fd_.get(), watch); }

void Inotify::drain(const std::function<void(int, std::uint32_t, std::string_view)>& each) const {
  alignas(inotify_event) std::array<char, 16384> buffer;
  for (int turn = 0; turn < 64; ++turn) {
    const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
    if (got <= 0) return;
    std::size_t at = 0;
    const auto size = static_cast<std::size_t>(got);
    while (at + sizeof(inotify_event) <= size) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      at += sizeof event;
      if (event.len > size - at) return;
      each(event.wd, event.mask, {buffer.data() + at, ::strnlen(buffer.data() + at, event.len)});
      at += event.len;
    }
  }
}

}  // namespace alibi::os
