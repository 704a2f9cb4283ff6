// SPDX-License-Identifier: Apache-2.0
// Changes of files, as the kernel reports them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

class Inotify {
 public:
  static Result<Inotify> create();

  int fd() const { return fd_.get(); }
  /// The watch descriptor, one for each inode; nothing when `path` is not there. `mask`: IN_*.
  std::optional<int> watch(const std::string& path, std::uint32_t mask) const;
  void unwatch(int watch) const;
  /// All that waits: each(watch, mask, name inside a watched folder). A queue that ran over comes
  /// as IN_Q_OVERFLOW of watch -1.
  void drain(const std::function<void(int, std::uint32_t, std::string_view)>& each) const;

 private:
  explicit Inotify(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace alibi::os
