// SPDX-License-Identifier: Apache-2.0
// The ways out of the teller besides the log and the mail: notify FIFOs with their scripts, and
// notify scripts. One thread; nothing here waits.
#pragma once

#include <string>
#include <vector>

#include "daemon/announce.h"
#include "daemon/channels.h"
#include "daemon/fifo.h"
#include "daemon/notifier.h"

namespace alibi::daemon {

class Outlets {
 public:
  /// What to log is left in said().
  Outlets(const config::Settings& settings, const RunOptions& options, const SharedPage& page);

  /// What `tell` came to, after it went to FIFOs and scripts.
  std::vector<Announcement> take(const Tell& tell);
  void ended(const os::Exited& exited);
  /// Starts what is due to start; when to call it again.
  Instant step();
  /// Nothing runs that is to be waited for, and the scripts of FIFOs have read what is in them.
  bool idle() { return notifier_.idle() && look_again() == kNever; }
  /// When to ask again although nothing happened: a FIFO is still being read. kNever: none is.
  Instant look_again();
  /// At the end: FIFOs are closed, their scripts told, and what we made is removed.
  void finish();
  /// Lines for the log, warnings, since the last call.
  std::vector<std::string> said();

 private:
  void look_around();
  void say(std::string line);
  void write(const Announcement& announcement);
  void publish();

  const config::Settings& settings_;
  const RunOptions& options_;
  const SharedPage& page_;
  Announcer announcer_;
  Notifier notifier_;
  bool restarted_ = false;  // what the teller before us has announced is not known
  std::vector<Fifo> fifos_;
  std::vector<bool> fifo_full_;  ///< said already, until it takes a line again
  Instant unread_since_ = kNever;  // as look_again() saw it
  Instant unread_last_{};
  std::vector<std::string> said_;
};

}  // namespace alibi::daemon
