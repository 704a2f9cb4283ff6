// SPDX-License-Identifier: Apache-2.0
// Files that name a process, for whoever wants to signal it.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace alibi::daemon {

/// One pid file, removed with its object while it is still ours.
class PidFile {
 public:
  PidFile() = default;
  /// An error when the file names another alibi that is alive.
  static Result<PidFile> create(const std::string& path, pid_t pid);
  PidFile(PidFile&& other) noexcept;
  PidFile& operator=(PidFile&& other) noexcept;
  ~PidFile();

  /// Whether the file names another alibi that is alive in our network namespace; 0: it does not.
  static pid_t rival(const std::string& path);
  /// Names another process from now on; 0: removes the file.
  Result<void> set(pid_t pid);

 private:
  std::string path_;
  pid_t pid_ = 0;
};

}  // namespace alibi::daemon
