// SPDX-License-Identifier: Apache-2.0
// All that the processes of one `alibi run` share: made by the supervisor before the first fork and
// inherited by every child, also one that is started again.
#pragma once

#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "daemon/fence.h"
#include "daemon/messages.h"
#include "daemon/shared_page.h"
#include "os/message_pair.h"
#include "os/message_queue.h"

namespace alibi::daemon {

enum class LogTarget : std::uint8_t { Stderr, Syslog, Journal };

struct RunOptions {
  std::string file;
  std::string config_id;  ///< what `@id` lines are for; empty: the short host name
  LogTarget log = LogTarget::Stderr;
  bool detail = false;  ///< keepalived's -D: verbose notes too
  bool record = true;   ///< watch the own interfaces and explain incidents
  std::vector<std::string> arguments;  ///< of the program as it was started, its name first
  std::string program;                 ///< the file, for an upgrade
  std::string version;                 ///< of this program, for people
  FenceMode fence = FenceMode::Takeover;
  std::string case_folder;  ///< where a case is written on an incident; empty: nowhere
  std::string run_folder;       ///< of pid files and status socket
  std::string pid_file;                   ///< empty: alibi.pid in run_folder
  std::string keeper_pid_file;            ///< empty: keeper.pid in run_folder
  bool fifo_reasons = false;  ///< a line in a notify FIFO ends in the reason's code
  unsigned umask = 0177;      ///< of files that are written: keepalived's default
};

struct Channels {
  SharedPage page;
  os::MessageQueue keeper_to_teller;
  os::MessageQueue tracker_to_teller;
  os::MessageQueue supervisor_to_teller;
  os::MessageQueue recorder_to_teller;
  os::MessageQueue tracker_to_keeper;
  /// The keeper's side is `first`; on `second` its successor asks it to hand over.
  os::MessagePair keeper_control;
  /// The same for trackers: `second` is the successor's.
  os::MessagePair tracker_control;
  SharedFence fence{};  ///< made apart from the rest

  static Result<Channels> create(const config::Settings& settings);

  /// A child is gone that may have been sending.
  void forget_sender(pid_t pid) const;
  /// Every descriptor, always in the same order: what gets over exec.
  std::vector<int> descriptors() const;
  /// Channels of a program before this one, out of what its descriptors() gave.
  static Result<Channels> adopt(const config::Settings& settings, const RunOptions& options,
                                std::vector<os::Fd> descriptors);
};

/// One sender's way to the teller: never waits; a full queue is counted in the shared page.
class Voice {
 public:
  Voice(const os::MessageQueue& queue, const SharedPage& page, Sender sender)
      : queue_(queue), dropped_(page.dropped(sender)), detail_(page.household().detail) {}

  /// A verbose message that nobody wants is not sent.
  void say(const Tell& tell) const;
  /// About the daemon itself; severity as in Tell.
  void say_daemon(std::string_view text, std::uint8_t severity = 0) const;

 private:
  const os::MessageQueue& queue_;
  std::atomic<std::uint64_t>& dropped_;
  const std::atomic<bool>& detail_;
};

}  // namespace alibi::daemon
