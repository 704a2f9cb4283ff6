// SPDX-License-Identifier: Apache-2.0
// Which process somebody asks to be watched: one by its number, or all of a command name or an
// executable, also those that start later.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace alibi::daemon {

class WatchTarget {
 public:
  /// A number in digits, else a command name as `ps -o comm` shows it (of which the kernel keeps 15
  /// letters), or with a slash the path of an executable. An error for what no process can be: a
  /// number that none has or that is a thread's, an empty name, a path that is not absolute, or of
  /// something that is there and cannot be run.
  static Result<WatchTarget> parse(const std::string& text);

  /// Is it this one, now? `comm` is its command name.
  bool matches(std::int32_t pid, std::string_view comm) const;
  /// 0: asked for by name.
  std::int32_t pid() const { return pid_; }
  /// Names that a process of this target may get by an exec.
  const std::vector<std::string>& names() const { return names_; }
  /// "haproxy", "pid 4711".
  std::string text() const { return pid_ == 0 ? text_ : "pid " + text_; }

 private:
  std::string text_;
  std::int32_t pid_ = 0;
  std::uint64_t start_ticks_ = 0;
  std::vector<std::string> names_;
  std::string executable_;  ///< without symbolic links; empty: any of the name
};

}  // namespace alibi::daemon
