// SPDX-License-Identifier: Apache-2.0
// notify_fifo: lines for whoever reads, in the order of events. Never waits: a line that a full
// pipe does not take is dropped and counted (keepalived drops it in silence).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "config/settings.h"
#include "os/fd.h"
#include "os/process.h"

namespace alibi::daemon {

class Fifo {
 public:
  /// Makes the FIFO (mode 0600, owner as configured) unless there is one. Open for reading and
  /// writing, as keepalived's: lines written before its reader comes are there when it does.
  static Result<Fifo> open(const config::Settings& settings, const config::Fifo& fifo);
  Fifo(Fifo&&) = default;

  /// False: dropped, because the pipe is full or gone.
  bool write(const std::string& line);
  std::uint64_t dropped() const { return dropped_; }
  std::uint64_t written() const { return written_; }
  /// Octets that nobody has read yet.
  int unread() const;
  const std::string& path() const { return fifo_->path; }
  bool made() const { return made_; }

  /// Starts its script, path last, unless it runs or is not due yet. Log text if it cannot.
  std::string start_script(Instant now);
  /// True when `exited` was its script: it is due again a moment later.
  bool ended(const os::Exited& exited, Instant now);
  /// When to call start_script() next; kNever: it has none, or it runs.
  Instant script_due() const { return fifo_->script.empty() ? kNever : script_due_; }
  pid_t script_pid() const { return script_pid_; }
  /// Closes our end, so that the reader sees the end of file.
  void close() { fd_.reset(); }
  void remove() const;

 private:
  Fifo(const config::Settings& settings, const config::Fifo& fifo)
      : settings_(&settings), fifo_(&fifo) {}

  const config::Settings* settings_;
  const config::Fifo* fifo_;
  os::Fd fd_;
  bool made_ = false;
  std::uint64_t dropped_ = 0;
  std::uint64_t written_ = 0;
  pid_t script_pid_ = 0;
  Instant script_due_{};
  Duration back_off_ = 1s;
};

}  // namespace alibi::daemon
