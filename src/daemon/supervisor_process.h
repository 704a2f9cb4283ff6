// SPDX-License-Identifier: Apache-2.0
// The supervisor's loop and what it keeps. Idle but for a death or a signal; one thread (a second
// one reads a configuration that is to be reloaded).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "daemon/config_reader.h"
#include "daemon/generation.h"
#include "daemon/one_shot.h"
#include "daemon/pid_file.h"
#include "os/event_loop.h"
#include "os/netlink_monitor.h"
#include "os/signals.h"

namespace alibi::daemon {

class Supervisor {
 public:
  Supervisor(const RunOptions& options, std::unique_ptr<Generation> generation,
             os::EventLoop loop, os::SignalQueue signals, ConfigReader reader);

  /// Until SIGTERM or SIGINT; then everything has ended in order. Children that run already (see
  /// resume.h) are kept, and the configuration is read again, by the new program.
  Result<void> run();

 private:
  /// Where a reload is. Nothing of the generation in force changes before its keeper has handed
  /// over.
  enum class Step : std::uint8_t {
    None,
    Checking,   ///< a child has a first look at the file, or at the new program
    Reading,    ///< the thread reads it
    Preparing,  ///< the new generation's keeper gets ready and takes over
  };

  // supervisor.cc
  void hear_signals();
  Result<void> turn();
  void start_all();
  void warn_of_fence();
  void warn_of_network();
  Result<void> stop_all();
  Result<void> end(std::size_t role);
  Voice voice() const;

  // supervisor_children.cc
  void start(Child& child);
  void start_due();
  void reap();
  void died(Child& child, int status);
  void ask_to_end(Child& child);
  void enforce_end(Child& child);
  void enforce_ends();
  Instant next_deadline() const;

  // supervisor_files.cc
  void write_pids();
  void run_script(const char* what, const config::Command& command, Duration timeout);
  void publish(const Generation& generation, std::size_t role);

  // supervisor_statics.cc
  void watch_statics();
  void ignore_statics();
  void hear_network();
  void restore_statics();

  // supervisor_reload.cc
  void reload();
  void checked(int status);
  void read_again();
  void configuration_read();
  void prepare(ReadConfig config);
  void candidate_died(int status);
  void commit();
  void abandon(const std::string& why);
  void give_up_network(Generation& generation);
  void keep_recorder();
  void keep_fifos();
  bool trackers_meet() const;
  bool waits_for_old(std::size_t role) const;
  void retire();
  bool let_go_of_teller();

  // supervisor_upgrade.cc
  void check_program();
  void program_checked(int status);
  void refuse_program(const std::string& why);
  void finish_upgrade();

  const RunOptions& options_;
  std::optional<OneShot> script_;
  PidFile own_pid_;
  PidFile keeper_pid_;
  std::unique_ptr<Generation> current_;
  std::unique_ptr<Generation> candidate_;  ///< being prepared: only its keeper runs
  std::unique_ptr<Generation> previous_;   ///< handed over: what is left of it ends
  std::vector<Child> couriers_;            ///< tellers of before, with mails on their way
  os::EventLoop loop_;
  os::SignalQueue signals_;
  std::optional<os::NetlinkMonitor> monitor_;  ///< while there are static items to put back
  ConfigReader reader_;
  Child checker_;
  os::Fd answer_;  ///< of the new program to the question what it is
  Step step_ = Step::None;
  bool upgrading_ = false;  ///< the check is of a program, not of a file
  bool resumed_ = false;    ///< we are that program
  bool again_ = false;      ///< asked for while one was under way
  std::uint32_t attempt_ = 0;
  Instant asked_{};
  Instant handed_over_{};
  Instant retire_at_ = kNever;  ///< when to look again whether the old teller may end
  bool stopping_ = false;
};

/// The run folder, and the umask of what is written from now on.
void prepare_files(const RunOptions& options);

}  // namespace alibi::daemon
